"""The market: decides, takes events, applies them, and keeps its plans on course."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from copy import deepcopy
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from threading import RLock

import numpy as np
import numpy.typing as npt
import orjson
from sqlalchemy import Engine

from adunion.attribution import Credits, LastClick
from adunion.audience import forgotten
from adunion.campaigns.types import PlanDraft
from adunion.catalog.snapshot import raw_ids
from adunion.catalog.types import CatalogSnapshot
from adunion.decision.bidding import Outcomes
from adunion.decision.book import PlanBook
from adunion.decision.log import DecisionLog
from adunion.decision.seen import sales_ratios
from adunion.decision.settings import DecisionSettings
from adunion.decision.types import DecisionBatch, Placement, RequestBatch
from adunion.engines.eventlog import EventLog
from adunion.insight.types import Dimensions
from adunion.kernel.clock import Clock, from_micros, micros
from adunion.kernel.config import Settings
from adunion.kernel.id_columns import IdTable
from adunion.kernel.ids import IdFactory
from adunion.prediction import train
from adunion.tracking import (
    EVENT_SCHEMA,
    NO_ID,
    EventBatch,
    EventType,
    Tracker,
)
from adunion.understanding.needs import Knowledge, Library

from . import books
from .arm import ControlArm
from .brain import Brain
from .consumer import Consumer, Services
from .guarantee import Guarantee
from .item_looks import item_looks, read_item_looks
from .items_heard import fetch_item_pictures, hear_reviews
from .learning import learn
from .notes import TrainingNotes
from .recent import RecentRequests
from .replayed import Grounds, introduce
from .rooms import Rooms
from .scenes import scene_hours

STEER_AFTER = timedelta(minutes=15)
STEER_LATE = timedelta(hours=1)
STEER_REQUESTS_MIN = 30  # sooner than an hour only with this many; a market at rest stays as it is
MEMORY = timedelta(days=21)
"""How much of the event log a market reads again when it opens."""


class Market(Rooms):
    """All rooms wired for one currency; safe to call from several threads.

    Opening it reads the event log again, so that it knows what it knew before it was closed.
    """

    brain: Brain
    _rule: LastClick

    def __init__(
        self,
        engine: Engine,
        home: Path,
        clock: Clock,
        ids: IdFactory,
        currency: str,
        settings: DecisionSettings | None = None,
        read_only: bool = False,
        needs: Library | None = None,
    ) -> None:
        """`read_only` looks on beside the program that writes: nothing is logged or applied."""
        self._read_only = read_only
        self._needs = needs or Library(Knowledge.load(home))
        super().__init__(engine, clock, ids, currency)
        self.home = home
        self._guarantee = Guarantee(engine, self.ledger)
        self.lock = RLock()  # what deciding reads; held for milliseconds
        self._records = RLock()  # the consumer and the plans; held while PostgreSQL works
        self._asked = 0  # requests since the multipliers were set
        self._steered_at = clock.now()
        self.brain: Brain
        self._rule: LastClick
        self._log = EventLog(home / "events", EVENT_SCHEMA, read_only=read_only)
        try:
            self.tracker = Tracker(self._log, clock)
            self._open(settings)
        except BaseException:
            self._log.close()
            raise

    def close(self) -> None:
        """Let go of the event log; nothing is lost without it."""
        self.brain.engine.watch()
        self.decisions.flush()
        self._log.close()

    @property
    def catalog(self) -> CatalogSnapshot:
        """Live items."""
        return self.brain.catalog

    @property
    def placements(self) -> Sequence[Placement]:
        """Rows as in `RequestBatch.placement`."""
        return self.brain.placements

    @property
    def plans(self) -> PlanBook:
        """The plans that bid now."""
        return self.brain.plans

    def profile_rows(
        self, shopper: npt.NDArray[np.void], consent: npt.NDArray[np.bool_]
    ) -> npt.NDArray[np.int32]:
        """Rows of consenting shoppers' profiles, -1 none."""
        return self.brain.profile_rows(shopper, consent)

    def decide(self, requests: RequestBatch) -> DecisionBatch:
        """The production decision."""
        with self.lock:
            self._asked += len(requests)
            return self.brain.decide(requests)

    def take(self, batch: EventBatch) -> None:
        """Log events, apply them, learn from them."""
        self.tracker.accept(batch)
        self.catch_up()

    def catch_up(self) -> int:
        """Apply what is in the log and not yet in the records; how many events that were."""
        if self.tracker.rows == self.applied:
            return 0
        count = 0
        with self._records:
            for batch, credits in self._consumer.apply():
                with self.lock:
                    self._learn(batch, credits)
                count += len(batch)
            self.applied += count
        return count

    def tick(self) -> None:
        """Held commissions, the guarantee, stages, budgets; then every plan's multiplier."""
        now = self.clock.now()
        with self.engine.begin() as conn:
            self.commissions.release(conn, now)
        with self._records:
            if self._guarantee.is_due(now):
                self.catch_up()
                self._guarantee.pay(now)
            book = self._book(now, self.catalog)
            with self.lock:
                self.brain.refresh()
                known = {*self.plans.ids, *self._alphas}
                self.brain.set_plans(micros(now), book)
                self._introduce(now, known)
                self._describe()
                if self._has_news(now):
                    results = self.outcomes.results(book.ids, micros(now))
                    self.brain.engine.tick(micros(now), results)
            self._keep_alphas()
            self._keep_handicaps(book)
        with self.lock:
            self.decisions.flush_late(micros(now))
        self._keep_reasons(now)

    def reload(self) -> None:
        """Take items, placements, links and plans from the records again."""
        now = self.clock.now()
        with self._records:
            catalog = self.catalog_service.snapshot(self.currency)
            placements = self.known_placements()
            index = self.brain.index_of(catalog)
            self._rule.set_items(*self.items_and_merchants())
            book = self._book(now, catalog)
            with self.lock:
                known = {*self.plans.ids, *self._alphas}
                self.brain.set_catalog(micros(now), catalog, placements, book, index)
                self._introduce(now, known)
                self._describe()
        hear_reviews(self)

    def train(self) -> dict[str, object]:
        """Fit the predictions to the log so far and keep the models; the metrics.

        Deciding goes on meanwhile, by the models there are.
        """
        with self.lock:
            log = self.brain.training_log()
        models = train(log, micros(self.clock.now()))
        fetch_item_pictures(self)
        read_item_looks(self.home)
        hear_reviews(self)
        with self.lock:
            if item_looks(self.home, self.catalog) is not None:
                self.brain.look_at_pictures(partial(item_looks, self.home))
            self.brain.use(models)
            self.brain.save(self.home)
        return dict(models.metrics)

    def new_rule(self) -> LastClick:
        """Attribution that has seen nothing yet."""
        return LastClick(*self.items_and_merchants())

    def control(self) -> ControlArm:
        """The same market with all it has learned, without plans or records."""
        return ControlArm(self.brain.copy(), deepcopy(self._rule), self.clock)

    def make_way(self) -> None:
        """Let plans that are over by now give their items back, before others are launched."""
        now = self.clock.now()
        with self.engine.begin() as conn:
            self.plans_service.advance(conn, now, self._orders_of_week(now))

    def launch(self, draft: PlanDraft) -> str:
        """Start a plan; its id."""
        return self.plans_service.create(draft, by="scenario").id

    def reprice(self, price_minor: npt.NDArray[np.int64]) -> None:
        """Set every price, by catalog row."""
        with self.engine.begin() as conn:
            books.set_prices(conn, self.catalog.ids, price_minor.tolist())
        self.reload()

    def dimensions(self) -> Dimensions:
        """What reports group by."""
        return self._dimensions

    def _open(self, settings: DecisionSettings | None) -> None:
        catalog = self.catalog_service.snapshot(self.currency)
        placements = self.known_placements()
        self._rule = self.new_rule()
        self.outcomes = Outcomes()
        self.recent = RecentRequests()
        self.applied = 0
        self._alphas: dict[str, float] = {}
        with self.engine.connect() as conn:
            self._goals = books.goals(conn, self._unit)
        notes = TrainingNotes(self.home)
        self.brain = Brain(catalog, placements, self.audiences(), notes, settings, self._needs)
        if item_looks(self.home, catalog) is not None:
            self.brain.look_at_pictures(partial(item_looks, self.home))
        hear_reviews(self)
        self.brain.profiles.scenes.of_hour = scene_hours(Settings(home=self.home))
        engine = self.brain.engine
        self.decisions = DecisionLog(self.home / "decisions", engine.settings.log_one_in)
        engine.log = None if self._read_only else self.decisions
        services = Services(self.plans_service, self.commissions, self.ledger, self.insight)
        self._consumer = Consumer(self.engine, self.tracker, self._rule, services, self)
        with self.engine.connect() as conn:
            for shopper, until in forgotten(conn):
                self.brain.profiles.forget(shopper, until)
        self.brain.restore_models(self.home)
        self._remember()
        self.brain.restore(self.home)
        self._load_plans(self.clock.now(), self._kept_alphas())
        if not self._read_only:
            self.catch_up()
        self.brain.refresh()

    def _remember(self) -> None:
        """Learn again from the events that were applied before this program started."""
        applied = self.applied = self._consumer.position()
        since = micros(self.clock.now() - MEMORY)
        self._remember_buyers(since)
        at = self.tracker.position_of(since)
        for next_at, batch in self.tracker.read(at):
            batch = batch.take(np.arange(max(min(applied - at, len(batch)), 0)))
            at = next_at
            self._rule.observe(batch)
            orders = self._rule.credit(batch.take(batch.type == EventType.ORDER))
            self._learn(batch, orders)
            self.brain.expect(batch)
            if at >= applied:
                break

    def _remember_buyers(self, before_us: int) -> None:
        """Who had bought from whom before the events that are learned from again."""
        with self.engine.connect() as conn:
            shoppers, merchants = books.buyers(conn, from_micros(before_us))
        self.brain.customers.bought(raw_ids(shoppers), raw_ids(merchants))

    def _learn(self, batch: EventBatch, credits: Credits) -> None:
        learn(self.brain, self.recent, self.outcomes, batch, credits, self._goals)

    def _load_plans(self, now: datetime, alphas: Mapping[str, float] | None = None) -> None:
        self.brain.set_plans(micros(now), self._book(now, self.catalog, alphas))
        self._describe()

    def _introduce(self, now: datetime, known: Collection[str]) -> None:
        """Plans that never ran take their first multiplier from the requests of the last days."""
        introduce(Grounds(self.brain, self.recent, self.outcomes, micros(now)), known)

    def _keep_alphas(self) -> None:
        """Multipliers outlive the program: one line a change, since appending is cheap."""
        alphas = self.plans.alphas()
        if alphas != self._alphas:
            self._alphas = alphas
            with (self.home / "alphas.jsonl").open("ab") as file:
                file.write(orjson.dumps(alphas) + b"\n")

    def _keep_handicaps(self, book: PlanBook) -> None:
        """What plans take off bids for buyers of before is in the records, for all to see."""
        rows = np.flatnonzero(book.min_new > 0).tolist()
        if rows:
            with self.engine.begin() as conn:
                found = {book.ids[row]: float(book.handicap[row]) for row in rows}
                self.plans_service.keep_handicaps(conn, found)

    def _kept_alphas(self) -> dict[str, float]:
        """The last whole line; the file starts anew with it."""
        path = self.home / "alphas.jsonl"
        lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
        self._alphas = dict(orjson.loads(lines[-1])) if lines else {}
        if lines and not self._read_only:
            path.write_bytes(lines[-1] + b"\n")
        return self._alphas

    def _book(
        self, now: datetime, catalog: CatalogSnapshot, alphas: Mapping[str, float] | None = None
    ) -> PlanBook:
        with self.engine.begin() as conn:
            self.plans_service.advance(conn, now, self._orders_of_week(now))
            live = self.plans_service.live(conn, self.currency, now)
            pools = self.plans_service.pools(conn, self.currency, now)
            self._goals = books.goals(conn, self._unit)
            wallets = self.wallets_micros(conn, {plan.merchant_id for plan in live})
        return PlanBook.of(live, catalog, wallets, alphas, pools)

    def _keep_reasons(self, now: datetime) -> None:
        """Write what says why plans deliver as they do: funnels, and landscapes of whole hours."""
        with self.lock:
            counted = self.brain.engine.counted()
            seen = self.brain.engine.seen.drain(micros(now))
            ids = sorted({plan_id for plan_id, _ in seen})
            results = self.outcomes.results(ids, micros(now)) if ids else None
        ratios = {} if results is None else dict(zip(ids, sales_ratios(results), strict=True))
        with self.engine.begin() as conn:
            if counted is not None:
                self.insight.add_funnels(conn, counted)
            self.insight.add_landscapes(conn, seen, ratios, now)

    def _orders_of_week(self, now: datetime) -> dict[str, int]:
        ids = self.plans.ids
        if not ids:
            return {}
        with self.lock:
            orders = self.outcomes.results(ids, micros(now)).orders.tolist()
        return dict(zip(ids, orders, strict=True))

    def _has_news(self, now: datetime) -> bool:
        """Whether there is enough to set multipliers by; then it counts from here."""
        waited = now - self._steered_at
        enough = STEER_REQUESTS_MIN if waited < STEER_LATE else 1
        if waited < STEER_AFTER or self._asked < enough:
            return False
        self._asked, self._steered_at = 0, now
        return True

    def _describe(self) -> None:
        """The dimensions of reports, as of now."""
        catalog, book = self.catalog, self.plans
        placements = sorted(self.placements, key=lambda each: each.id)
        plan_raw = np.append(book.raw, np.array([NO_ID], "V16"))
        self._dimensions = Dimensions(
            placements=IdTable(raw_ids([placement.id for placement in placements])),
            kinds=tuple(placement.kind for placement in placements),
            items=catalog.table,
            item_plan=plan_raw[book.item_plan],
            experience=((catalog.rating - 1) / 4).astype(np.float32),  # a replay counts the same
        )
