"""Was the promise kept: the share of plans, and of spend, that reached their target."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from .due import with_due
from .types import DeliveryDay, DeliveryShare, PlanWindow

THRESHOLDS = (1.0, 0.9, 0.8)
BANDS = {"0-19": 0, "20-49": 20, "50-199": 50, "200+": 200}
"""Bands of orders in a window, by their least."""
ALL = "all"


def delivery_shares(windows: Sequence[PlanWindow], days: int) -> list[DeliveryShare]:
    """Shares by band of orders and threshold, over windows of that many days.

    Each share is told as sales came, and `_due` with the orders that are still to come: a plan's
    first days look worse than they are. The Poisson floor is what chance alone allows: a plan
    whose delivery is perfect in expectation with n orders still misses a threshold with
    P(Poisson(n) < threshold * n).
    """
    groups: dict[str, list[PlanWindow]] = {ALL: list(windows)} | {band: [] for band in BANDS}
    for window in windows:
        groups[band_of(window.orders)].append(window)
    return [
        _share(days, band, threshold, group)
        for band, group in groups.items()
        for threshold in THRESHOLDS
    ]


def band_of(orders: int) -> str:
    """The band that a number of orders is in."""
    return [band for band, least in BANDS.items() if orders >= least][-1]


def delivery_days(windows: Sequence[PlanWindow]) -> list[DeliveryDay]:
    """All plans together, window by window, oldest first."""
    by_start: dict[datetime, list[PlanWindow]] = defaultdict(list)
    for window in windows:
        by_start[window.at].append(window)
    return [_day(at, group) for at, group in sorted(by_start.items())]


def come_of(windows: Sequence[PlanWindow]) -> float:
    """What the windows sold so far for each unit of what their spend sells in the end; 1: none."""
    asked = math.fsum(one.spend_minor * one.target_roi for one in windows)
    come = math.fsum(one.spend_minor * one.target_roi * one.come for one in windows)
    return come / asked if asked else 1.0


@lru_cache(maxsize=4_096)
def poisson_floor(orders: int, threshold: float) -> float:
    """P(Poisson(orders) >= threshold * orders): 0.70 for 20 orders at 0.9, 0.85 for 100."""
    if orders == 0:
        return 0.0
    least = math.ceil(threshold * orders - 1e-9)
    below = math.fsum(
        math.exp(k * math.log(orders) - orders - math.lgamma(k + 1)) for k in range(least)
    )
    return max(0.0, 1.0 - below)


def _day(at: datetime, windows: Sequence[PlanWindow]) -> DeliveryDay:
    asked = math.fsum(one.spend_minor * one.target_roi for one in windows)
    attainment = sum(one.gmv_minor for one in windows) / asked
    return DeliveryDay(
        at,
        len(windows),
        sum(one.spend_minor for one in windows),
        attainment,
        with_due(attainment, come_of(windows)),
    )


def _share(days: int, band: str, threshold: float, windows: Sequence[PlanWindow]) -> DeliveryShare:
    reached = [one for one in windows if one.attainment >= threshold]
    due = [one for one in windows if one.attainment_due >= threshold]
    count = len(windows)
    spend = sum(one.spend_minor for one in windows)
    floor = math.fsum(poisson_floor(one.orders, threshold) for one in windows)
    return DeliveryShare(
        days,
        band,
        threshold,
        count,
        len(reached) / count if count else 0.0,
        sum(one.spend_minor for one in reached) / spend if spend else 0.0,
        len(due) / count if count else 0.0,
        sum(one.spend_minor for one in due) / spend if spend else 0.0,
        floor / count if count else 0.0,
    )
