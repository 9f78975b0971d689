"""What a plan would bring: recent requests of the log, through the production auction, with it in.

A sample of the last requests is decided again with the plan's items bidding at a grid of
multipliers, rivals as they stand now. Each target then takes the largest multiplier whose return
meets it. Shown with an 80 % interval: the chance of orders and of the sample.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from adunion.decision.bidding.types import GRID
from adunion.decision.types import RequestBatch
from adunion.kernel.clock import generator
from adunion.kernel.money import micros_per_minor
from adunion.tracking import FLAG_CONSENT, EventBatch, EventType, concat

from .brain import Brain

TARGETS = (1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
SAMPLE_MAX = 3_000
KEPT_MAX = 60_000
Z80 = 1.2816
MODEL_ERROR = 0.15  # relative, of predictions and of tomorrow against yesterday
_DAY_US = 86_400_000_000


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

    def sample(self, brain: Brain) -> tuple[RequestBatch, float] | None:
        """Some of them as requests, and how many requests a day each stands for."""
        if not self._count:
            return None
        whole = concat(list(self._parts))
        self._parts = deque([whole])
        span_us = max(int(whole.at_us.max() - whole.at_us.min()), 3_600_000_000)
        a_day = len(whole) / (span_us / _DAY_US)
        rows = generator(len(whole)).permutation(len(whole))[:SAMPLE_MAX]
        chosen = whole.take(np.sort(rows))
        return _requests(brain, chosen), a_day / len(chosen)


def forecast(
    brain: Brain, recent: RecentRequests, rows: npt.NDArray[np.int32], budget_minor: int | None
) -> list[Point]:
    """Points by rising target for a plan with the items of these catalog rows."""
    found = recent.sample(brain)
    if found is None or not len(rows):
        return [Point(target, 0, 0, 0, 0, 0.0, 0.0) for target in TARGETS]
    requests, weight = found
    seen = brain.counterfactual(requests, rows)
    unit = micros_per_minor(brain.catalog.currency)
    spend, gmv, orders = (
        column[-1] * weight for column in (seen.spend / unit, seen.moved / unit, seen.orders)
    )
    return [_point(target, spend, gmv, orders, weight, budget_minor) for target in TARGETS]


def _point(
    target: float,
    spend: npt.NDArray[np.float64],
    gmv: npt.NDArray[np.float64],
    orders: npt.NDArray[np.float64],
    weight: float,
    budget_minor: int | None,
) -> Point:
    meets = (gmv >= target * spend) & (gmv > 0)
    best = int(np.flatnonzero(meets)[-1]) if meets.any() else int(np.argmax(gmv > 0))
    if not meets.any():
        return Point(target, 0, 0, 0, 0, 0.0, 0.0)
    share = 1.0
    if budget_minor is not None and spend[best] > budget_minor:
        share = budget_minor / spend[best]
    expected = gmv[best] * share
    count = max(orders[best] * share, 1e-9)
    noise = np.sqrt(1 / count + MODEL_ERROR**2 + weight / max(count, weight) / 10)
    low, high = expected * np.exp(-Z80 * noise), expected * np.exp(Z80 * noise)
    return Point(
        target, round(spend[best] * share), round(expected), round(low), round(high),
        round(float(count), 2), float(GRID[best] * target),
    )  # fmt: skip


def _requests(brain: Brain, asked: EventBatch) -> RequestBatch:
    """REQUEST events as requests; what a cart held is not in the log, the viewed item is."""
    place = brain.placement_rows(asked.placement)
    asked, place = asked.take(place >= 0), place[place >= 0]
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
