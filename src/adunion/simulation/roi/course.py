"""Runs a market with one bidder through the production decision, hour by hour."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from adunion.decision.auction.batch import Candidates, Requests, Scores
from adunion.decision.bidding import Outcomes
from adunion.decision.bidding.pilot import Pilot
from adunion.decision.bidding.reach import out_of_reach
from adunion.decision.bidding.sample import Kept, Sample
from adunion.decision.book import PlanBook
from adunion.decision.types import DecisionBatch
from adunion.kernel.clock import generator, micros

from .people import F64, HOUR_US, I64, answer
from .world import START, Hour, World, open_engine

HISTORY_HOURS = 7 * 24  # of traffic that the forecast has seen before the plans start
REHEARSED_BEFORE_HOURS = 13  # new plans take their first multiplier from an hour of before
SAMPLED = 1_000  # requests a plan is compared with hindsight in


@dataclass(frozen=True)
class Course:
    """What happened; arrays are (hours, plans), money in micros, by the hour of the impression."""

    world: World
    spend: F64
    expected: F64  # true expected GMV of the moved impressions seen
    gmv: F64
    net: F64  # without what came back
    orders: F64
    alpha: F64
    budget: I64  # (plans,)
    says_unreachable: np.ndarray  # (plans,) what the platform's own landscape says at the end
    kept: Kept  # sampled requests with all bids as they were, chances as predicted
    chance: F64  # true chances of an order, by candidate row of `kept`
    seen: I64  # (plans,) requests the plan could bid in


class _Watched(Pilot):
    """The production pilot; a sample of what it sees is kept for hindsight, with the truth."""

    def watch(self, plans: int, measured: int, seed: int, hour: Hour | None = None) -> None:
        self.predicted = Sample(plans, generator(seed, 5), SAMPLED)
        self.true = Sample(plans, generator(seed, 5), SAMPLED)  # the same draws, the same requests
        self.measured, self.hour = measured, hour

    def observe(self, requests: Requests, candidates: Candidates, scores: Scores) -> None:
        super().observe(requests, candidates, scores)
        assert self.hour is not None
        pages = self.hour.pages
        few = np.where(scores.plan < self.measured, scores.plan, np.int32(-1))
        scores = scores._replace(plan=few)
        self.predicted.observe(requests, candidates, scores)
        self.true.observe(
            requests, Candidates(pages.item, pages.ctr, pages.cvr, np.zeros(0, np.float32)), scores
        )


def course(world: World, bidder: str) -> Course:
    """Every hour: decide, people answer, outcomes are learnt as they come in, one tick."""
    book = PlanBook.of(world.plans, world.catalog)
    budget = book.remaining_micros.copy()
    settings = replace(world.settings, bidder=bidder)
    engine, turn = open_engine(world, book, settings)
    pilot = engine.pilot = _Watched(book)
    pilot.watch(len(book), world.market.measured, world.seed)
    first = micros(START) // HOUR_US
    for hour in range(-HISTORY_HOURS, 0):
        pilot.traffic.observe([(first + hour, round(world.rate(hour)))])
    hours = world.market.days * 24
    sums = np.zeros((6, hours, len(book)))
    spend, expected, gmv, net, orders, alpha = sums
    outcomes, coming = Outcomes(), _Coming()
    for hour in range(hours):
        now_us = micros(START) + hour * HOUR_US
        fresh = np.flatnonzero(book.start_us == now_us)
        if len(fresh):  # as `Market` does with plans that it never saw
            before = world.hour(hour - REHEARSED_BEFORE_HOURS)
            turn(before)
            engine.rehearse(now_us, before.requests, fresh, outcomes.results(book.ids, now_us))
        now = pilot.hour = world.hour(hour)
        turn(now)
        decided = engine.decide(now.requests)
        _, _, returns = world.conditions(hour)
        rows = _respond(now, decided, returns, world)
        plan, weight = rows.plan, rows.price_micros
        spend[hour] = np.bincount(plan, rows.cost, len(book))
        expected[hour] = np.bincount(plan, rows.chance * weight, len(book))
        sold = rows.order_at_us >= 0
        gmv[hour] = np.bincount(plan[sold], weight[sold], len(book))
        kept = sold & ~rows.returned
        net[hour] = np.bincount(plan[kept], weight[kept], len(book))
        orders[hour] = np.bincount(plan[sold], minlength=len(book))
        outcomes.shown(book.ids, plan, rows.at_us, rows.cost, rows.predicted)
        coming.add(plan[sold], rows.order_at_us[sold], rows.at_us[sold], weight[sold])
        now_us += HOUR_US
        outcomes.sold(book.ids, *coming.until(now_us))
        book.remaining_micros[:] = budget - spend[: hour + 1].sum(axis=0).astype(np.int64)
        engine.tick(now_us, outcomes.results(book.ids, now_us))
        alpha[hour] = book.alpha
    week = float(pilot.traffic.rates(now_us).sum())
    says = out_of_reach(pilot.memory.recall(book.ids), 1 / book.target_roi, week)
    kept, true = pilot.predicted.prune(), pilot.true.prune()
    return Course(
        world, spend, expected, gmv, net, orders, alpha, budget, says, kept, true.chance,
        pilot.predicted.seen,
    )  # fmt: skip


@dataclass(frozen=True)
class _Rows:
    """Moved impressions that were seen, (k,)."""

    plan: I64
    at_us: I64
    price_micros: I64
    cost: I64
    predicted: F64
    chance: F64
    order_at_us: I64  # -1 none
    returned: np.ndarray


def _respond(hour: Hour, decided: DecisionBatch, returns: float, world: World) -> _Rows:
    shape = decided.item.shape
    chance, seen = np.zeros(shape), np.zeros(shape, np.bool_)
    after, returned = np.full(shape, -1, np.int64), np.zeros(shape, np.bool_)
    answer(
        hour.keys, hour.pages, decided.item, decided.exposure, returns, world.market.delay,
        chance, seen, after, returned,
    )  # fmt: skip
    at = np.nonzero(seen & decided.moved & (decided.plan >= 0))
    at_us = hour.requests.at_us[at[0]]
    price = world.catalog.price_minor[decided.item[at]] * 10_000
    predicted = decided.pctr[at].astype(np.float64) * decided.pcvr[at] * price
    return _Rows(
        decided.plan[at].astype(np.int64), at_us, price, decided.price_micros[at], predicted,
        chance[at], np.where(after[at] >= 0, at_us + after[at], -1), returned[at],
    )  # fmt: skip


class _Coming:
    """Orders that have been made up but not yet come in."""

    def __init__(self) -> None:
        self._rows = np.zeros((4, 0), np.int64)  # plan, at, click, amount

    def add(self, *columns: np.ndarray) -> None:
        self._rows = np.concatenate([self._rows, np.stack(columns).astype(np.int64)], axis=1)

    def until(self, now_us: int) -> np.ndarray:
        due = self._rows[1] < now_us
        rows = self._rows[:, due]
        self._rows = self._rows[:, ~due]
        return rows[:, np.argsort(rows[1], kind="stable")]
