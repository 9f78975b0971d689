"""Chance without state: every draw is a pure function of what it is about.

Two arms of an experiment that ask about the same request and item get the same draw, whatever else
happened before (common random numbers), so their difference has far less noise than either.
The mixer is splitmix64's finaliser (Steele, Lea and Flood, OOPSLA 2014).
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from .world.types import U64

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_SHIFT_30, _SHIFT_27, _SHIFT_31, _SHIFT_11 = (np.uint64(bits) for bits in (30, 27, 31, 11))
_TO_UNIT = 2.0**-53


@njit(cache=True)
def mix(number: np.uint64) -> np.uint64:
    """A bijection of 64 bits in which every bit hangs on every other."""
    number = number + _GOLDEN
    number = (number ^ (number >> _SHIFT_30)) * _MIX_1
    number = (number ^ (number >> _SHIFT_27)) * _MIX_2
    return number ^ (number >> _SHIFT_31)


@njit(cache=True)
def uniform(key: np.uint64, thing: int, draw: int) -> float:
    """A number in (0, 1) for a key, a thing (item, slot or turn) and the draw's purpose."""
    bits = mix(mix(key ^ mix(np.uint64(thing))) ^ (np.uint64(draw) * _GOLDEN))
    return (float(bits >> _SHIFT_11) + 0.5) * _TO_UNIT


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
