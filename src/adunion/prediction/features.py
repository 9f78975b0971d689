"""The numbers a prediction rests on: one row for a request and an item, all of the order of 1."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from .items import NUMBERS, ItemColumns
from .types import KINDS, Candidates, Profiles, Requests, kind_codes

__all__ = ["FEATURES", "KINDS", "features", "kind_codes"]

LIKE_PARTS = {"brand": 16, "look": 24, "words": 32}
"""Parts of what an item may be liked for, and the numbers of each in its vector."""

FEATURES = (
    *(f"kind_{kind}" for kind in KINDS),
    *(f"relevance_{kind}" for kind in KINDS),
    *NUMBERS, "known", "taste_category", "taste_parent", "price_gap", "price_level",
    "recent_item", "recent_brand", "ordered_last_days", "ordered_last_weeks",
    *(f"like_{part}" for part in LIKE_PARTS), "scene_category", "hour_sin", "hour_cos",
)  # fmt: skip
"""Columns of the feature matrix."""

_RELEVANCE = len(KINDS)
_NUMBERS = 2 * len(KINDS)
_KNOWN = _NUMBERS + len(NUMBERS)
_PRICE = NUMBERS.index("price")
_HOUR = len(FEATURES) - 2
_LIKE = FEATURES.index("like_brand")
_LIKE_ENDS = tuple(np.cumsum([0, *LIKE_PARTS.values()]).tolist())
_TASTE_PRIOR = 6.0
FACET_SHARE = 0.1
"""Of expected clicks, that a facet has: a liking is (clicks - expected) / (expected + prior), the
shrunk log-odds of one facet, of which a shopper's sketch holds the sums (docs/taste.md)."""
_DAY_US = 86_400_000_000
_HOUR_US = 3_600_000_000

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
    out = np.empty((len(candidates.item), len(FEATURES)), np.float32)
    _fill(
        out, candidates.offsets, candidates.item, candidates.relevance,
        kinds[requests.placement], requests.at_us, requests.profile,
        tuple(Known.of(profiles, items)),
    )  # fmt: skip
    return out


class Known(NamedTuple):
    """Columns that features are made of: shoppers' profiles and the items."""

    taste_category: _Ints
    taste: _Floats
    ordered_us: npt.NDArray[np.int64]
    recent: _Ints
    price_level: _Floats
    category: _Ints
    parent: _Ints
    brand: _Ints
    numbers: _Floats
    sketch: _Floats
    evidence: _Floats
    vectors: _Floats
    scene_of_hour: npt.NDArray[np.uint8]
    scene_first_hour: int
    scene_prior: _Floats
    scene_lift: _Floats

    @classmethod
    def of(cls, profiles: Profiles, items: ItemColumns) -> Known:
        """The columns as they are now."""
        return cls(
            profiles.category, profiles.taste, profiles.ordered_us, profiles.recent,
            profiles.price_level, items.category, items.parent, items.brand, items.numbers,
            profiles.sketch, profiles.evidence, profiles.vectors,
            profiles.scenes.of_hour, profiles.scenes.first_hour, profiles.scenes.prior,
            profiles.scenes.lift,
        )  # fmt: skip


class Moment(NamedTuple):
    """What the candidates of one request have in common."""

    kind: int
    at_us: int
    sine: np.float32  # of the hour
    cosine: np.float32
    shopper: int  # row of the profile, -1 none
    scale: np.float32  # one over the sum of the shopper's tastes
    scene: int
    liking: _Floats  # (D,) what of brand, look and words is liked, by shopper and scene


@njit(cache=True, nogil=True)
def moment(kind: int, at_us: int, shopper: int, known: Known) -> Moment:
    """Of a request."""
    turn = 2 * np.pi * (at_us % _DAY_US) / _DAY_US
    scale = np.float32(0)
    hour = min(max(at_us // _HOUR_US - known.scene_first_hour, 0), len(known.scene_of_hour) - 1)
    scene = known.scene_of_hour[hour]
    liking = known.scene_prior[scene].copy()
    if shopper >= 0:
        scale = np.float32(1 / max(known.taste[shopper].sum(), 1e-6))
        share = np.float32(1 / (FACET_SHARE * known.evidence[shopper] + _TASTE_PRIOR))
        for d in range(len(liking)):
            mine = known.sketch[shopper, d]
            liking[d] = (mine + np.float32(_TASTE_PRIOR) * liking[d]) * share
    return Moment(
        int(kind), int(at_us), np.float32(np.sin(turn)), np.float32(np.cos(turn)), int(shopper),
        scale, int(scene), liking,
    )  # fmt: skip


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def _match(liking: _Floats, vector: _Floats, first: int, last: int) -> np.float32:
    total = np.float32(0)
    for d in range(first, last):
        total += liking[d] * vector[d]
    return total


@njit(cache=True, nogil=True)
def fill(row: _Floats, now: Moment, chosen: int, relevance: np.float32, known: Known) -> None:
    """Write the features of one candidate, (F,)."""
    row[:] = 0
    row[now.kind] = 1
    row[_RELEVANCE + now.kind] = relevance
    for f in range(known.numbers.shape[1]):
        row[_NUMBERS + f] = known.numbers[chosen, f]
    row[_HOUR] = now.sine
    row[_HOUR + 1] = now.cosine
    vector = known.vectors[chosen]
    for part in range(len(_LIKE_ENDS) - 1):
        row[_LIKE + part] = _match(now.liking, vector, _LIKE_ENDS[part], _LIKE_ENDS[part + 1])
    row[_LIKE + 3] = known.scene_lift[now.scene, known.category[chosen]]
    if now.shopper >= 0:
        who = now.shopper
        _fill_personal(
            row, chosen, now.at_us, now.scale, known.taste_category[who], known.taste[who],
            known.ordered_us[who], known.recent[who], known.price_level[who],
            known.category, known.parent, known.brand, known.numbers[chosen, _PRICE],
        )  # fmt: skip


@njit(cache=True, nogil=True)
def _fill(  # type: ignore[no-untyped-def]  # a plain tuple of the columns of Known
    out, offsets, item, relevance, kind, at_us, profile, columns
) -> None:
    known = Known(*columns)
    for i in range(len(at_us)):
        now = moment(kind[i], at_us[i], profile[i], known)
        for j in range(offsets[i], offsets[i + 1]):
            fill(out[j], now, item[j], relevance[j], known)


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
