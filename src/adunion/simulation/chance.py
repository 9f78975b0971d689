"""The draws of simulated people, from `kernel.chance`: equal in every arm that is compared.

Two arms of an experiment that ask about the same request and item get the same draw, whatever else
happened before (common random numbers), so their difference has far less noise than either.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from adunion.kernel.chance import mix as mix
from adunion.kernel.chance import uniform as uniform

from .world.types import U64


@njit(cache=True)
def normal(key: np.uint64, thing: int, draw: int) -> float:
    """A standard normal number (Box and Muller 1958); takes the purposes `draw` and `draw + 1`."""
    radius = math.sqrt(-2.0 * math.log(uniform(key, thing, draw)))
    return radius * math.cos(2.0 * math.pi * uniform(key, thing, draw + 1))


@njit(cache=True)
def keys(seed: int, start: int, count: int) -> U64:
    """Distinct keys for `count` things numbered within (seed, start)."""
    base = mix(mix(np.uint64(seed)) ^ np.uint64(start))
    out = np.empty(count, np.uint64)
    for row in range(count):
        out[row] = mix(base + np.uint64(row))
    return out
