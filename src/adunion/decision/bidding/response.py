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


SIZES = np.geomspace(1 / 16, 16.0, 17)
"""Values over the tick's mean; of a large one a bid may be another share than of a small one."""

LOG_SIZE = math.log(2.0) / 2  # from one to the next


@njit(cache=True, nogil=True)
def responses(values: Floats, costs: Floats, target: float) -> Floats:
    """Value and cost, if seen, of the rows that each ratio would win; (sizes, 2, slots, STEPS).

    A row of value v bids ratio * target * v and gets the best slot whose least winning cost,
    (n, slots) and falling, that reaches; it pays just that. Rows stand by the nearest of `SIZES`.
    """
    slots = costs.shape[1]
    found = np.zeros((len(SIZES), 2, slots, STEPS))
    mean = max(values.mean(), 1e-300)
    for row in range(len(values)):
        value = values[row]
        if value <= 0:
            continue
        size = math.floor(math.log(value / mean) / LOG_SIZE + 0.5) + len(SIZES) // 2
        size = min(max(size, 0), len(SIZES) - 1)
        for slot in range(slots - 1, -1, -1):
            cost = costs[row, slot]
            ratio = cost / (target * value)
            if not ratio <= RATIO_MAX:
                break
            at = 0
            if ratio > RATIO_MIN:
                at = min(math.ceil(math.log(ratio / RATIO_MIN) / LOG_STEP - 1e-9), STEPS - 1)
            found[size, 0, slot, at] += value
            found[size, 1, slot, at] += cost
            if slot + 1 < slots:
                found[size, 0, slot + 1, at] -= value
                found[size, 1, slot + 1, at] -= costs[row, slot + 1]
    for step in range(1, STEPS):
        found[..., step] += found[..., step - 1]
    return found


@njit(cache=True, nogil=True)
def best_steps(curves: Floats, prices: Floats) -> tuple[Floats, npt.NDArray[np.int64]]:
    """What is most worth having at each shadow price of value, and the steps that give it.

    `curves` (2, sizes, n) are value and cost by rising bids, `prices` (a,) what a unit of value is
    worth, rising. Returns value and cost of all sizes (2, a), and the step of each (sizes, a), -1
    where no bid is best. By the Lagrangian of the choice, nothing has more value for that cost.
    """
    sizes, steps = curves.shape[1:]
    total, chosen = np.zeros((2, len(prices))), np.full((sizes, len(prices)), -1, np.int64)
    hull = np.empty(steps, np.int64)
    for size in range(sizes):
        value, cost = curves[0, size], curves[1, size]
        corners = _hull(value, cost, hull)
        corner, held_value, held_cost = 0, 0.0, 0.0
        for at in range(len(prices)):
            while corner < corners and prices[at] * (value[hull[corner]] - held_value) > (
                cost[hull[corner]] - held_cost
            ):
                held_value, held_cost = value[hull[corner]], cost[hull[corner]]
                corner += 1
            total[0, at] += held_value
            total[1, at] += held_cost
            if corner > 0:
                chosen[size, at] = hull[corner - 1]
    return total, chosen


@njit(cache=True, nogil=True)
def _hull(value: Floats, cost: Floats, hull: npt.NDArray[np.int64]) -> int:
    """Write the steps that are best at some price, from nothing at no cost on; how many."""
    count = 0
    for step in range(len(value)):
        while count > 0:
            last_value, last_cost = value[hull[count - 1]], cost[hull[count - 1]]
            before_value = value[hull[count - 2]] if count > 1 else 0.0
            before_cost = cost[hull[count - 2]] if count > 1 else 0.0
            if value[step] <= last_value:
                if cost[step] >= last_cost:
                    break
            elif (cost[step] - last_cost) * (last_value - before_value) > (
                last_cost - before_cost
            ) * (value[step] - last_value):
                break
            count -= 1
        if value[step] > (value[hull[count - 1]] if count > 0 else 0.0):
            hull[count] = step
            count += 1
    return count
