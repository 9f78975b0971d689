"""What bids would have won: sums over observed opportunities, by slot and bid ratio."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from numba import njit

from .types import Floats

STEPS = 200
RATIO_MIN, RATIO_MAX = 1e-3, 20.0
RATIOS = np.geomspace(RATIO_MIN, RATIO_MAX, STEPS)
"""Bids tried, over what a value is worth at the target."""

LOG_STEP = math.log(RATIO_MAX / RATIO_MIN) / (STEPS - 1)


@njit(cache=True, nogil=True)
def responses(values: Floats, costs: Floats, target: float) -> Floats:
    """Value and cost, if seen, of the rows that each ratio would win; (2, slots, STEPS).

    A row of value v bids ratio * target * v and gets the best slot whose least winning cost,
    (n, slots) and falling, that reaches; it pays just that.
    """
    slots = costs.shape[1]
    found = np.zeros((2, slots, STEPS))
    for row in range(len(values)):
        value = values[row]
        if value <= 0:
            continue
        for slot in range(slots - 1, -1, -1):
            cost = costs[row, slot]
            ratio = cost / (target * value)
            if not ratio <= RATIO_MAX:
                break
            at = 0
            if ratio > RATIO_MIN:
                at = min(math.ceil(math.log(ratio / RATIO_MIN) / LOG_STEP - 1e-9), STEPS - 1)
            found[0, slot, at] += value
            found[1, slot, at] += cost
            if slot + 1 < slots:
                found[0, slot + 1, at] -= value
                found[1, slot + 1, at] -= costs[row, slot + 1]
    for step in range(1, STEPS):
        found[:, :, step] += found[:, :, step - 1]
    return found


@njit(cache=True, nogil=True)
def best_steps(curves: Floats, prices: Floats) -> tuple[Floats, npt.NDArray[np.int64]]:
    """The most worth having at each shadow price of value: sums, and the steps that give it.

    `curves` (2, ticks, STEPS) are value and cost in the same unit, `prices` (a,) what a unit of
    value is worth. Returns value and cost of all ticks (2, a), and the first tick's step (a,), -1
    where no bid is best. By the Lagrangian of the choice, no plan has more value for that cost.
    """
    ticks, steps = curves.shape[1:]
    total, chosen = np.zeros((2, len(prices))), np.full(len(prices), -1, np.int64)
    for tick in range(ticks):
        value, cost = curves[0, tick], curves[1, tick]
        for at in range(len(prices)):
            best, step = 0.0, -1
            for one in range(steps):
                worth = prices[at] * value[one] - cost[one]
                if worth > best:
                    best, step = worth, one
            if step >= 0:
                total[0, at] += value[step]
                total[1, at] += cost[step]
            if tick == 0:
                chosen[at] = step
    return total, chosen
