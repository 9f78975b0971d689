"""What a day of a plan would bring: recent requests, through the production auction, with it in.

Requests of the last whole days are drawn until enough of them could show the plan's items; those
are decided again with the items bidding at a grid of multipliers, rivals as they stand now. Each
target takes the largest multiplier whose return meets it. The interval holds 8 of 10 days: orders
come by chance (a compound Poisson, near a gamma), and predictions err.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from adunion.decision.bidding import Landscape
from adunion.decision.bidding.types import GRID, Results, empty_landscape
from adunion.decision.types import RequestBatch
from adunion.kernel.clock import generator
from adunion.kernel.money import micros_per_minor
from adunion.tracking import FLAG_CONSENT, EventBatch, EventType, concat

from .brain import Brain

TARGETS = (1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
KEPT_MAX = 60_000
CHUNK = 2_500  # requests looked at in one go
REACHED_ENOUGH = 2_500  # of them could show an item of the plan
Z80 = 1.2816
MODEL_ERROR = 0.25  # relative, of predictions and of tomorrow against yesterday
SAMPLE_ERROR = 2.0  # relative, of one request's worth; falls with the root of their number
TRUST_ORDERS = 20.0  # predictions count like this many orders when judged by sales
RATIO = (0.4, 2.5)  # how far sales may correct predictions
_DAY_US = 86_400_000_000

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Point:
    """What a day at one target would bring; money in minor units, `low` and `high` of GMV."""

    target: float
    spend_minor: int
    gmv_minor: int
    low: int
    high: int
    orders: float
    alpha: float


@dataclass(frozen=True)
class Response:
    """A plan's expected day at each multiplier of `GRID`, in minor units."""

    spend: Floats
    gmv: Floats
    orders: Floats
    reached: int  # requests that it was worked out from
    spread: float  # mean square of an order's worth over its squared mean


class RecentRequests:
    """The latest REQUEST events, to be decided again."""

    def __init__(self) -> None:
        self._parts: deque[EventBatch] = deque()
        self._count = 0

    def learn(self, batch: EventBatch) -> None:
        """Keep a batch's requests."""
        asked = batch.take(batch.type == EventType.REQUEST)
        if not len(asked):
            return
        self._parts.append(asked)
        self._count += len(asked)
        while self._count - len(self._parts[0]) > KEPT_MAX:
            self._count -= len(self._parts.popleft())

    def shuffled(self) -> tuple[EventBatch, float] | None:
        """Those of the last whole days (or of all the time, where less), and how many days."""
        if not self._count:
            return None
        whole = concat(list(self._parts))
        self._parts = deque([whole])
        newest = int(whole.at_us.max())
        span_us = newest - int(whole.at_us.min())
        days = span_us // _DAY_US if span_us >= _DAY_US else max(span_us / _DAY_US, 1 / 24)
        kept = whole.take(whole.at_us > newest - days * _DAY_US)
        return kept.take(generator(len(kept)).permutation(len(kept))), float(days)


def forecast(
    brain: Brain,
    recent: RecentRequests,
    rows: npt.NDArray[np.int32],
    budget_minor: int | None,
    ratio: float = 1.0,
) -> list[Point]:
    """Points by rising target for a plan with the items of these catalog rows.

    `ratio` is what plans sell per predicted sale, see `sales_ratio`.
    """
    found = recent.shuffled()
    if found is None or not len(rows):
        return [Point(target, 0, 0, 0, 0, 0.0, 0.0) for target in TARGETS]
    return points(_respond(brain, *found, rows, ratio), budget_minor)


def sales_ratio(results: Results) -> float:
    """Sales per predicted sale of all plans: auctions are won where predictions err upwards.

    Shrunk to 1 while there are few orders.
    """
    orders, matured = float(results.orders.sum()), float(results.matured_micros.sum())
    ratio = float(results.gmv_micros.sum()) / max(matured, 1.0)
    return float(np.clip(1 + (ratio - 1) * orders / (orders + TRUST_ORDERS), *RATIO))


def points(response: Response, budget_minor: int | None) -> list[Point]:
    """The response at each target; a higher one never spends, sells or may sell more."""
    made: list[Point] = []
    for target in TARGETS:
        alpha, spend, gmv, orders = _best(response, target)
        if made:
            spend, gmv = min(spend, made[-1].spend_minor), min(gmv, made[-1].gmv_minor)
        if budget_minor is not None and spend > budget_minor:
            gmv, orders, spend = (x * budget_minor / spend for x in (gmv, orders, spend))
        low, high = _interval(gmv, orders, response)
        if made:
            low, high = min(low, made[-1].low), min(high, made[-1].high)
        made.append(
            Point(
                target, round(spend), round(gmv), round(low), round(high),
                round(orders, 2), alpha * target,
            )
        )  # fmt: skip
    return made


def _best(response: Response, target: float) -> tuple[float, float, float, float]:
    """(multiplier, spend, GMV, orders): the largest multiplier that meets the target."""
    surplus = response.gmv - target * response.spend
    meets = np.flatnonzero((surplus >= 0) & (response.gmv > 0))
    if not len(meets):
        return 0.0, 0.0, 0.0, 0.0
    at = int(meets[-1])
    columns = (GRID, response.spend, response.gmv, response.orders)
    if at + 1 == len(GRID):
        return tuple(float(column[at]) for column in columns)  # type: ignore[return-value]
    share = surplus[at] / (surplus[at] - surplus[at + 1])
    return tuple(  # type: ignore[return-value]
        float(column[at] * (1 - share) + column[at + 1] * share) for column in columns
    )


def _interval(gmv: float, orders: float, response: Response) -> tuple[float, float]:
    """The 10 % and 90 % quantiles of a gamma with this mean, by Wilson and Hilferty (1931)."""
    if gmv <= 0:
        return 0.0, 0.0
    relative = (
        response.spread / max(orders, 1e-3)
        + MODEL_ERROR**2
        + SAMPLE_ERROR**2 / max(response.reached, 1)
    )
    ninth = relative / 9
    low, high = (max(1 - ninth + z * ninth**0.5, 0.0) ** 3 for z in (-Z80, Z80))
    return gmv * low, gmv * max(high, 1.0)


def _respond(
    brain: Brain, asked: EventBatch, days: float, rows: npt.NDArray[np.int32], ratio: float
) -> Response:
    """Decide requests again until enough of them reached the items."""
    looked, reached, last = 0, 0, 0
    total = empty_landscape(1)
    wanted = np.zeros(len(brain.catalog), np.bool_)
    wanted[rows] = True
    with brain.trying(rows) as book:
        while looked < len(asked) and reached < REACHED_ENOUGH:
            chunk = asked.take(np.arange(looked, min(looked + CHUNK, len(asked))))
            looked += len(chunk)
            chunk = _reaching(brain, chunk, wanted)
            reached += len(chunk)
            if len(chunk):
                last = len(book) - 1
                seen = brain.engine.landscape(
                    _requests(brain, chunk), book, last, generator(looked)
                )
                total = total + _only(seen, last)
    unit = micros_per_minor(brain.catalog.currency)
    per_day = len(asked) / looked / days
    price = brain.catalog.price_minor[rows].astype(np.float64)
    return Response(
        spend=total.spend[0] / unit * per_day,
        gmv=total.moved[0] / unit * per_day * ratio,
        orders=total.orders[0] * per_day * ratio,
        reached=reached,
        spread=float(np.mean(price**2) / np.mean(price) ** 2),
    )


def _reaching(brain: Brain, asked: EventBatch, wanted: npt.NDArray[np.bool_]) -> EventBatch:
    """The requests whose candidates hold a wanted item; requests of unknown places are dropped."""
    asked = asked.take(brain.placement_rows(asked.placement) >= 0)
    candidates = brain.engine.retrieve(_requests(brain, asked))
    before = np.concatenate(([0], np.cumsum(wanted[candidates.item])))
    count = before[candidates.offsets[1:]] - before[candidates.offsets[:-1]]
    return asked.take(count > 0)


def _only(seen: Landscape, plan: int) -> Landscape:
    return seen.take(np.array([plan]))


def _requests(brain: Brain, asked: EventBatch) -> RequestBatch:
    """REQUEST events as requests; what a cart held is not in the log, the viewed item is."""
    place = brain.placement_rows(asked.placement)
    consent = asked.flags & FLAG_CONSENT > 0
    texts, query = np.unique(asked.text.astype(str), return_inverse=True)
    blank = int(len(texts) and texts[0] == "")
    item = brain.catalog.rows(asked.item)
    offsets = np.concatenate(([0], np.cumsum(item >= 0))).astype(np.int64)
    slots = np.array([len(each.exposures) for each in brain.placements], np.int16)
    return RequestBatch(
        request=asked.request,
        at_us=asked.at_us,
        placement=place.astype(np.int16),
        slots=slots[place],
        shopper=asked.shopper,
        profile=brain.profile_rows(asked.shopper, consent),
        query=(query - blank).astype(np.int32),
        queries=[str(each) for each in texts[blank:]],
        context_offsets=offsets,
        context_items=item[item >= 0],
        consent=consent,
    )
