"""How often each slot of a placement is seen, from what was served and what was seen."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .calibration import pool_adjacent

_PRIOR_COUNT = 50.0


def estimate_exposures(
    placement: npt.NDArray[np.integer],
    slot: npt.NDArray[np.integer],
    seen: npt.NDArray[np.bool_],
    prior: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    """P(seen) of each slot, (placements, slots), falling along a placement.

    One row of the first three for every served slot; `prior` (placements, slots) is worth 50 of
    them, and 0 where a placement has no such slot.
    """
    code = placement.astype(np.int64) * prior.shape[1] + slot
    served = np.bincount(code, minlength=prior.size).reshape(prior.shape)
    hits = np.bincount(code, seen, prior.size).reshape(prior.shape)
    rate = (hits + _PRIOR_COUNT * prior) / (served + _PRIOR_COUNT)
    falling = [
        -pool_adjacent(-row, count) for row, count in zip(rate, served + _PRIOR_COUNT, strict=True)
    ]
    return np.where(prior > 0, np.clip(falling, 0.0, 1.0), 0.0)
