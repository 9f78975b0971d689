"""A receding horizon over the response curve: spend as much as the promised return allows.

Each tick asks of every plan: with what is already spent and sold, and the forecast traffic, what is
the largest multiplier whose total return still meets the target, and whose spend the budget lasts
for? Only the first tick of that plan is carried out; the next one asks again with what happened.
"""

from __future__ import annotations

import numpy as np

from .curves import affordable, approach, at_alpha, largest, per_request
from .types import Floats, Landscape, Outlook, Results, bidder

TRUST_ORDERS = 20.0  # predictions count like this many orders when judged by sales
SALES_RATIO = (0.4, 10.0)  # how far sales may correct predictions: orders of many pieces, too
MARGIN_ONE_ORDER = 0.4  # margin over the target with n orders is this / sqrt(n) ...
MARGIN = (0.01, 0.08)  # ... within these
STEP_MAX = 1.6  # a multiplier moves at most by this factor in a tick
DAMPING = 0.5  # and only this part of the way: rivals move at the same time


@bidder.register("receding")
def receding(landscape: Landscape, results: Results, outlook: Outlook) -> Floats:
    """The largest multiplier that meets target and budget, approached smoothly."""
    spend, moved, orders = per_request(landscape)
    ahead = outlook.traffic_to_horizon[:, None]
    ratio = _sales_ratio(landscape, results)
    pending = np.maximum(results.expected_micros - results.matured_micros, 0)
    sold = results.gmv_micros + ratio * pending
    goal = outlook.target_roi * (1 + _margin(results, orders * ahead, outlook.alpha))
    surplus = (sold - goal * results.spend_micros)[:, None] + (
        ratio[:, None] * moved - goal[:, None] * spend
    ) * ahead
    wanted = np.minimum(largest(surplus), affordable(spend, outlook))
    known = landscape.moved.max(axis=1) > 0
    return np.where(known, approach(outlook.alpha, wanted, DAMPING, STEP_MAX), outlook.alpha)


def _sales_ratio(landscape: Landscape, results: Results) -> Floats:
    """Sales per predicted sale, shrunk to 1 while there are few: the winner's curse, mostly."""
    per_order = landscape.moved.sum(axis=1) / np.maximum(landscape.orders.sum(axis=1), 1e-12)
    trust = np.maximum(TRUST_ORDERS * per_order, 1)
    ratio = (results.gmv_micros + trust) / (results.matured_micros + trust)
    clipped: Floats = np.clip(ratio, *SALES_RATIO)
    return clipped


def _margin(results: Results, orders_ahead: Floats, alpha: Floats) -> Floats:
    orders = results.orders + at_alpha(orders_ahead, alpha)
    margin: Floats = np.clip(MARGIN_ONE_ORDER / np.sqrt(np.maximum(orders, 1)), *MARGIN)
    return margin
