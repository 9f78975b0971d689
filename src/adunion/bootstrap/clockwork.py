"""What happens by itself while a market serves: applying, taking in changes, ticks, training."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from threading import Event, Thread

from sqlalchemy import text

from adunion.kernel.config import Settings
from adunion.serving import settle
from adunion.serving.http import Receive, Send

from .ahead import Ahead
from .live import LiveMarket
from .nodes import Collector

APPLY_SECONDS = 0.25
LEASE_SECONDS = 1.0
WATCH_SECONDS = 2.0
TICK_SECONDS = 60.0
FOLLOW_SECONDS = 30.0
AHEAD_SECONDS = 1.0
TRAIN_SECONDS = 86_400.0

log = logging.getLogger(__name__)
_CHANGES = """
select (select coalesce(max(updated_at), to_timestamp(0)) from items),
       (select count(*) from items where withdrawn_at is null),
       (select count(*) from placements), (select count(*) from links),
       (select coalesce(max(updated_at), to_timestamp(0)) from plans),
       (select count(*) from plans)
"""


class Clockwork:
    """Threads that each do one thing again and again; a failure is logged and tried again."""

    def __init__(self, market: LiveMarket) -> None:
        self._market = market
        self._collector = Collector(market)
        self._ahead = Ahead(market)
        self._stop = Event()
        self._seen: tuple[object, ...] = ()
        self._threads = [
            Thread(target=self._every, args=(seconds, what), name=what.__name__, daemon=True)
            for seconds, what in (*self.chores(), *self._understanding())
        ]

    def chores(self) -> Sequence[tuple[float, Callable[[], object]]]:
        """What is done, and how many seconds lie between."""
        market = self._market
        return (
            (APPLY_SECONDS, self.apply), (LEASE_SECONDS, market.lease),
            (WATCH_SECONDS, self.watch), (TICK_SECONDS, market.tick),
            (TRAIN_SECONDS, market.train), (AHEAD_SECONDS, self._ahead.read),
        )  # fmt: skip

    def _understanding(self) -> Sequence[tuple[float, Callable[[], object]]]:
        embedding = ((WATCH_SECONDS, self.embed),) if Settings().dense else ()
        return ((WATCH_SECONDS, self._market.brain.read_waiting), *embedding)

    def embed(self) -> None:
        """Where the items are not those that were embedded, embed what is new of them."""
        from adunion.understanding.embed import embedder
        from adunion.understanding.nearest import NearestItems

        market, catalog = self._market, self._market.catalog
        known = market.brain.nearest
        if known is None or known.snapshot is not catalog:
            nearest = NearestItems.build(catalog, embedder(), patience_s=0)
            with market.lock:
                market.brain.use_nearest(nearest)

    def apply(self) -> None:
        """Take in what nodes logged, and apply all that is logged."""
        self._collector.collect()
        self._market.catch_up()

    def start(self) -> None:
        """Begin."""
        self._seen = self._changes()
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End, after what is being done is done, and apply what is left."""
        self._stop.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(timeout=30)
        self.apply()

    async def lifespan(
        self, receive: Receive, send: Send, *closers: Callable[[], Awaitable[None]]
    ) -> None:
        """ASGI's: begin with all that is loaded; when told to end, close what listens, then end."""
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self._market.warm()
                settle()
                self.start()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                for close in closers:
                    with suppress(asyncio.CancelledError):
                        await close()
                await asyncio.to_thread(self.stop)
                await send({"type": "lifespan.shutdown.complete"})
                return

    def watch(self) -> None:
        """Take in items, placements, links and plans when any of them changed."""
        now = self._changes()
        if now == self._seen:
            return
        if now[:4] == self._seen[:4]:
            self._market.tick()
        else:
            self._market.reload()
        self._seen = now

    def _changes(self) -> tuple[object, ...]:
        with self._market.engine.connect() as conn:
            return tuple(conn.execute(text(_CHANGES)).one())

    def _every(self, seconds: float, what: Callable[[], object]) -> None:
        while not self._stop.wait(seconds):
            try:
                what()
            except Exception:
                log.exception("%s failed and will be tried again", what.__name__)


class NodeClockwork(Clockwork):
    """The same for a deciding node, which follows what the steering process does."""

    def chores(self) -> Sequence[tuple[float, Callable[[], object]]]:
        """What is done, and how many seconds lie between."""
        market = self._market
        return (
            (APPLY_SECONDS, self.apply), (LEASE_SECONDS, market.lease),
            (WATCH_SECONDS, self.watch), (FOLLOW_SECONDS, market.tick),
        )  # fmt: skip

    def apply(self) -> None:
        """Learn what happened."""
        self._market.catch_up()
