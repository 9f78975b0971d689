"""Exploration: a few pages have two slots swapped at random, so that position can be learned."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np

from .types import DecisionBatch

_OF_THE_SLOT = ("exposure", "candidates", "propensity")


def explore(decided: DecisionBatch, rng: np.random.Generator, share_bps: int) -> DecisionBatch:
    """Swap two random filled slots in that share of the requests, and log the propensities.

    With e the share and f filled slots, an item keeps its slot with 1 - 2e/f and has another with
    2e/(f(f - 1)). What was swapped costs nothing: the platform pays for its own curiosity.
    """
    share = share_bps / 10_000
    filled = (decided.item >= 0).sum(axis=1)
    able = filled >= 2
    at_home = np.where(able, 1 - 2 * share / np.maximum(filled, 1), 1.0)
    propensity = np.where(decided.item >= 0, at_home[:, None], 0).astype(np.float32)
    rows = np.nonzero(able & (rng.random(len(filled)) < share))[0]
    if not len(rows):
        return replace(decided, propensity=propensity)
    left = rng.integers(0, filled[rows])
    right = (left + rng.integers(1, filled[rows])) % filled[rows]
    columns = {}
    for column in fields(DecisionBatch):
        if column.name not in _OF_THE_SLOT:
            array = getattr(decided, column.name).copy()
            array[rows, left], array[rows, right] = array[rows, right], array[rows, left]
            columns[column.name] = array
    columns["price_micros"][rows, left] = 0
    columns["price_micros"][rows, right] = 0
    away = 2 * share / (filled[rows] * (filled[rows] - 1))
    propensity[rows, left] = away
    propensity[rows, right] = away
    return replace(decided, **columns, propensity=propensity)
