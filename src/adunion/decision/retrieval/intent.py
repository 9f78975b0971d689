"""What each request is about, as categories: from cart, query, shopper and audience."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit

from adunion.decision.types import RequestBatch
from adunion.prediction import KINDS

from .state import Answer, RetrievalState
from .types import Floats, Ints

MIX = 14
"""Most categories of one request."""
_SEARCH, _CART = KINDS.index("search"), KINDS.index("cart")
_ENOUGH_FOUND = 24
_DRAWN = 4
_DRAWN_WEIGHT = 0.15
_AUDIENCE_WEIGHT = 0.5
_TASTE_SHRINK = 3.0


@dataclass(frozen=True)
class Intent:
    """n requests with what they are about.

    `category` (n, 14) are category rows (-1 none), `weight` (n, 14) how surely, 0..1.
    """

    requests: RequestBatch
    state: RetrievalState
    kind: npt.NDArray[np.uint8]  # (n,)
    answers: list[Answer]  # of `requests.queries`
    category: Ints
    weight: Floats

    def shares(self) -> Floats:
        """The weights of each request made to sum to 1, shape (n, 14)."""
        total = self.weight.sum(1, keepdims=True)
        return np.asarray(self.weight / np.maximum(total, 1e-9), np.float32)


def read(requests: RequestBatch, state: RetrievalState) -> Intent:
    """Answer each distinct query once and find every request's categories."""
    answers = [state.answer(query) for query in requests.queries]
    query_category = np.full((len(answers) + 1, 4), -1, np.int32)
    query_share = np.zeros((len(answers) + 1, 4), np.float32)
    found = np.zeros(len(answers) + 1, np.int64)
    for row, answer in enumerate(answers):
        query_category[row, : len(answer.category)] = answer.category
        query_share[row, : len(answer.share)] = answer.share
        found[row] = len(answer.found[0])
    kind = state.kinds[requests.placement]
    profile = np.where(requests.consent, requests.profile, -1).astype(np.int32)
    category = np.full((len(requests), MIX), -1, np.int32)
    weight = np.zeros((len(requests), MIX), np.float32)
    _mix(
        category, weight, kind, requests.placement, requests.query, profile, draws(requests),
        requests.context_offsets, requests.context_items, state.snapshot.category,
        query_category, query_share, found, state.profiles.category, state.profiles.taste,
        state.audience, state.audience_share, state.complements.category,
        state.complements.strength, state.demand,
    )  # fmt: skip
    return Intent(requests, state, kind, answers, category, weight)


def draws(requests: RequestBatch) -> npt.NDArray[np.uint64]:
    """A number for each request that depends on its id alone, (n,)."""
    words = np.ascontiguousarray(requests.request).view(np.uint64).reshape(-1, 2)
    mixed = (words[:, 0] ^ (words[:, 1] >> np.uint64(7))) * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(31)
    return np.asarray(mixed * np.uint64(0xBF58476D1CE4E5B9), np.uint64)


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
    category: Ints, weight: Floats, kind: npt.NDArray[np.uint8], placement: npt.NDArray[np.int16],
    query: Ints, profile: Ints, draw: npt.NDArray[np.uint64],
    context_offsets: npt.NDArray[np.int64], context_items: Ints, item_category: Ints,
    query_category: Ints, query_share: Floats, found: npt.NDArray[np.int64],
    taste_category: Ints, taste: Floats, audience: Ints, audience_share: Floats,
    goes_with: Ints, strength: Floats, demand: npt.NDArray[np.float64],
) -> None:  # fmt: skip
    for i in range(len(kind)):
        mine, much, known = category[i], weight[i], profile[i]
        context = context_items[context_offsets[i] : context_offsets[i + 1]]
        _put_cart(mine, much, kind[i], context, item_category, goes_with, strength)
        if kind[i] == _SEARCH and query[i] >= 0 and found[query[i]] >= _ENOUGH_FOUND:
            continue
        for s in range(query_category.shape[1]):  # row -1, of no query, is empty
            _put(mine, much, query_category[query[i], s], query_share[query[i], s])
        if known >= 0 and kind[i] != _CART:
            _put_tastes(mine, much, taste_category[known], taste[known])
        for s in range(audience.shape[1]):
            share = audience_share[placement[i], s]
            _put(mine, much, audience[placement[i], s], _AUDIENCE_WEIGHT * share)
        _put_drawn(mine, much, draw[i], demand)
        if kind[i] == _CART:
            for item in context:
                _drop(mine, much, item_category[item])
