"""Whether a target can be met at all: the orders a week that a plan can have at it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .return_target import MARGIN_MAX
from .types import Floats, Landscape

ORDERS_A_WEEK = 20.0
"""Fewer, and a plan never leaves the learning stage: its target is out of reach."""


def orders_at(landscape: Landscape, value: Floats, week: float) -> Floats:
    """The most orders a week whose return is at least the target, (p,).

    `value` (p,) is what a unit of predicted value counts for against the spend: sales per
    prediction over the target ROI. `week` is the requests of a week.
    """
    meets = (landscape.moved * value[:, None] >= landscape.spend) & (landscape.moved > 0)
    best = np.where(meets, landscape.orders, 0).max(axis=1, initial=0)
    found: Floats = best / np.maximum(landscape.traffic, 1) * week
    return found


def out_of_reach(landscape: Landscape, value: Floats, week: float) -> npt.NDArray[np.bool_]:
    """Plans of which enough was seen to say that their target cannot be met, (p,).

    With the margin that is kept where orders are few: without it no bidder goes there.
    """
    seen = landscape.traffic >= week / 168
    return seen & (orders_at(landscape, value / (1 + MARGIN_MAX), week) < ORDERS_A_WEEK)
