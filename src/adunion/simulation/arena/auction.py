"""One tick of the arena's auctions: generalised second price, three slots, pay when exposed."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from numba import njit

from ..chance import mix
from .types import Floats, Ints, Singles

TOP = 4  # bids recorded a row: with anyone of them away, three rivals are left
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_AGENT = np.uint64(0x9E3779B97F4A7C15)
_TO_UNIT = 2.0**-32
_CATEGORY = 501  # draws of a row: advertisers from 1, their doubt from 101, categories, slots


@njit(cache=True, nogil=True)
def _bits(key: np.uint64, thing: int) -> np.uint64:
    return mix(key ^ (np.uint64(thing) * _AGENT))


@njit(cache=True, nogil=True)
def _normal(key: np.uint64, thing: int) -> float:
    """A standard normal number from one mixing (Box and Muller 1958)."""
    bits = _bits(key, thing)
    radius = math.sqrt(-2.0 * math.log((float(bits & _LOW) + 0.5) * _TO_UNIT))
    return radius * math.cos(2.0 * math.pi * float(bits >> _HALF) * _TO_UNIT)


@njit(cache=True, nogil=True)
def value_of(
    key: np.uint64, agent: int, category: int, mean: float, std: float, common: float
) -> float:
    """An advertiser's value of a row: normal, 0 where that is below; `common` to its category."""
    draw = math.sqrt(1 - common * common) * _normal(key, agent + 1)
    if common > 0:
        draw += common * _normal(key, _CATEGORY + category)
    return min(max(mean + std * draw, 0.0), 1.0)


@njit(cache=True, nogil=True)
def own_values(
    keys: npt.NDArray[np.uint64],
    agent: int,
    category: int,
    mean: float,
    std: float,
    common: float,
    sigma: float,
) -> tuple[Floats, Floats]:
    """An advertiser's values of a tick's rows (n,), and their standard deviations."""
    values, stds = np.empty(len(keys)), np.empty(len(keys))
    for row in range(len(keys)):
        values[row] = value_of(keys[row], agent, category, mean, std, common)
        stds[row] = values[row] * min(abs(sigma * (1 + _normal(keys[row], agent + 101) / 2)), 0.3)
    return values, stds


@njit(cache=True, nogil=True)
def auction(
    keys: npt.NDArray[np.uint64],
    category: Ints,
    mean: Floats,
    std: Floats,
    common: float,
    alpha: Floats,
    agent: int,
    agent_bids: Floats,
    exposures: Floats,
    reserve: float,
    remaining: Floats,
    spent: Floats,
    gained: Floats,
    top: Singles,
    owner: npt.NDArray[np.int8],
    seen: npt.NDArray[np.int8],
) -> None:
    """Auction rows (n,) in order; `agent` bids `agent_bids`, the others alpha times value.

    Adds to `spent` and expected `gained` (advertisers,), takes from `remaining`; writes the four
    highest bids and their owners (n, 4), and as bits which slots were exposed (1, 2, 4) and where a
    conversion followed (8, 16, 32). Nobody bids what it does not have.
    """
    slots = len(exposures)
    bid, who, worth = np.empty(TOP), np.empty(TOP, np.int64), np.empty(TOP)
    for row in range(len(keys)):
        bid[:] = 0.0
        who[:] = -1
        for one in range(len(category)):
            if remaining[one] < reserve or (one != agent and alpha[one] <= 0):
                continue
            value = value_of(keys[row], one, category[one], mean[one], std[one], common)
            offer = agent_bids[row] if one == agent else alpha[one] * value
            if offer <= bid[TOP - 1] or offer < reserve or offer > remaining[one]:
                continue
            place = TOP - 1
            while place > 0 and offer > bid[place - 1]:
                bid[place], who[place] = bid[place - 1], who[place - 1]
                worth[place] = worth[place - 1]
                place -= 1
            bid[place], who[place], worth[place] = offer, one, value
        happened = 0
        for slot in range(slots):
            top[row, slot], owner[row, slot] = bid[slot], who[slot]
            if who[slot] < 0:
                continue
            bits = _bits(keys[row], slot + 1001)
            if float(bits & _LOW) * _TO_UNIT >= exposures[slot]:
                continue
            happened |= 1 << slot
            price = max(bid[slot + 1], reserve)
            remaining[who[slot]] -= price
            spent[who[slot]] += price
            gained[who[slot]] += worth[slot]
            if float(bits >> _HALF) * _TO_UNIT < worth[slot]:
                happened |= 8 << slot
        top[row, slots], owner[row, slots] = bid[slots], who[slots]
        seen[row] = happened
