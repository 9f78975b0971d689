"""Response curves over multipliers: finer, and the largest multiplier that meets a condition."""

from __future__ import annotations

import numpy as np

from .types import ALPHA_MAX, ALPHA_MIN, GRID, Floats, Landscape, Outlook

FINE = np.geomspace(ALPHA_MIN, ALPHA_MAX, 121)
"""The multipliers that a plan is solved for."""


def fine(curve: Floats) -> Floats:
    """Curves on `GRID`, (p, 20), to `FINE`, (p, 121), straight between the points."""
    at = np.interp(FINE, GRID, np.arange(len(GRID)))
    left = np.minimum(at.astype(np.int64), len(GRID) - 2)
    share = at - left
    between: Floats = curve[:, left] * (1 - share) + curve[:, left + 1] * share
    return between


def per_request(landscape: Landscape) -> tuple[Floats, Floats, Floats]:
    """Spend, value and orders of a request of the market, on `FINE`; (p, 121) each."""
    rate = 1 / np.maximum(landscape.traffic, 1)[:, None]
    return (
        fine(landscape.spend) * rate,
        fine(landscape.moved) * rate,
        fine(landscape.orders) * rate,
    )


def at_alpha(curve: Floats, alpha: Floats) -> Floats:
    """Each plan's curve on `FINE` at its multiplier, (p,)."""
    row = np.clip(np.searchsorted(FINE, alpha), 0, len(FINE) - 1)
    found: Floats = curve[np.arange(len(alpha)), row]
    return found


def largest(surplus: Floats) -> Floats:
    """The largest multiplier with a surplus, (p, 121) -> (p,), between two steps where it ends.

    Where there is none, the one that loses least.
    """
    meets = surplus >= 0
    rows, steps = np.arange(len(surplus)), surplus.shape[1]
    last = steps - 1 - np.argmax(meets[:, ::-1], axis=1)
    after = np.minimum(last + 1, steps - 1)
    here, there = surplus[rows, last], surplus[rows, after]
    part = np.where(here > there, here / np.maximum(here - there, 1e-9), 0)
    crossing = np.log(FINE[last]) + np.clip(part, 0, 1) * np.log(FINE[after] / FINE[last])
    least_bad = FINE[np.argmax(surplus, axis=1)]
    found: Floats = np.where(meets.any(axis=1), np.exp(crossing), least_bad)
    return found


def affordable(spend: Floats, outlook: Outlook) -> Floats:
    """The largest multiplier that the budget lasts for to the end; any where there is no end.

    `spend` is by request of the market, (p, 121).
    """
    endless = ~np.isfinite(outlook.traffic_to_end)
    ahead = np.where(endless, 0, outlook.traffic_to_end)[:, None]
    return largest(outlook.budget_left_micros[:, None] - spend * ahead)


def approach(alpha: Floats, wanted: Floats, damping: float, step_max: float) -> Floats:
    """Part of the way to `wanted` in logarithms, by at most a factor of `step_max`."""
    before = np.clip(alpha, ALPHA_MIN, ALPHA_MAX)
    step = np.clip(np.log(wanted / before) * damping, -np.log(step_max), np.log(step_max))
    after: Floats = np.clip(before * np.exp(step), ALPHA_MIN, ALPHA_MAX)
    return after
