"""Was the promise kept: the share of plans, and of spend, that reached their target."""

from __future__ import annotations

import math
from collections.abc import Sequence

from .types import DeliveryShare, PlanResult

THRESHOLDS = (1.0, 0.9, 0.8)
MANY_ORDERS = 20


def delivery_shares(results: Sequence[PlanResult]) -> list[DeliveryShare]:
    """Shares by group and threshold; plans that spent nothing are left out, as none was promised.

    The Poisson floor is what chance alone allows: a plan whose delivery is perfect in expectation
    with n orders still misses a threshold with P(Poisson(n) < threshold * n).
    """
    spent = [one for one in results if one.attainment is not None]
    groups = {
        "many": [one for one in spent if one.result.orders >= MANY_ORDERS],
        "few": [one for one in spent if one.result.orders < MANY_ORDERS],
    }
    return [
        _share(name, threshold, group) for name, group in groups.items() for threshold in THRESHOLDS
    ]


def poisson_floor(orders: int, threshold: float) -> float:
    """P(Poisson(orders) >= threshold * orders): 0.70 for 20 orders at 0.9, 0.85 for 100."""
    if orders == 0:
        return 0.0
    least = math.ceil(threshold * orders - 1e-9)
    below = math.fsum(
        math.exp(k * math.log(orders) - orders - math.lgamma(k + 1)) for k in range(least)
    )
    return max(0.0, 1.0 - below)


def _share(group: str, threshold: float, plans: Sequence[PlanResult]) -> DeliveryShare:
    reached = [one for one in plans if (one.attainment or 0.0) >= threshold]
    count = len(plans)
    spend = sum(one.result.spend_minor for one in plans)
    floor = math.fsum(poisson_floor(one.result.orders, threshold) for one in plans)
    return DeliveryShare(
        group,
        threshold,
        count,
        len(reached) / count if count else 0.0,
        sum(one.result.spend_minor for one in reached) / spend if spend else 0.0,
        floor / count if count else 0.0,
    )
