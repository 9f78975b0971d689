"""A deciding node: one of several processes that answer the hot path, steered by another.

It has a home of its own, `nodes/NAME`, with the event log that only it writes. It reads what the
steering process keeps: the records, the common event log, models and multipliers.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from pathlib import Path

import numpy as np
import orjson
from sqlalchemy import Engine

from adunion.catalog.types import CatalogSnapshot
from adunion.decision.book import PlanBook
from adunion.decision.settings import DecisionSettings
from adunion.engines.eventlog import EventLog
from adunion.kernel.clock import Clock, micros
from adunion.kernel.ids import IdFactory
from adunion.tracking import EVENT_SCHEMA, EventType
from adunion.tracking.arrow import from_arrow
from adunion.trust import Identity

from .live import LiveMarket
from .market import MEMORY
from .outbox import NODES, Outbox

READ_ROWS = 100_000


class Node(LiveMarket):
    """Decides, and logs what is reported to it; applies, trains and steers nothing."""

    def _warm_forecast(self) -> None:
        """Nobody asks a node for one."""

    def __init__(
        self,
        engine: Engine,
        home: Path,
        clock: Clock,
        ids: IdFactory,
        currency: str,
        signing_key: bytes,
        identity: Identity,
        storefront: bool,
        rules: DecisionSettings | None,
        node: str,
    ) -> None:
        self._market_home = home
        self._common = EventLog(home / "events", EVENT_SCHEMA, read_only=True)
        self._models_at = 0.0
        own = home / NODES / node
        own.mkdir(parents=True, exist_ok=True)
        super().__init__(
            engine, own, clock, ids, currency, signing_key, identity, storefront, rules, node
        )
        self.brain.engine.pilot.memory = Outbox(own / "landscapes")

    def catch_up(self) -> int:
        """Learn what the steering process has written to the common log."""
        if self._common.refresh() <= self.applied:
            return 0
        before = self.applied
        for position, rows in self._common.read(before, READ_ROWS):
            batch = from_arrow(rows)
            self._rule.observe(batch)
            orders = self._rule.credit(batch.take(batch.type == EventType.ORDER))
            with self.lock:
                self._learn(batch, orders)
            self.applied = position
        return self.applied - before

    def tick(self) -> None:
        """Take plans, multipliers and models from the steering process; tell it what was seen."""
        now = self.clock.now()
        book = self._book(now, self.catalog)
        alphas = self._kept_alphas()
        with self.lock:
            self._take_models()
            self.brain.refresh()
            self.brain.set_plans(micros(now), book)
            book.alpha[:] = [
                alphas.get(id_, alpha) for id_, alpha in zip(book.ids, book.alpha, strict=True)
            ]
            self._describe()
            self.decisions.flush()
        self._keep_reasons(now)
        self.lease()

    def _introduce(self, now: datetime, known: Collection[str]) -> None:
        """A new plan's first multiplier comes from the steering process."""

    def _remember(self) -> None:
        """Learn again from the common log."""
        since = micros(self.clock.now() - MEMORY)
        self._remember_buyers(since)
        for position in self._common.segment_positions():
            _, first = next(self._common.read(position, 1))
            if int(first.column("at_us")[0].as_py()) >= since:
                break
            self.applied = position
        self.catch_up()

    def _book(
        self, now: datetime, catalog: CatalogSnapshot, alphas: Mapping[str, float] | None = None
    ) -> PlanBook:
        with self.engine.connect() as conn:
            live = self.plans_service.live(conn, self.currency, now)
            pools = self.plans_service.pools(conn, self.currency, now)
        return PlanBook.of(live, catalog, None, alphas, pools)

    def _kept_alphas(self) -> dict[str, float]:
        """The last whole line that the steering process wrote."""
        path = self._market_home / "alphas.jsonl"
        lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
        return dict(orjson.loads(lines[-1])) if lines else {}

    def _take_models(self) -> None:
        path = self._market_home / "models.npz"
        at = path.stat().st_mtime if path.exists() else 0.0
        if at != self._models_at:
            self._models_at = at
            self.brain.restore(self._market_home)


class Collector:
    """Hands what the nodes' logs hold over to the common log, in the steering process.

    A node's rows are appended to the common log before its position is moved on, and a row that is
    handed over twice is a duplicate there: after any crash nothing is lost or counted twice.
    """

    def __init__(self, market: LiveMarket) -> None:
        self._market = market
        self._logs: dict[Path, EventLog] = {}

    def collect(self) -> int:
        """Hand over what is new; how many rows that were."""
        count = 0
        for folder in sorted((self._market.home / NODES).glob("*/events")):
            log = self._logs.get(folder)
            if log is None:
                log = self._logs[folder] = EventLog(folder, EVENT_SCHEMA, read_only=True)
            place = folder.with_name("handed")
            at = int(place.read_text()) if place.exists() else 0
            if log.refresh() <= at:
                continue
            for position, rows in log.read(at, READ_ROWS):
                batch = from_arrow(rows)
                fresh = self._market.tracker.accept(batch).fresh
                self._market.heard(batch.take(np.flatnonzero(fresh)))
                new = place.with_suffix(".new")
                new.write_text(str(position))
                new.replace(place)
                count += len(batch)
        return count
