"""Group commit for the event loop: many callers, one `Tracker.accept` in a thread at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from adunion.kernel.errors import AdUnionError
from adunion.serving.types import Noted

from .keys import beacon_keys
from .service import Tracker
from .types import EventBatch, EventType, concat, events

_LATER_SECONDS = 0.05
_WAITING_ROWS_MAX = 500_000


class EventWriter:
    """Writes events in the order they come; whatever arrives during a commit shares the next."""

    def __init__(self, tracker: Tracker) -> None:
        self._tracker = tracker
        self._waiting: list[tuple[EventBatch, asyncio.Future[npt.NDArray[np.bool_]]]] = []
        self._later: list[Noted] = []
        self._rows = 0
        self._running: asyncio.Task[None] | None = None
        self._hurry = asyncio.Event()

    async def write(self, batch: EventBatch) -> npt.NDArray[np.bool_]:
        """Return, when the events are durable, which of them were new.

        Raises:
            AdUnionError: `overloaded` when too many wait already, `event_log_failed`.
        """
        if self._rows + len(batch) > _WAITING_ROWS_MAX:
            raise AdUnionError(
                "overloaded", "Too many events wait to be written.", 503, hint="Try again shortly."
            )
        done: asyncio.Future[npt.NDArray[np.bool_]] = asyncio.get_running_loop().create_future()
        self._waiting.append((batch, done))
        self._rows += len(batch)
        self._hurry.set()
        self._run()
        return await done

    def write_later(self, row: Noted) -> None:
        """Write a REQUEST event soon; nobody waits for it. Dropped when far too many wait."""
        if len(self._later) < _WAITING_ROWS_MAX:
            self._later.append(row)
            self._run()

    async def flush(self) -> None:
        """Return when all that was handed in is durable."""
        while self._running is not None:
            self._hurry.set()
            await asyncio.shield(self._running)

    def _run(self) -> None:
        if self._running is None:
            self._running = asyncio.get_running_loop().create_task(self._commit_all())

    async def _commit_all(self) -> None:
        try:
            while self._waiting or self._later:
                if not self._waiting:
                    await self._pause()
                self._hurry.clear()
                waiting, self._waiting, self._rows = self._waiting, [], 0
                later, self._later = self._later, []
                await self._commit(waiting, later)
        finally:
            self._running = None

    async def _pause(self) -> None:
        """Gather requests for a moment, unless someone comes who waits."""
        try:
            await asyncio.wait_for(self._hurry.wait(), _LATER_SECONDS)
        except TimeoutError:
            return

    async def _commit(
        self,
        waiting: list[tuple[EventBatch, asyncio.Future[npt.NDArray[np.bool_]]]],
        later: list[Noted],
    ) -> None:
        batches = [batch for batch, _ in waiting]
        if later:
            batches.append(noted_events(EventType.REQUEST, later))
        try:
            accepted = await asyncio.to_thread(self._tracker.accept, concat(batches))
        except Exception as error:  # handed to every caller that waits, who answers with it
            for _, done in waiting:
                if not done.done():
                    done.set_exception(error)
            if not waiting:
                raise
            return
        at = 0
        for batch, done in waiting:
            if not done.done():
                done.set_result(accepted.fresh[at : at + len(batch)])
            at += len(batch)


def noted_events(type_: EventType, noted: Sequence[Noted]) -> EventBatch:
    """Events of one type from what serving noted, shape (len(noted),)."""
    count = len(noted)
    types = np.full(count, type_, np.uint8)
    ids = {
        name: np.frombuffer(b"".join(getattr(one, name) for one in noted), "V16")
        for name in ("request", "placement", "item", "shopper", "link")
    }
    texts = np.empty(count, object)
    texts[:] = [one.text for one in noted]
    return events(
        count,
        type=types,
        at_us=np.array([one.at_us for one in noted], np.int64),
        key=beacon_keys(types, ids["request"], np.full(count, -1, np.int16)),
        flags=np.array([one.flags for one in noted], np.uint8),
        text=texts,
        **ids,
    )
