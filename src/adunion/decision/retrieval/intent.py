"""What each request is about, as categories: from cart, query, shopper and audience."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from adunion.decision.types import RequestBatch
from adunion.prediction import KINDS

from .answers import Answers
from .state import RetrievalState
from .types import Floats, Ints

MIX = 14
"""Most categories of one request."""
_SEARCH, _CART = KINDS.index("search"), KINDS.index("cart")
_ENOUGH_FOUND = 24
_DRAWN = 4
_DRAWN_WEIGHT = 0.15
_AUDIENCE_WEIGHT = 0.5
_TASTE_SHRINK = 3.0


class Intent(NamedTuple):
    """n requests with what they are about.

    `category` (n, 14) are category rows (-1 none), `weight` (n, 14) how surely, 0..1, and `share`
    the weights of each request made to sum to 1.
    """

    requests: RequestBatch
    state: RetrievalState
    kind: npt.NDArray[np.uint8]  # (n,)
    answers: Answers  # of `requests.queries`
    category: Ints
    weight: Floats
    share: Floats
    draw: npt.NDArray[np.uint64]  # (n,) a number that depends on the request's id alone

    def portions(self, count: int) -> Ints:
        """So many places divided by `share` and rounded up, (n, 14)."""
        return _portions(self.share, count)


def read(requests: RequestBatch, state: RetrievalState) -> Intent:
    """Answer each distinct query once and find every request's categories."""
    answers = state.answer(requests.queries)
    kind = state.kinds[requests.placement]
    shape = (len(requests), MIX)
    category, weight = np.empty(shape, np.int32), np.empty(shape, np.float32)
    share, draw = np.empty(shape, np.float32), np.empty(len(requests), np.uint64)
    _mix(
        category, weight, share, draw, requests.request.view(np.uint64), kind, requests.placement,
        requests.query, requests.profile, requests.consent,
        requests.context_offsets, requests.context_items, state.snapshot.category,
        answers.category, answers.share, answers.sizes,
        state.profiles.category, state.profiles.taste,
        state.audience, state.audience_share, state.complements.category,
        state.complements.strength, state.demand,
    )  # fmt: skip
    return Intent(requests, state, kind, answers, category, weight, share, draw)


@njit(cache=True, nogil=True)
def _portions(share: Floats, count: int) -> Ints:
    out: Ints = np.empty(share.shape, np.int32)
    for i in range(len(out)):
        for s in range(len(out[i])):
            out[i, s] = np.ceil(share[i, s] * np.float32(count))
    return out


@njit(cache=True, nogil=True)
def _drawn(left: np.uint64, right: np.uint64) -> np.uint64:
    mixed = (left ^ (right >> np.uint64(7))) * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(31)
    return mixed * np.uint64(0xBF58476D1CE4E5B9)


@njit(cache=True, nogil=True)
def _put(category: Ints, weight: Floats, wanted: int, value: float) -> None:
    """Add a category to one request's mix, or raise its weight; a full mix stays as it is."""
    if wanted < 0 or value <= 0:
        return
    for s in range(len(category)):
        if category[s] == wanted:
            weight[s] = max(weight[s], np.float32(value))
            return
        if category[s] < 0:
            category[s] = wanted
            weight[s] = value
            return


@njit(cache=True, nogil=True)
def _drop(category: Ints, weight: Floats, unwanted: int) -> None:
    for s in range(len(category)):
        if category[s] == unwanted:
            category[s], weight[s] = -1, 0


@njit(cache=True, nogil=True)
def _put_cart(
    mine: Ints, much: Floats, kind: int, context: Ints, item_category: Ints,
    goes_with: Ints, strength: Floats,
) -> None:  # fmt: skip
    """What goes with the items at hand; and more of their like, unless they are in the cart."""
    for item in context:
        own = item_category[item]
        if kind != _CART:
            _put(mine, much, own, 1.0)
        for s in range(goes_with.shape[1]):
            _put(mine, much, goes_with[own, s], 0.7 * strength[own, s])


@njit(cache=True, nogil=True)
def _put_tastes(mine: Ints, much: Floats, category: Ints, taste: Floats) -> None:
    """A shopper's tastes, the strongest at 1 once there is enough to go by."""
    total, most = taste.sum() + np.float32(1e-6), taste.max() + np.float32(1e-6)
    for s in range(len(category)):
        sure = total / (total + _TASTE_SHRINK) * taste[s] / most
        _put(mine, much, category[s], sure)


@njit(cache=True, nogil=True)
def _put_drawn(mine: Ints, much: Floats, draw: np.uint64, demand: npt.NDArray[np.float64]) -> None:
    """A few categories drawn by demand, so that nothing is out of reach of anybody."""
    for d in range(_DRAWN if len(demand) else 0):
        turn = (float(draw >> np.uint64(11)) / 2.0**53 + d * 0.6180339887) % 1.0
        _put(mine, much, min(int(np.searchsorted(demand, turn)), len(demand) - 1), _DRAWN_WEIGHT)


@njit(cache=True, nogil=True)
def _mix(
    category: Ints, weight: Floats, share: Floats, draw: npt.NDArray[np.uint64],
    words: npt.NDArray[np.uint64], kind: npt.NDArray[np.uint8], placement: npt.NDArray[np.int16],
    query: Ints, profile: Ints, consent: npt.NDArray[np.bool_],
    context_offsets: npt.NDArray[np.int64], context_items: Ints, item_category: Ints,
    query_category: Ints, query_share: Floats, found: npt.NDArray[np.int64],
    taste_category: Ints, taste: Floats, audience: Ints, audience_share: Floats,
    goes_with: Ints, strength: Floats, demand: npt.NDArray[np.float64],
) -> None:  # fmt: skip
    for i in range(len(kind)):
        mine, much = category[i], weight[i]
        mine[:], much[:] = -1, 0
        draw[i] = _drawn(words[2 * i], words[2 * i + 1])
        context = context_items[context_offsets[i] : context_offsets[i + 1]]
        _put_cart(mine, much, kind[i], context, item_category, goes_with, strength)
        asked = query[i]
        if kind[i] != _SEARCH or asked < 0 or found[asked] < _ENOUGH_FOUND:
            if asked >= 0:
                for s in range(query_category.shape[1]):
                    _put(mine, much, query_category[asked, s], query_share[asked, s])
            known = profile[i] if consent[i] else -1
            if known >= 0 and kind[i] != _CART:
                _put_tastes(mine, much, taste_category[known], taste[known])
            for s in range(audience.shape[1]):
                much_of = _AUDIENCE_WEIGHT * audience_share[placement[i], s]
                _put(mine, much, audience[placement[i], s], much_of)
            _put_drawn(mine, much, draw[i], demand)
            if kind[i] == _CART:
                for item in context:
                    _drop(mine, much, item_category[item])
        total = max(much.sum(), np.float32(1e-9))
        for s in range(len(much)):
            share[i, s] = much[s] / total
