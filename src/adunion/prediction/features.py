"""The numbers a prediction rests on: one row for a request and an item, all of the order of 1."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from adunion.kernel.borrowing import borrowing

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
    "like", "scene_category", "hour_sin", "hour_cos",
)  # fmt: skip
"""Columns of the feature matrix."""

RELEVANCE = len(KINDS)
NUMBERS_AT = 2 * len(KINDS)
KNOWN = NUMBERS_AT + len(NUMBERS)
PRICE = NUMBERS.index("price")
HOUR = len(FEATURES) - 2
LIKE = FEATURES.index("like")
"""What is liked of the item; the column after it is of its category in this scene."""
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
        tuple(Known.of(profiles, items)), tuple(Likes.of(profiles, items)),
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

    @classmethod
    def of(cls, profiles: Profiles, items: ItemColumns) -> Known:
        """The columns as they are now."""
        return cls(
            profiles.category, profiles.taste, profiles.ordered_us, profiles.recent,
            profiles.price_level, items.category, items.parent, items.brand, items.numbers,
        )  # fmt: skip


class Moment(NamedTuple):
    """What the candidates of one request have in common."""

    kind: int
    at_us: int
    sine: np.float32  # of the hour
    cosine: np.float32
    shopper: int  # row of the profile, -1 none
    scale: np.float32  # one over the sum of the shopper's tastes


@borrowing(inline="always")
def moment(at_us: int, shopper: int, taste: _Floats) -> tuple[np.float32, np.float32, np.float32]:
    """Sine, cosine and scale of a request's `Moment`."""
    turn = 2 * np.pi * (at_us % _DAY_US) / _DAY_US
    scale = np.float32(0)
    if shopper >= 0:
        total = np.float32(0)
        for s in range(taste.shape[1]):
            total += taste[shopper, s]
        scale = np.float32(1 / max(float(total), 1e-6))
    return np.float32(np.sin(turn)), np.float32(np.cos(turn)), scale


@borrowing()
def fill(row: _Floats, now: Moment, chosen: int, relevance: np.float32, known: Known) -> None:
    """Write the features of one candidate, (F,)."""
    row[:] = 0
    row[now.kind] = 1
    row[RELEVANCE + now.kind] = relevance
    for f in range(known.numbers.shape[1]):
        row[NUMBERS_AT + f] = known.numbers[chosen, f]
    row[HOUR] = now.sine
    row[HOUR + 1] = now.cosine
    if now.shopper >= 0:
        who = now.shopper
        _fill_personal(
            row, chosen, now.at_us, now.scale, known.taste_category[who], known.taste[who],
            known.ordered_us[who], known.recent[who], known.price_level[who],
            known.category, known.parent, known.brand, known.numbers[chosen, PRICE],
        )  # fmt: skip


class Likes(NamedTuple):
    """Columns that likings are made of; apart from `Known`, as a request reads them once."""

    sketch: _Floats
    evidence: _Floats
    vectors: _Floats
    category: _Ints
    scene_of_hour: npt.NDArray[np.uint8]
    scene_first_hour: int
    scene_prior: _Floats
    scene_lift: _Floats

    @classmethod
    def of(cls, profiles: Profiles, items: ItemColumns) -> Likes:
        """The columns as they are now."""
        scenes = profiles.scenes
        return cls(
            profiles.sketch, profiles.evidence, profiles.vectors, items.category,
            scenes.of_hour, scenes.first_hour, scenes.prior, scenes.lift,
        )  # fmt: skip


@borrowing(fastmath={"reassoc", "contract"})
def likes(
    at_us: int, shopper: int, chosen: _Ints, columns: Likes, liking: _Floats, out: _Floats
) -> None:
    """Write how much each candidate of a request is liked, (2, m): by its facets; its category now.

    `liking` is room for what the shopper likes, as long as a vector.
    """
    hour = min(max(at_us // _HOUR_US - columns.scene_first_hour, 0), len(columns.scene_of_hour) - 1)
    scene = columns.scene_of_hour[hour]
    vectors, lift, category = columns.vectors, columns.scene_lift[scene], columns.category
    for d in range(len(liking)):
        liking[d] = columns.scene_prior[scene, d]
    if shopper >= 0:
        mine = columns.sketch[shopper]
        share = np.float32(1 / (FACET_SHARE * columns.evidence[shopper] + _TASTE_PRIOR))
        for d in range(len(liking)):
            liking[d] = (mine[d] + np.float32(_TASTE_PRIOR) * liking[d]) * share
    for j in range(len(chosen)):
        item = chosen[j]
        total = np.float32(0)
        for d in range(vectors.shape[1]):
            total += liking[d] * vectors[item, d]
        out[0, j], out[1, j] = total, lift[category[item]]


@njit(cache=True, nogil=True)
def _fill(  # type: ignore[no-untyped-def]  # a plain tuple of the columns of Known
    out, offsets, item, relevance, kind, at_us, profile, columns, liked
) -> None:
    known, read = Known(*columns), Likes(*liked)
    liking, like = room(offsets, read)
    _fill_all(out, offsets, item, relevance, kind, at_us, profile, known, read, liking, like)


@njit(cache=True, nogil=True)
def room(offsets: npt.NDArray[np.int64], read: Likes) -> tuple[_Floats, _Floats]:
    """Room for `likes` of any of the requests."""
    most = 0
    for i in range(len(offsets) - 1):
        most = max(most, offsets[i + 1] - offsets[i])
    return np.empty(read.vectors.shape[1], np.float32), np.empty((2, most), np.float32)


@borrowing()
def _fill_all(
    out: _Floats, offsets: npt.NDArray[np.int64], item: _Ints, relevance: _Floats,
    kind: npt.NDArray[np.uint8], at_us: npt.NDArray[np.int64], profile: _Ints,
    known: Known, read: Likes, liking: _Floats, like: _Floats,
) -> None:  # fmt: skip
    for i in range(len(at_us)):
        sine, cosine, scale = moment(at_us[i], profile[i], known.taste)
        now = Moment(int(kind[i]), int(at_us[i]), sine, cosine, int(profile[i]), scale)
        first, last = offsets[i], offsets[i + 1]
        likes(at_us[i], profile[i], item[first:last], read, liking, like)
        for j in range(first, last):
            fill(out[j], now, item[j], relevance[j], known)
            out[j, LIKE], out[j, LIKE + 1] = like[0, j - first], like[1, j - first]


@borrowing()
def since_ordered(at_us: int, ordered_us: int) -> tuple[np.float32, np.float32]:
    """How lately an order was made, 0..1, fading in days and in weeks; 0 where none was."""
    if ordered_us <= 0:
        return np.float32(0), np.float32(0)
    days = max(at_us - ordered_us, 0) / _DAY_US
    return np.float32(np.exp(-days / 3)), np.float32(np.exp(-days / 30))


@borrowing()
def _fill_personal(
    row: _Floats, chosen: int, at_us: int, scale: np.float32,
    taste_category: _Ints, taste: _Floats, ordered_us: npt.NDArray[np.int64], recent: _Ints,
    price_level: float, item_category: _Ints, parent: _Ints, brand: _Ints, price: float,
) -> None:  # fmt: skip
    category = item_category[chosen]
    row[KNOWN] = 1
    for s in range(len(taste_category)):
        if taste_category[s] < 0:
            continue
        if taste_category[s] == category:
            row[KNOWN + 1] = taste[s] * scale
            row[KNOWN + 7], row[KNOWN + 8] = since_ordered(at_us, ordered_us[s])
        if parent[taste_category[s]] == parent[category]:
            row[KNOWN + 2] += taste[s] * scale
    row[KNOWN + 3] = -abs(price - price_level)
    row[KNOWN + 4] = price * price_level
    own = brand[chosen]
    for s in range(len(recent)):
        if recent[s] == chosen:
            row[KNOWN + 5] = 1 - s / len(recent)
        elif recent[s] >= 0 and own >= 0 and brand[recent[s]] == own:
            row[KNOWN + 6] += np.float32(1 / len(recent))
