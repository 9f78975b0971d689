"""Calibration: predicted log-odds to true ones, by isotonic regression over all placements.

Pool-adjacent-violators (Ayer et al. 1955) on quantile bins gives the rising curve; it is read by
interpolation on an even grid of log-odds, which a kernel does in two loads and no search.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

GRID_MIN, GRID_MAX, GRID_SIZE = -9.0, 3.0, 97
GRID = np.linspace(GRID_MIN, GRID_MAX, GRID_SIZE)
_BINS = 60
_ROWS_PER_BIN_MIN = 200
_HITS_PER_BLOCK_MIN = 15.0
_STEP_MIN = 1e-3  # of log-odds a grid step: keeps the order of what one block pools


def pool_adjacent(
    values: npt.NDArray[np.float64], weights: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """The rising sequence nearest to `values` in weighted squares, same shape."""
    means: list[float] = []
    masses: list[float] = []
    sizes: list[int] = []
    for value, weight in zip(values.tolist(), weights.tolist(), strict=True):
        means.append(value)
        masses.append(weight)
        sizes.append(1)
        while len(means) > 1 and means[-2] >= means[-1]:
            mass = masses[-2] + masses[-1]
            mean = (means[-2] * masses[-2] + means[-1] * masses[-1]) / mass if mass else means[-1]
            means[-2:], masses[-2:], sizes[-2:] = [mean], [mass], [sizes[-2] + sizes[-1]]
    return np.repeat(means, sizes)


def fit(
    logits: npt.NDArray[np.floating],
    outcomes: npt.NDArray[np.floating],
    weights: npt.NDArray[np.floating],
) -> npt.NDArray[np.float32]:
    """The curve on `GRID`: calibrated log-odds at each, rising; the identity without evidence."""
    bins = min(_BINS, len(logits) // _ROWS_PER_BIN_MIN)
    if bins < 2 or float((outcomes * weights).sum()) < 2 * _HITS_PER_BLOCK_MIN:
        return _shifted(logits, outcomes, weights)
    order = np.argsort(logits, kind="stable")
    edges = np.linspace(0, len(order), bins + 1).astype(np.int64)[:-1]
    mass = np.add.reduceat(weights[order].astype(np.float64), edges)
    hits = np.add.reduceat((weights * outcomes)[order].astype(np.float64), edges)
    centre = np.add.reduceat((weights * logits)[order].astype(np.float64), edges)
    rate = pool_adjacent(hits / mass, mass)
    block = np.cumsum(np.concatenate(([0], np.diff(rate) > 0)))
    mass, hits, centre = (np.bincount(block, c).astype(float) for c in (mass, hits, centre))
    centre /= mass
    level = (hits + 0.5) / (mass + 1.0)
    return _curve(centre, np.log(level / (1 - level)))


def _shifted(
    logits: npt.NDArray[np.floating],
    outcomes: npt.NDArray[np.floating],
    weights: npt.NDArray[np.floating],
) -> npt.NDArray[np.float32]:
    """Too little evidence for a shape: move the whole curve by the ratio of totals, shrunk."""
    expected = float((weights / (1 + np.exp(-logits.astype(np.float64)))).sum())
    hits = float((weights * outcomes).sum())
    shift = np.log((hits + _HITS_PER_BLOCK_MIN) / (expected + _HITS_PER_BLOCK_MIN))
    return np.asarray(GRID + shift, np.float32)


def _curve(
    centre: npt.NDArray[np.float64], level: npt.NDArray[np.float64]
) -> npt.NDArray[np.float32]:
    """Join the blocks' points, go on with slope 1 outside them, and keep it strictly rising."""
    inside = np.interp(GRID, centre, level)
    below = level[0] + np.minimum(GRID - centre[0], 0.0)
    above = level[-1] + np.maximum(GRID - centre[-1], 0.0)
    joined = np.where(centre[0] > GRID, below, np.where(centre[-1] < GRID, above, inside))
    ramp = np.arange(GRID_SIZE) * _STEP_MIN
    return np.asarray(np.maximum.accumulate(joined - ramp) + ramp, np.float32)
