"""Intake: what serving and the shops report, checked, written durably, answered one by one."""

from __future__ import annotations

from typing import Any

from adunion.serving.types import MarketPort, Noted

from .beacons import prepare
from .service import Tracker
from .types import EventType
from .writer import EventWriter, noted_events


class Intake:
    """The way in for events, for one event loop (`submit`, `click`) or none (`accept`, `note`).

    Args:
        market: verifies tokens and knows items, keys and the time.
        tracker: where events are written.
    """

    def __init__(self, market: MarketPort, tracker: Tracker) -> None:
        self._market = market
        self._tracker = tracker
        self._writer = EventWriter(tracker)

    def accept(self, body: object, secret: str | None = None) -> list[dict[str, Any]]:
        """Check and write a `POST /v1/events` body in this thread; the answer to each event.

        Raises:
            AdUnionError: the body as a whole is wrong, or `event_log_failed`.
        """
        prepared = prepare(self._market, body, secret)
        return prepared.finished(self._tracker.accept(prepared.batch).fresh)

    def note(self, request: Noted) -> None:
        """Write a REQUEST event in this thread."""
        self._tracker.accept(noted_events(EventType.REQUEST, [request]))

    def note_request(self, request: Noted) -> None:
        """Write a REQUEST event soon; nobody waits."""
        self._writer.write_later(request)

    async def click(self, click: Noted) -> None:
        """Write a link's CLICK event; return when it is durable."""
        await self._writer.write(noted_events(EventType.CLICK, [click]))

    async def submit(self, body: object, secret: str | None) -> list[dict[str, Any]]:
        """Like `accept`, sharing a group commit with everyone who writes at the moment."""
        prepared = prepare(self._market, body, secret)
        if not len(prepared.batch):
            return prepared.finished(prepared.batch.type > 0)
        return prepared.finished(await self._writer.write(prepared.batch))

    async def flush(self) -> None:
        """Return when all that was handed in is durable."""
        await self._writer.flush()
