"""Intake: what serving and the shops report, checked, written durably, answered one by one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import numpy as np

from adunion.kernel.errors import AdUnionError
from adunion.serving.types import MarketPort, Noted

from .beacons import Prepared, prepare, rejected
from .service import Tracker
from .types import EventBatch, EventType
from .writer import EventWriter, noted_events

Contradictions = Callable[[EventBatch], dict[int, tuple[str, str]]]
"""Refunds -> row: (reason, detail) of those that cannot be, by what is known of their orders."""


def _none_known(_refunds: EventBatch) -> dict[int, tuple[str, str]]:
    return {}


class Intake:
    """The way in for events, for one event loop (`submit`, `click`) or none (`accept`, `note`).

    Args:
        market: verifies tokens and knows items, keys and the time.
        tracker: where events are written.
        contradictions: refunds it names are answered `rejected` at once; one that is found out
            only when the log is applied goes to `rejected_events`.
    """

    def __init__(
        self,
        market: MarketPort,
        tracker: Tracker,
        contradictions: Contradictions = _none_known,
    ) -> None:
        self._contradictions = contradictions
        self._market = market
        self._tracker = tracker
        self._writer = EventWriter(tracker)

    def accept(self, body: object, secret: str | None = None) -> list[dict[str, Any]]:
        """Check and write a `POST /v1/events` body in this thread; the answer to each event.

        Raises:
            AdUnionError: the body as a whole is wrong, or `event_log_failed`.
        """
        prepared = self._checked(prepare(self._market, body, secret))
        return prepared.finished(self._tracker.accept(prepared.batch).fresh)

    def note(self, *requests: Noted) -> None:
        """Write REQUEST events in this thread."""
        self._tracker.accept(noted_events(EventType.REQUEST, requests))

    def note_request(self, request: Noted) -> None:
        """Write a REQUEST event soon; nobody waits."""
        self._writer.write_later(request)

    async def click(self, click: Noted) -> None:
        """Write a link's CLICK event; return when it is durable."""
        await self._writer.write(noted_events(EventType.CLICK, [click]))

    async def submit(self, body: object, secret: str | None) -> list[dict[str, Any]]:
        """Like `accept`, sharing a group commit with everyone who writes at the moment."""
        prepared = prepare(self._market, body, secret)
        if np.any(prepared.batch.type == EventType.REFUND):
            prepared = await asyncio.to_thread(self._checked, prepared)
        if not len(prepared.batch):
            return prepared.finished(prepared.batch.type > 0)
        return prepared.finished(await self._writer.write(prepared.batch))

    def _checked(self, prepared: Prepared) -> Prepared:
        """Without the refunds that contradict their order, which are answered at once."""
        rows = np.flatnonzero(prepared.batch.type == EventType.REFUND)
        refused = self._contradictions(prepared.batch.take(rows)) if len(rows) else {}
        if not refused:
            return prepared
        keep = np.ones(len(prepared.batch), np.bool_)
        results = list(prepared.results)
        for nth, (reason, detail) in refused.items():
            keep[rows[nth]] = False
            results[int(prepared.source[rows[nth]])] = rejected(AdUnionError(reason, detail, 409))
        return Prepared(prepared.batch.take(keep), prepared.source[keep], results)

    async def flush(self) -> None:
        """Return when all that was handed in is durable."""
        await self._writer.flush()
