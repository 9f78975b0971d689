"""Chance without state: every draw is a pure function of what it is about.

Two arms of an experiment, or a decision and its replay, that ask about the same thing get the same
draw, whatever else happened before (common random numbers). The mixer is splitmix64's finaliser
(Steele, Lea and Flood, OOPSLA 2014).
"""

from __future__ import annotations

import numpy as np
from numba import njit

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_SHIFT_30, _SHIFT_27, _SHIFT_31, _SHIFT_11 = (np.uint64(bits) for bits in (30, 27, 31, 11))
_TO_UNIT = 2.0**-53


@njit(cache=True, nogil=True)
def mix(number: np.uint64) -> np.uint64:
    """A bijection of 64 bits in which every bit hangs on every other."""
    number = number + GOLDEN
    number = (number ^ (number >> _SHIFT_30)) * _MIX_1
    number = (number ^ (number >> _SHIFT_27)) * _MIX_2
    return number ^ (number >> _SHIFT_31)


@njit(cache=True, nogil=True)
def uniform(key: np.uint64, thing: int, draw: int) -> float:
    """A number in (0, 1) for a key, a thing (item, slot or turn) and the draw's purpose."""
    bits = mix(mix(key ^ mix(np.uint64(thing))) ^ (np.uint64(draw) * GOLDEN))
    return (float(bits >> _SHIFT_11) + 0.5) * _TO_UNIT
