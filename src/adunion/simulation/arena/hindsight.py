"""The best that could have been done of a day, its rivals as they were."""

from __future__ import annotations

import numpy as np
from numba import njit

from .types import EXPOSURES, Floats, Landscape

STEPS = np.geomspace(0.1, 10.0, 241)  # multipliers tried, over the target


@njit(cache=True, nogil=True)
def _choosing(values: Floats, costs: Floats, exposures: Floats, alpha: Floats) -> Floats:
    """Value and cost at each alpha (2, a) if each row takes the slot worth most at that alpha."""
    found = np.zeros((2, len(alpha)))
    for row in range(len(values)):
        for step in range(len(alpha)):
            best, chosen = 0.0, -1
            for slot in range(costs.shape[1]):
                worth = exposures[slot] * (alpha[step] * values[row] - costs[row, slot])
                if worth > best:
                    best, chosen = worth, slot
            if chosen >= 0:
                found[0, step] += exposures[chosen] * values[row]
                found[1, step] += exposures[chosen] * costs[row, chosen]
    return found


@njit(cache=True, nogil=True)
def _bidding(
    values: Floats, costs: Floats, exposures: Floats, alpha: Floats, budget: float
) -> Floats:
    """Value and cost (2, a) of bidding alpha times value until the budget is gone."""
    found = np.zeros((2, len(alpha)))
    for step in range(len(alpha)):
        value, cost = 0.0, 0.0
        for row in range(len(values)):
            bid = alpha[step] * values[row]
            for slot in range(costs.shape[1]):
                if bid >= costs[row, slot]:
                    value += exposures[slot] * values[row]
                    cost += exposures[slot] * costs[row, slot]
                    break
            if cost >= budget:
                break
        found[0, step], found[1, step] = value, cost
    return found


def oracle(land: Landscape, budget: float, target: float) -> float:
    """The highest score of any choice of slots: linear relaxation, by its two multipliers.

    For a budget and a cost per conversion, the Lagrangian of the choice is one shadow price of
    value; the score falls with cost at equal value, so the best lies on that frontier.
    """
    value, cost = _choosing(land.values, land.costs, EXPOSURES, STEPS * target)
    return _best(value, cost, budget, target, between=True)


def single(land: Landscape, budget: float, target: float, least: float = 0.0) -> float:
    """The highest score of one multiplier all day whose attainment is at `least` that."""
    value, cost = _bidding(land.values, land.costs, EXPOSURES, STEPS * target, budget)
    held = target * value >= least * cost
    return _best(value * held, cost * held, budget * 1.01, target, between=False)


def _best(value: Floats, cost: Floats, budget: float, target: float, between: bool) -> float:
    if between:  # rows on the edge may be taken in part
        at = np.linspace(0, len(value) - 1, 20 * len(value))
        value, cost = (np.interp(at, np.arange(len(value)), of) for of in (value, cost))
    attained = target * value / np.maximum(cost, 1e-12)
    score = np.where(cost <= budget, value * np.minimum(1, attained) ** 2, 0.0)
    return float(score.max(initial=0.0))
