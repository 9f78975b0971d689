"""A receding horizon over the response curve: spend as much as the promised return allows.

Each tick asks of every plan: with what is already spent and sold, and the forecast traffic, what is
the largest multiplier whose total return still meets the target, and whose spend the budget lasts
for? Only the first tick of that plan is carried out; the next one asks again with what happened.
"""

from __future__ import annotations

import numpy as np

from .types import ALPHA_MAX, ALPHA_MIN, GRID, Floats, Landscape, Outlook, Results, bidder

FINE = np.geomspace(ALPHA_MIN, ALPHA_MAX, 121)
TRUST_ORDERS = 20.0  # predictions count like this many orders when judged by sales
SALES_RATIO = (0.4, 10.0)  # how far sales may correct predictions: orders of many pieces, too
MARGIN_ONE_ORDER = 0.4  # margin over the target with n orders is this / sqrt(n) ...
MARGIN = (0.01, 0.08)  # ... within these
STEP_MAX = 1.6  # a multiplier moves at most by this factor in a tick
DAMPING = 0.5  # and only this part of the way: rivals move at the same time


@bidder.register("receding")
def receding(landscape: Landscape, results: Results, outlook: Outlook) -> Floats:
    """The largest multiplier that meets target and budget, approached smoothly."""
    rate = 1 / np.maximum(landscape.traffic, 1)[:, None]
    spend, moved = _fine(landscape.spend) * rate, _fine(landscape.moved) * rate
    orders = _fine(landscape.orders) * rate
    ahead = outlook.traffic_to_horizon[:, None]
    ratio = _sales_ratio(landscape, results)
    pending = np.maximum(results.expected_micros - results.matured_micros, 0)
    sold = results.gmv_micros + ratio * pending
    goal = outlook.target_roi * (1 + _margin(results, orders * ahead, outlook.alpha))
    surplus = (sold - goal * results.spend_micros)[:, None] + (
        ratio[:, None] * moved - goal[:, None] * spend
    ) * ahead
    wanted = np.minimum(_largest(surplus), _affordable(spend, outlook))
    known = landscape.moved.max(axis=1) > 0
    return np.where(known, _approach(outlook.alpha, wanted), outlook.alpha)


def _fine(curve: Floats) -> Floats:
    """Curves on `GRID`, (p, 20), to `FINE`, (p, 121), straight between the points."""
    at = np.interp(FINE, GRID, np.arange(len(GRID)))
    left = np.minimum(at.astype(np.int64), len(GRID) - 2)
    share = at - left
    between: Floats = curve[:, left] * (1 - share) + curve[:, left + 1] * share
    return between


def _sales_ratio(landscape: Landscape, results: Results) -> Floats:
    """Sales per predicted sale, shrunk to 1 while there are few: the winner's curse, mostly."""
    per_order = landscape.moved.sum(axis=1) / np.maximum(landscape.orders.sum(axis=1), 1e-12)
    trust = np.maximum(TRUST_ORDERS * per_order, 1)
    ratio = (results.gmv_micros + trust) / (results.matured_micros + trust)
    clipped: Floats = np.clip(ratio, *SALES_RATIO)
    return clipped


def _margin(results: Results, orders_ahead: Floats, alpha: Floats) -> Floats:
    now = np.clip(np.searchsorted(FINE, alpha), 0, len(FINE) - 1)
    orders = results.orders + orders_ahead[np.arange(len(alpha)), now]
    margin: Floats = np.clip(MARGIN_ONE_ORDER / np.sqrt(np.maximum(orders, 1)), *MARGIN)
    return margin


def _largest(surplus: Floats) -> Floats:
    """The largest multiplier with a surplus; where there is none, the one that loses least."""
    meets = surplus >= 0
    last = surplus.shape[1] - 1 - np.argmax(meets[:, ::-1], axis=1)
    least_bad = np.argmax(surplus, axis=1)
    chosen: Floats = FINE[np.where(meets.any(axis=1), last, least_bad)]
    return chosen


def _affordable(spend: Floats, outlook: Outlook) -> Floats:
    """The largest multiplier that the budget lasts for to the end; any where there is no end."""
    endless = ~np.isfinite(outlook.traffic_to_end)
    ahead = np.where(endless, 0, outlook.traffic_to_end)[:, None]
    fits = spend * ahead <= outlook.budget_left_micros[:, None]
    last = np.maximum(fits.cumprod(axis=1).sum(axis=1) - 1, 0)
    chosen: Floats = FINE[last]
    return chosen


def _approach(alpha: Floats, wanted: Floats) -> Floats:
    before = np.clip(alpha, ALPHA_MIN, ALPHA_MAX)
    step = np.clip(np.log(wanted / before) * DAMPING, -np.log(STEP_MAX), np.log(STEP_MAX))
    after: Floats = np.clip(before * np.exp(step), ALPHA_MIN, ALPHA_MAX)
    return after
