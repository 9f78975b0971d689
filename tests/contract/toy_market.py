"""A market small enough to run in a test: planted chances, real auction, real bidders."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np

from adunion.campaigns.types import LivePlan
from adunion.catalog.snapshot import raw_ids
from adunion.catalog.types import CatalogSnapshot
from adunion.decision.bidding import Outcomes
from adunion.decision.book import PlanBook
from adunion.decision.engine import DecisionEngine
from adunion.decision.settings import DecisionSettings
from adunion.decision.types import CandidateBatch, Placement, RequestBatch
from adunion.kernel.clock import ManualClock, generator, micros
from adunion.kernel.ids import IdFactory

START = datetime(2026, 11, 2, tzinfo=UTC)
HOUR_US = 3_600_000_000
PLACEMENTS = [
    Placement("plc_s", "search", "search", tuple(1 / (1 + 0.12 * slot) for slot in range(8))),
    Placement("plc_c", "cart", "cart", (0.9, 0.7, 0.5)),
]


@dataclass
class Toy:
    """60 merchants of 10 items; each plan promotes all items of one merchant."""

    seed: int = 0
    items: int = 600
    merchants: int = 60
    requests_hour: int = 300
    candidates: int = 40
    bias: float = 1.0  # predicted / true conversion: a model that is wrong
    plans: list[LivePlan] = field(default_factory=list)

    def __post_init__(self) -> None:
        rng = generator(self.seed, 1)
        ids = IdFactory(ManualClock(START), seed=self.seed)
        self.item_ids = sorted(ids("itm") for _ in range(self.items))
        self.merchant_ids = sorted(ids("mer") for _ in range(self.merchants))
        owner = np.arange(self.items, dtype=np.int32) % self.merchants
        self.catalog = CatalogSnapshot(
            "CNY", self.item_ids, raw_ids(self.item_ids), [""] * self.items, [""] * self.items,
            [""] * self.items, ["c"], np.zeros(self.items, np.int32), self.merchant_ids, owner,
            np.arange(self.items, dtype=np.int32), rng.integers(2_000, 20_000, self.items),
            rng.uniform(3.5, 5, self.items).astype(np.float32), np.zeros(self.items, np.int32),
        )  # fmt: skip
        self.quality = rng.lognormal(0, 0.4, self.items)
        self._ids = ids

    def plan(self, merchant: int, target: str, hours: int | None = None, **more: object) -> None:
        """Add a plan of a merchant's items."""
        rows = np.nonzero(self.catalog.merchant == merchant)[0]
        end = None if hours is None else START + timedelta(hours=hours)
        one = LivePlan(
            self._ids("cmp"), self.merchant_ids[merchant], Decimal(target), None, START, end, None,
            "learning", tuple(self.item_ids[row] for row in rows),
        )  # fmt: skip
        self.plans.append(replace(one, **more))  # type: ignore[arg-type]


@dataclass
class Run:
    """What a run came to; arrays are (hours, plans)."""

    alpha: np.ndarray
    spend: np.ndarray
    expected: np.ndarray  # true expected GMV of moved impressions
    gmv: np.ndarray
    orders: np.ndarray

    def attained(self, target: float) -> np.ndarray:
        """Expected attainment by plan."""
        return self.expected.sum(axis=0) / np.maximum(self.spend.sum(axis=0), 1) / target


def run(toy: Toy, bidder: str, hours: int, settings: DecisionSettings | None = None) -> Run:
    """Drive the toy market through the real engine."""
    rng = generator(toy.seed, 2)
    now_us = micros(START)
    book = PlanBook.of(toy.plans, toy.catalog)
    budget = book.remaining_micros.copy()

    def retrieve(requests: RequestBatch) -> CandidateBatch:
        count = len(requests)
        draws = rng.random((count, toy.items)).argpartition(toy.candidates)[:, : toy.candidates]
        offsets = np.arange(count + 1, dtype=np.int64) * toy.candidates
        return CandidateBatch(
            offsets, draws.ravel().astype(np.int32), np.ones(draws.size, np.float32),
            np.zeros(draws.size, np.uint8),
        )  # fmt: skip

    def predict(
        requests: RequestBatch, candidates: CandidateBatch
    ) -> tuple[np.ndarray, np.ndarray]:
        match = rng.lognormal(0, 0.5, len(candidates.item)) * toy.quality[candidates.item]
        pctr = np.clip(0.07 * match, 0, 0.6).astype(np.float32)
        pcvr = np.full(len(pctr), 0.1 * toy.bias, np.float32)
        return pctr, pcvr

    chosen = replace(settings or DecisionSettings(explore_bps=0), bidder=bidder)
    engine = DecisionEngine(toy.catalog, PLACEMENTS, book, retrieve, predict, chosen)
    outcomes, ids = Outcomes(), book.ids
    shape = (hours, len(ids))
    out = Run(*(np.zeros(shape) for _ in range(5)))
    for hour in range(hours):
        rhythm = 1 + 0.6 * np.sin(2 * np.pi * hour / 24)
        count = int(toy.requests_hour * rhythm)
        at_us = np.sort(rng.integers(now_us, now_us + HOUR_US, count))
        decided = engine.decide(requests(at_us, rng.integers(0, 2, count)))
        at, plan = np.repeat(at_us, decided.item.shape[1]), decided.plan.ravel()
        seen = (decided.moved & (rng.random(decided.item.shape) < decided.exposure)).ravel()
        price = np.where(seen, decided.price_micros.ravel(), 0)
        gmv = toy.catalog.price_minor[decided.item].ravel() * 10_000
        predicted = decided.pctr.ravel().astype(float) * decided.pcvr.ravel() * gmv
        chance = decided.pctr.ravel() * decided.pcvr.ravel() / toy.bias
        sold = seen & (rng.random(len(plan)) < chance)
        outcomes.shown(ids, plan[seen], at[seen], price[seen], predicted[seen])
        outcomes.sold(ids, plan[sold], at[sold], at[sold], gmv[sold])
        for column, rows, weights in (
            (out.spend, seen, price), (out.expected, seen, predicted / toy.bias),
            (out.gmv, sold, gmv), (out.orders, sold, np.ones(len(plan))),
        ):  # fmt: skip
            column[hour] = np.bincount(plan[rows], weights[rows], minlength=len(ids))
        now_us += HOUR_US
        book.remaining_micros[:] = budget - out.spend.sum(axis=0).astype(np.int64)
        engine.tick(now_us, outcomes.results(ids, now_us))
        out.alpha[hour] = book.alpha
    return out


def requests(at_us: np.ndarray, placement: np.ndarray) -> RequestBatch:
    """Requests with nothing but a time and a placement."""
    count = len(at_us)
    none = np.zeros(count, "V16")
    return RequestBatch(
        none, at_us, placement.astype(np.int16), np.full(count, 8, np.int16), none,
        np.full(count, -1, np.int32), np.full(count, -1, np.int32), [],
        np.zeros(count + 1, np.int64), np.zeros(0, np.int32), np.ones(count, np.bool_),
    )  # fmt: skip
