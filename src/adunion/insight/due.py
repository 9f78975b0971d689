"""Orders come late: which part of what impressions will sell has come by now.

A window's sales are those of its impressions that have come, and late ones of impressions before
it. In a plan that has long spent alike both make up for each other; in a plan's first days they do
not, and its sales look smaller than they will be.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from adunion.prediction.delay import WINDOW_US, arrival_curve, arrived_share

HOURS = WINDOW_US // 3_600_000_000
"""After which every order that a click may bring has come."""
COME_LEAST = 0.1
"""Of what has sold less of its sales than this, no more is told than of what has sold this much."""
_ORDERS_LEAST = 100  # from which delays are told; with fewer, everything counts as come


def come_by_hour(
    click_at_us: npt.NDArray[np.int64], order_at_us: npt.NDArray[np.int64], now_us: int
) -> list[float]:
    """The share of an hour's sales that has come when that many hours ended since: `HOURS` + 1.

    From the clicks and times of orders, shape (n,), microseconds; see `delay.arrival_curve`.
    """
    if len(order_at_us) < _ORDERS_LEAST:
        return [1.0] * (HOURS + 1)
    curve = arrival_curve(click_at_us, order_at_us, now_us)
    middle_us = (np.arange(HOURS + 1) - 0.5) * 3_600e6
    come = arrived_share(curve, -middle_us.astype(np.int64), 0)
    return [float(share) for share in come]


def with_due(attainment: float, come: float) -> float:
    """An attainment with the orders that are still to come, where that share of sales has come."""
    return attainment / max(come, COME_LEAST)


def laps(span: timedelta) -> int:
    """Windows of a length after which a window's last order has come."""
    return math.ceil(HOURS / (span / timedelta(hours=1)))


def landed(shares: Mapping[datetime, list[float]], at: datetime, span: timedelta) -> float:
    """What was sold in the window at `at` for each unit of what its own spend sells in the end.

    `shares` holds by window what its spend had sold by its end, by the end of the next window, and
    so on, `laps` + 1 of them; the last is the spend itself, all of it come.
    """
    own = shares[at]
    late = sum(
        before[lap] - before[lap - 1]
        for lap in range(1, len(own))
        if (before := shares.get(at - lap * span)) is not None
    )
    return (own[0] + late) / own[-1]
