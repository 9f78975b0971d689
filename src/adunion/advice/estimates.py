"""Rates of items of which little is known: shrunk to their category's, at their price."""

from __future__ import annotations

from typing import Any

import numpy as np

from .types import Floats, Ints

VIEWS_PRIOR, CLICKS_PRIOR = 400.0, 60.0
"""Views and clicks that an item's category weighs for it."""
_STEPS = 12
_SLOPE_MAX = 2.0


def price_slope(hits: Any, expected: Any, level: Floats) -> float:
    """How fast a rate falls with the price: b of rate ~ exp(a - b * level), Poisson likelihood.

    `level` is log(price / the category's median); 0 where nothing tells, at most 2.
    """
    hits, expected = np.asarray(hits, float), np.asarray(expected, float)
    if hits.sum() < 1:
        return 0.0
    slope = 0.0
    for _ in range(_STEPS):
        weight = expected * np.exp(-slope * level)
        weight *= hits.sum() / max(weight.sum(), 1e-12)
        mean = (weight * level).sum() / weight.sum()
        spread = (weight * (level - mean) ** 2).sum() + 4.0  # 4: a normal prior of sd 1/2
        slope += ((weight - hits) * level).sum() / spread - 4.0 * slope / spread
        slope = float(np.clip(slope, -_SLOPE_MAX, _SLOPE_MAX))
    return slope


def price_level(price_minor: Ints, category: Ints) -> Floats:
    """(n,) log of each price over its category's median."""
    log = np.log(np.maximum(price_minor, 1))
    median = np.zeros(int(category.max(initial=0)) + 1)
    for each in np.unique(category).tolist():
        median[each] = np.median(log[category == each])
    return np.asarray(log - median[category])


def shrunk(hits: Any, of: Any, category: Ints, prior: float, level: Floats | None = None) -> Floats:
    """(n,) hits / of, shrunk to the category's at that price with `prior` of weight."""
    hits, of = np.asarray(hits, float), np.asarray(of, float)
    whole = hits.sum() / max(of.sum(), 1.0)
    count = int(category.max(initial=0)) + 1
    mean = (np.bincount(category, hits, count) + prior * whole) / (
        np.bincount(category, of, count) + prior
    )
    expected = mean[category]
    if level is not None:
        tilt = np.exp(-price_slope(hits, of * expected, level) * level)
        usual = np.bincount(category, of * tilt, count) / np.maximum(
            np.bincount(category, of, count), 1e-12
        )
        expected = expected * tilt / np.where(usual > 0, usual, 1.0)[category]
    return np.asarray((hits + prior * expected) / (of + prior))
