"""A market of the family with its items, plans and traffic, from a seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np

from adunion.campaigns.types import LivePlan
from adunion.catalog.snapshot import raw_ids
from adunion.catalog.types import CatalogSnapshot
from adunion.decision.bidding.types import GRID, Landscape
from adunion.decision.book import PlanBook
from adunion.decision.engine import DecisionEngine
from adunion.decision.settings import DecisionSettings
from adunion.decision.types import CandidateBatch, Placement, RequestBatch
from adunion.kernel.clock import ManualClock, generator, micros
from adunion.kernel.ids import IdFactory

from ..chance import keys
from .family import Market
from .people import F32, F64, HOUR_US, U64, Items, Pages, fill_pages

START = datetime(2026, 11, 2, tzinfo=UTC)  # a Monday
TOPIC_ITEMS = 83  # a prime, see people.Items
PLACEMENTS = (
    Placement("plc_s", "search", "search", tuple(1 / (1 + 0.1 * slot) for slot in range(12))),
    Placement("plc_c", "cart", "cart", (0.9, 0.75, 0.6, 0.5)),
)
CANDIDATES = (30, 61)
DAY = 1 + 0.55 * np.sin(2 * np.pi * (np.arange(24) - 9) / 24)  # requests by hour of the day, UTC
WEEK = np.array([0.95, 0.95, 0.97, 1.0, 1.08, 1.1, 0.95])
EVENING = 1 + 0.12 * np.sin(2 * np.pi * (np.arange(24) - 11) / 24)  # conversion, which models know
LASTING_ERROR_SD = 0.12  # the model's error about an item's click and order rate
BID_FIRST = 0.2  # of a sale's value: what all bid when the targets are chosen
BID_SHARES = (0.2, 1.5)  # ... and the span of bids whose return becomes a plan's target
BUDGET_SHARES = (0.3, 0.8)  # of what a plan would spend at its target
TARGET_MAX = 1_000.0


@dataclass(frozen=True)
class Hour:
    """One hour of traffic."""

    keys: U64
    requests: RequestBatch
    pages: Pages


@dataclass
class World:
    """Everything of a market but the bidder."""

    market: Market
    seed: int
    catalog: CatalogSnapshot
    items: Items
    plans: list[LivePlan]
    unreachable: list[bool]  # by plan
    level: float = 1.0  # what the model's order rates are calibrated by

    @property
    def settings(self) -> DecisionSettings:
        """The platform's rules in this market."""
        market = self.market
        return DecisionSettings(
            reserve_micros=market.reserve_micros, ad_load_bps=market.ad_load_bps
        )

    def conditions(self, hour: int) -> tuple[float, float, float]:
        """Factors on traffic, conversion and returns."""
        traffic = conversion = returns = 1.0
        for shock in self.market.shocks:
            if shock.from_day * 24 <= hour < shock.to_day * 24:
                traffic *= shock.traffic
                conversion *= shock.conversion
                returns *= shock.returns
        return traffic, conversion, returns

    def hour(self, hour: int) -> Hour:
        """Traffic of an hour from the launch on; the same for every bidder."""
        rng = generator(self.seed, 7, hour + 10_000)
        traffic, conversion, _ = self.conditions(hour)
        count = int(rng.poisson(self.rate(hour) * traffic))
        start = micros(START) + hour * HOUR_US
        key = keys(self.seed, hour + 10_000, count)
        topic = rng.choice(self.market.topics, count, p=_zipf(self.market.topics, 0.6))
        sizes = rng.integers(*CANDIDATES, count)
        offsets = np.concatenate([[0], sizes.cumsum()])
        pages = Pages(
            offsets, np.empty(offsets[-1], np.int32),
            *(np.empty(offsets[-1], np.float32) for _ in range(4)),
        )  # fmt: skip
        fill_pages(key, topic.astype(np.int32), self.items, EVENING[hour % 24], conversion, pages)
        pages.pcvr[:] *= self.level
        at_us = np.sort(rng.integers(start, start + HOUR_US, count))
        placement = (rng.random(count) < 0.3).astype(np.int16)
        return Hour(key, _requests(key, at_us, placement), pages)

    def rate(self, hour: int) -> float:
        """Requests expected without a shock."""
        weekday = hour // 24 % 7
        return float(self.market.requests_per_hour * DAY[hour % 24] * WEEK[weekday])


def open_engine(
    world: World, book: PlanBook, settings: DecisionSettings
) -> tuple[DecisionEngine, Callable[[Hour], None]]:
    """The production engine over the world, and how to tell it which hour it is."""
    now: list[Hour] = []

    def retrieve(_: RequestBatch) -> CandidateBatch:
        pages = now[0].pages
        return CandidateBatch(
            pages.offsets, pages.item, np.ones(len(pages.item), np.float32),
            np.zeros(len(pages.item), np.uint8),
        )  # fmt: skip

    def predict(_: RequestBatch, __: CandidateBatch) -> tuple[F32, F32]:
        return now[0].pages.pctr, now[0].pages.pcvr

    engine = DecisionEngine(world.catalog, PLACEMENTS, book, retrieve, predict, settings)

    def turn(hour: Hour) -> None:
        now[:] = [hour]

    return engine, turn


def build(market: Market, seed: int) -> World:
    """The market of a seed: items first, then targets and budgets from what bids would bring."""
    rng = generator(seed, 1)
    clock = ManualClock(START)
    ids = IdFactory(clock, seed=seed)
    world = _goods(market, seed, rng, ids)
    world.level = _calibration(world)
    total = market.plans + market.entrants
    owners = np.argsort(-np.bincount(world.catalog.merchant), kind="stable")[:total]
    owners = owners[rng.permutation(total)]
    first = 1 / Decimal(str(BID_FIRST))
    world.plans = [_plan(world, ids, int(owner), first) for owner in owners]
    _aim(world, rng)
    return world


def _goods(market: Market, seed: int, rng: np.random.Generator, ids: IdFactory) -> World:
    count, merchants = market.items, 3 * (market.plans + market.entrants)
    item_ids = sorted(ids("itm") for _ in range(count))
    merchant_ids = sorted(ids("mer") for _ in range(merchants))
    owner = rng.choice(merchants, count, p=_zipf(merchants, 0.9)).astype(np.int32)
    price = np.clip(rng.lognormal(np.log(8_000), 0.6, count), 900, 90_000).astype(np.int64)
    catalog = CatalogSnapshot(
        "CNY", item_ids, raw_ids(item_ids), [""] * count, [""] * count, [""] * count, ["c"],
        np.zeros(count, np.int32), merchant_ids, owner, np.arange(count, dtype=np.int32), price,
        rng.uniform(3.5, 5, count).astype(np.float32), np.zeros(count, np.int32),
    )  # fmt: skip
    dear = (price / 8_000) ** -0.6  # dear things are bought less often
    topics = np.array([rng.choice(count, TOPIC_ITEMS, replace=False) for _ in range(market.topics)])
    errors = rng.lognormal(-(LASTING_ERROR_SD**2) / 2, LASTING_ERROR_SD, (2, count))
    items = Items(
        topics.astype(np.int32), rng.lognormal(0, 0.4, count), dear * rng.lognormal(0, 0.3, count),
        errors[0], errors[1],
    )  # fmt: skip
    return World(market, seed, catalog, items, [], [])


def _plan(world: World, ids: IdFactory, owner: int, target: Decimal) -> LivePlan:
    catalog = world.catalog
    rows = np.nonzero(catalog.merchant == owner)[0]
    return LivePlan(
        id=ids("cmp"),
        merchant_id=catalog.merchant_ids[owner],
        goal="target_roi",
        target_roi=target,
        target_cost_micros=None,
        budget_left_micros=None,
        start_at=START,
        end_at=None,
        dayparts=None,
        stage="learning",
        item_ids=tuple(catalog.ids[row] for row in rows),
    )


def _calibration(world: World) -> float:
    """True over predicted sales of what organic ranking shows, to which a model is fitted."""
    engine, turn = open_engine(world, PlanBook.of([], world.catalog), world.settings)
    hour = world.hour(-24)
    turn(hour)
    decided = engine.decide(hour.requests)
    pages, wide = hour.pages, decided.item.shape[1]
    request = np.repeat(np.arange(len(hour.keys)), wide)
    shown = decided.item.ravel() >= 0
    at = _rows(pages, request[shown], decided.item.ravel()[shown])
    true = pages.ctr[at].astype(float) * pages.cvr[at]
    predicted = pages.pctr[at].astype(float) * pages.pcvr[at]
    return float(true.sum() / predicted.sum())


def _rows(pages: Pages, request: np.ndarray, item: np.ndarray) -> np.ndarray:
    """Candidate rows of (request, item) pairs."""
    owner = np.repeat(np.arange(len(pages.offsets) - 1), np.diff(pages.offsets))
    code = owner * (1 << 32) + pages.item
    order = np.argsort(code)
    rows: np.ndarray = order[np.searchsorted(code[order], request * (1 << 32) + item)]
    return rows


def _aim(world: World, rng: np.random.Generator) -> None:
    """Give every plan a target between easy and hard, some of them a budget or an end."""
    market = world.market
    landscape, requests = _probe(world)
    hours = market.days * 24
    low, high = np.log(BID_SHARES)
    share = np.exp(rng.uniform(low, high, len(world.plans)))
    draws = rng.random((len(world.plans), 3))
    plans, unreachable = [], []
    for row, plan in enumerate(world.plans):
        spend, roi = _curves(landscape, row)
        at = np.log(share[row])
        grid = np.log(GRID * BID_FIRST)
        target = float(np.interp(at, grid, roi))
        hopeless = row < market.unreachable
        if hopeless:
            target = TARGET_MAX
        rate = np.exp(np.interp(at, grid, np.log(np.maximum(spend, 1)))) / requests
        late = row >= market.plans
        start_h = hours // 2 if late else 0
        ends = draws[row, 0] < 0.3 and not late
        end_h = int(hours * (0.6 + 0.3 * draws[row, 1])) if ends else hours
        coming = sum(world.rate(hour) for hour in range(start_h, end_h))
        wanted = float(np.interp(draws[row, 2], [0, 1], BUDGET_SHARES)) * rate * coming
        budget = int(wanted) if row % 3 == 1 and not hopeless else None
        ended = ends or budget is not None
        plans.append(
            replace(
                plan,
                target_roi=Decimal(str(round(max(target, 1.1), 3))),
                budget_left_micros=budget,
                start_at=START + timedelta(hours=start_h),
                end_at=START + timedelta(hours=end_h) if ended else None,
            )
        )
        unreachable.append(hopeless)
    world.plans, world.unreachable = plans, unreachable


def _probe(world: World) -> tuple[Landscape, int]:
    """What plans would get at any bid in hours of the week before, all others bidding alike."""
    settings = replace(world.settings, explore_bps=0)
    book = PlanBook.of(world.plans, world.catalog)
    book.start_us[:] = 0
    engine, turn = open_engine(world, book, settings)
    count = 0
    for back in (20, 15, 10, 5):
        hour = world.hour(-24 * 7 + back)
        turn(hour)
        engine.decide(hour.requests)
        count += len(hour.keys)
        engine.replace(micros(START), book)  # folds what was seen into the landscape
    return engine.pilot.memory.recall(book.ids), count


def _curves(landscape: Landscape, row: int) -> tuple[F64, F64]:
    spend = landscape.spend[row]
    roi = np.where(spend > 0, landscape.moved[row] / np.maximum(spend, 1), np.inf)
    return spend, np.minimum.accumulate(np.minimum(roi, TARGET_MAX))


def _requests(key: U64, at_us: np.ndarray, placement: np.ndarray) -> RequestBatch:
    count = len(at_us)
    none = np.full(count, -1, np.int32)
    id_ = np.stack([key, key], axis=1).view("V16").ravel()
    slots = np.array([len(each.exposures) for each in PLACEMENTS], np.int16)[placement]
    return RequestBatch(
        id_, at_us, placement, slots, id_, none, none, [], np.zeros(count + 1, np.int64),
        np.zeros(0, np.int32), np.zeros(count, np.bool_),
    )  # fmt: skip


def _zipf(count: int, power: float) -> F64:
    weights = np.arange(1, count + 1.0) ** -power
    share: F64 = weights / weights.sum()
    return share
