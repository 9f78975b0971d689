"""One tick of the arena's auctions: generalised second price, three slots, pay when exposed."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from ..chance import mix
from .types import Floats, Ints, Singles

NOISE = 0.8  # own part of a value, either way: what tells advertisers of a category apart
TOP = 4  # bids recorded a row: with anyone of them away, three rivals are left
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_AGENT = np.uint64(0x9E3779B97F4A7C15)
_TO_UNIT = 2.0**-32


@njit(cache=True, nogil=True)
def value_of(base: float, key: np.uint64, agent: int) -> float:
    """The advertiser's own value of a row: its category's, 10 % either way and a little more."""
    bits = mix(key ^ (np.uint64(agent + 1) * _AGENT))
    scale = 1 - NOISE + 2 * NOISE * float(bits & _LOW) * _TO_UNIT
    return base * scale + 2e-5 * float(bits >> _HALF) * _TO_UNIT


@njit(cache=True, nogil=True)
def own_values(
    base: Singles, keys: npt.NDArray[np.uint64], agent: int, sigma: float
) -> tuple[Floats, Floats]:
    """An advertiser's values of rows (n,) of its category, and their standard deviations."""
    values, stds = np.empty(len(base)), np.empty(len(base))
    for row in range(len(base)):
        values[row] = value_of(base[row], keys[row], agent)
        bits = mix(keys[row] ^ (np.uint64(agent + 101) * _AGENT))
        stds[row] = values[row] * sigma * (0.5 + float(bits & _LOW) * _TO_UNIT)
    return values, stds


@njit(cache=True, nogil=True)
def auction(
    base: Singles,
    keys: npt.NDArray[np.uint64],
    category: Ints,
    alpha: Floats,
    agent: int,
    agent_bids: Floats,
    exposures: Floats,
    reserve: float,
    remaining: Floats,
    spent: Floats,
    gained: Floats,
    sold: Floats,
    top: Singles,
    owner: npt.NDArray[np.int8],
    seen: npt.NDArray[np.int8],
) -> None:
    """Auction rows (n,) in order; `agent` bids `agent_bids`, the others alpha times value.

    Adds to `spent`, expected `gained` and `sold` (advertisers,), takes from `remaining`; writes the
    four highest bids and their owners (n, 4), and as bits which slots were exposed (1, 2, 4) and
    where a conversion followed (8, 16, 32). Nobody bids what it does not have.
    """
    slots = len(exposures)
    bid, who = np.empty(TOP), np.empty(TOP, np.int64)
    for row in range(len(base)):
        bid[:] = 0.0
        who[:] = -1
        for one in range(len(category)):
            if one == agent:
                offer = agent_bids[row]
            else:
                offer = alpha[one] * value_of(base[row, category[one]], keys[row], one)
            if offer <= bid[TOP - 1] or offer < reserve or offer > remaining[one]:
                continue
            place = TOP - 1
            while place > 0 and offer > bid[place - 1]:
                bid[place], who[place] = bid[place - 1], who[place - 1]
                place -= 1
            bid[place], who[place] = offer, one
        happened = 0
        for slot in range(slots):
            top[row, slot], owner[row, slot] = bid[slot], who[slot]
            if who[slot] < 0:
                continue
            bits = mix(keys[row] ^ (np.uint64(slot + 1001) * _AGENT))
            if float(bits & _LOW) * _TO_UNIT >= exposures[slot]:
                continue
            happened |= 1 << slot
            price = max(bid[slot + 1], reserve)
            one = who[slot]
            value = value_of(base[row, category[one]], keys[row], one)
            remaining[one] -= price
            spent[one] += price
            gained[one] += value
            if float(bits >> _HALF) * _TO_UNIT < value:
                sold[one] += 1
                happened |= 8 << slot
        top[row, slots], owner[row, slots] = bid[slots], who[slots]
        seen[row] = happened
