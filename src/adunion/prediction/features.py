"""The numbers a prediction rests on: one row for a request and an item, all of the order of 1."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from .items import NUMBERS, ItemColumns
from .types import KINDS, Candidates, Profiles, Requests, kind_codes

__all__ = ["FEATURES", "KINDS", "features", "kind_codes"]

FEATURES = (
    *(f"kind_{kind}" for kind in KINDS),
    *(f"relevance_{kind}" for kind in KINDS),
    *NUMBERS, "known", "taste_category", "taste_parent", "price_gap", "price_level",
    "recent_item", "recent_brand", "ordered_last_days", "ordered_last_weeks",
    "hour_sin", "hour_cos",
)  # fmt: skip
"""Columns of the feature matrix."""

_RELEVANCE = len(KINDS)
_NUMBERS = 2 * len(KINDS)
_KNOWN = _NUMBERS + len(NUMBERS)
_PRICE = NUMBERS.index("price")
_HOUR = len(FEATURES) - 2
_DAY_US = 86_400_000_000

_Ints = npt.NDArray[np.int32]
_Floats = npt.NDArray[np.float32]


def features(
    requests: Requests,
    candidates: Candidates,
    profiles: Profiles,
    items: ItemColumns,
    kinds: npt.NDArray[np.uint8],
) -> _Floats:
    """Features of each candidate, (m, F) float32, in the order of `FEATURES`.

    `kinds` gives the kind code of each placement. The first columns are the kind of placement,
    one-hot, so that a linear model has a level for each, then relevance, with a slope for each.
    """
    out = np.zeros((len(candidates.item), len(FEATURES)), np.float32)
    _fill(
        out, candidates.offsets, candidates.item, candidates.relevance,
        kinds[requests.placement], requests.at_us, requests.profile,
        profiles.category, profiles.taste, profiles.ordered_us, profiles.recent,
        profiles.price_level, items.category, items.parent, items.brand, items.numbers,
    )  # fmt: skip
    return out


@njit(cache=True, nogil=True)
def _fill(
    out: _Floats, offsets: npt.NDArray[np.int64], item: _Ints, relevance: _Floats,
    kind: npt.NDArray[np.uint8], at_us: npt.NDArray[np.int64], profile: _Ints,
    taste_category: _Ints, taste: _Floats, ordered_us: npt.NDArray[np.int64], recent: _Ints,
    price_level: _Floats, item_category: _Ints, parent: _Ints, brand: _Ints, numbers: _Floats,
) -> None:  # fmt: skip
    for i in range(len(at_us)):
        turn = 2 * np.pi * (at_us[i] % _DAY_US) / _DAY_US
        sine, cosine = np.float32(np.sin(turn)), np.float32(np.cos(turn))
        shopper = profile[i]
        scale = np.float32(0)
        if shopper >= 0:
            scale = np.float32(1 / max(taste[shopper].sum(), 1e-6))
        for j in range(offsets[i], offsets[i + 1]):
            row = out[j]
            chosen = item[j]
            row[kind[i]] = 1
            row[_RELEVANCE + kind[i]] = relevance[j]
            for f in range(numbers.shape[1]):
                row[_NUMBERS + f] = numbers[chosen, f]
            row[_HOUR] = sine
            row[_HOUR + 1] = cosine
            if shopper >= 0:
                _fill_personal(
                    row, chosen, at_us[i], scale, taste_category[shopper], taste[shopper],
                    ordered_us[shopper], recent[shopper], price_level[shopper],
                    item_category, parent, brand, numbers[chosen, _PRICE],
                )  # fmt: skip


@njit(cache=True, nogil=True)
def _fill_personal(
    row: _Floats, chosen: int, at_us: int, scale: np.float32,
    taste_category: _Ints, taste: _Floats, ordered_us: npt.NDArray[np.int64], recent: _Ints,
    price_level: float, item_category: _Ints, parent: _Ints, brand: _Ints, price: float,
) -> None:  # fmt: skip
    category = item_category[chosen]
    row[_KNOWN] = 1
    for s in range(len(taste_category)):
        if taste_category[s] < 0:
            continue
        if taste_category[s] == category:
            row[_KNOWN + 1] = taste[s] * scale
            if ordered_us[s] > 0:
                days = max(at_us - ordered_us[s], 0) / _DAY_US
                row[_KNOWN + 7] = np.exp(-days / 3)
                row[_KNOWN + 8] = np.exp(-days / 30)
        if parent[taste_category[s]] == parent[category]:
            row[_KNOWN + 2] += taste[s] * scale
    row[_KNOWN + 3] = -abs(price - price_level)
    row[_KNOWN + 4] = price * price_level
    own = brand[chosen]
    for s in range(len(recent)):
        if recent[s] == chosen:
            row[_KNOWN + 5] = 1 - s / len(recent)
        elif recent[s] >= 0 and own >= 0 and brand[recent[s]] == own:
            row[_KNOWN + 6] += np.float32(1 / len(recent))
