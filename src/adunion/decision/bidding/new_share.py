"""A least share of new customers: what a plan takes off its bids for people who bought before.

The most sales at a return, with at least a share x of the orders by new customers, is found by a
Lagrange multiplier: an order by someone new counts for more than one by a buyer of before. Here it
is the part of the bid that the latter loses, 0 to 1, so that no bid is ever above what the return
allows; the return counts what is sold, whoever buys it. Each tick the multiplier moves towards the
share (a dual step): by what was shown lately, as predicted and as orders have corrected it.
"""

from __future__ import annotations

import numpy as np

from .types import Floats, People

GAIN = 0.6  # of a lack of share, taken off bids a tick
STEP_MAX = 0.1
CHANCE = 0.5  # standard deviations of the share that are kept as a margin above the least
CHANCE_ORDERS = 40.0  # never more than so few orders would have
DOUBT_ORDERS = 40.0  # predictions of who buys are believed like so many orders
MAKE_GOOD_ORDERS = 40.0  # within about so many orders what fell short is made good ...
MAKE_GOOD_MAX = 0.15  # ... by asking for at most this much above the least share


def handicaps(least: Floats, now: Floats, people: People) -> Floats:
    """(p,) what plans take off their bids for buyers of before, given what they took until now."""
    aim = np.minimum(least + margin(least, people.orders) + _owed(least, people), 1.0)
    step = np.clip(GAIN * (aim - share(people)), -STEP_MAX, STEP_MAX)
    known = (least > 0) & (people.lately > 0)
    return np.where(least > 0, np.clip(now + np.where(known, step, 0), 0, 1), 0.0)


def share(people: People) -> Floats:
    """(p,) of the orders that what was shown lately will bring, those by new customers."""
    predicted = people.lately_new / np.maximum(people.lately, 1e-12)
    whole = people.expected_new / np.maximum(people.expected, 1e-12)
    beyond = (people.new - whole * people.orders) / (people.orders + DOUBT_ORDERS)
    return np.clip(predicted + beyond, 0, 1)


def margin(least: Floats, orders: Floats) -> Floats:
    """(p,) above the least share, for the chance in who happens to buy."""
    deviation = np.sqrt(least * (1 - least) / (orders + CHANCE_ORDERS))
    found: Floats = CHANCE * deviation
    return found


def _owed(least: Floats, people: People) -> Floats:
    """(p,) what the days to come must be above the least share for those past to be made good."""
    lack = np.maximum(least * people.orders - people.new, 0)
    return np.minimum(lack / MAKE_GOOD_ORDERS, MAKE_GOOD_MAX)
