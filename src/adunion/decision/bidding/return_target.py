"""The return target: what is known of each plan's sales, weighed by how much it is worth knowing.

Each tick asks for the largest multiplier at which the return of the past and of the traffic ahead
together still meets the target, and whose spend the budget lasts for. What makes it hold:

- Sales over predictions are estimated by empirical Bayes: the level of all plans together, which
  follows shocks within hours (`drift`), times the plan's own ratio, drawn to the others' by how
  little plans differ beyond the chance of their orders (DerSimonian and Laird 1986).
- The past counts by that estimate, so that luck is not chased; only bad luck beyond `LUCK` is.
- The margin over the target is as wide as what is not known, and falls as orders come in.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .curves import affordable, approach, at_alpha, largest, per_request
from .types import Floats, Landscape, Outlook, Results, bidder

SPREAD = 1.6  # of orders' values while few are known: mean square over squared mean
SPREAD_ORDERS = 10.0
DIFFER_SD = 0.08  # how far plans' ratios are apart, before they tell
DIFFER_PLANS = 4.0  # ... and how many plans' word that is worth
CENTRE_TRUST = 100.0  # in 1, the ratio of all: its standard deviation is 0.1
RATIO = (0.1, 10.0)
LUCK = 0.95  # of the target: the past is held to it whatever the estimate says
LUCK_CHANCE = 0.5  # ... less this many standard deviations of its orders' chance
LUCK_LEAST = 0.3
DAY_LEAST = 0.97  # of the target from now on, however well the past went: days are guaranteed
MARGIN = 0.015
MARGIN_ONE_ORDER = 0.35  # by 1 / sqrt(orders)
MARGIN_MAX = 0.025
STEP_MAX = 2.0  # a multiplier moves at most by this factor in a tick
DAMPING = 0.5  # and only this part of the way: rivals move at the same time


@bidder.register("return_target")
def return_target(landscape: Landscape, results: Results, outlook: Outlook) -> Floats:
    """The largest multiplier that meets target and budget, approached smoothly."""
    spend, moved, orders = per_request(landscape)
    ahead = outlook.traffic_to_horizon[:, None]
    sales = _sales(landscape, results)
    likely = results.orders + at_alpha(orders * ahead, outlook.alpha)
    goal = outlook.target_roi * (1 + _margin(likely))
    value = (sales.ratio * results.level)[:, None] * moved
    surplus = (sales.past - goal * results.spend_micros)[:, None] + (
        value - goal[:, None] * spend
    ) * ahead
    daily = largest(value - DAY_LEAST * outlook.target_roi[:, None] * spend)
    wanted = np.minimum(np.minimum(largest(surplus), daily), affordable(spend, outlook))
    known = landscape.moved.max(axis=1) > 0
    return np.where(known, approach(outlook.alpha, wanted, DAMPING, STEP_MAX), outlook.alpha)


@dataclass(frozen=True)
class Sales:
    """Of each plan, (p,)."""

    ratio: Floats  # sales per predicted sale, the common level apart
    past: Floats  # what the past has brought and will still bring, in micros


def _sales(landscape: Landscape, results: Results) -> Sales:
    likely = _or(results.likely_micros, results.expected_micros)
    matured = _or(results.likely_matured_micros, results.matured_micros)
    per_order = landscape.moved.sum(axis=1) / np.maximum(landscape.orders.sum(axis=1), 1e-12)
    orders = matured / np.maximum(per_order, 1)
    variance = _spread(results) / np.maximum(orders, 1e-9)
    ratio = _shrunk(results.gmv_micros / np.maximum(matured, 1), variance, orders, results.apart)
    pending = np.maximum(likely - matured, 0)
    realised = results.gmv_micros + ratio * pending
    luck = np.maximum(LUCK - LUCK_CHANCE * np.sqrt(variance), LUCK_LEAST)
    return Sales(ratio, np.minimum(ratio * likely, realised / luck))


def _spread(results: Results) -> Floats:
    """Mean square of the orders' values over their squared mean, with a first guess."""
    squares = _or(results.square_micros, np.zeros(len(results.orders)))
    mean = results.gmv_micros / np.maximum(results.orders, 1)
    seen = np.where(mean > 0, squares / np.maximum(mean, 1) ** 2, 0)
    spread: Floats = (seen + SPREAD * SPREAD_ORDERS) / (results.orders + SPREAD_ORDERS)
    return np.maximum(spread, 1.0)


def _shrunk(ratio: Floats, variance: Floats, orders: Floats, apart: bool) -> Floats:
    """Each plan's ratio drawn to the mean of all by what chance there is in it.

    Where they are `apart`, each is drawn to the guess alone.
    """

    def whole(column: Floats) -> Floats:
        return column if apart else column.sum(keepdims=True)

    weight = np.where(orders > 0, 1 / (variance + DIFFER_SD**2), 0)
    centre = (whole(weight * ratio) + CENTRE_TRUST) / (whole(weight) + CENTRE_TRUST)
    noise = variance * centre**2
    beyond = whole(weight**2 * ((ratio - centre) ** 2 - noise))
    first = DIFFER_PLANS / DIFFER_SD**4
    differ = (np.maximum(beyond, 0) + first * DIFFER_SD**2) / (whole(weight**2) + first)
    shrunk: Floats = centre + differ / (differ + noise) * (ratio - centre)
    return np.clip(shrunk, *RATIO)


def _margin(orders: Floats) -> Floats:
    margin: Floats = MARGIN + MARGIN_ONE_ORDER / np.sqrt(np.maximum(orders, 1))
    return np.minimum(margin, MARGIN_MAX)


def _or(column: Floats | None, otherwise: Floats) -> Floats:
    return otherwise if column is None else column
