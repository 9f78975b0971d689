"""What a request is about, as categories: from cart, query, shopper and audience."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from adunion.audience import SHELVES
from adunion.kernel.borrowing import borrowing
from adunion.prediction import KINDS

from .types import Floats, Ints

MIX = 14
"""Most categories of one request."""
SEARCH, CART = KINDS.index("search"), KINDS.index("cart")
_ENOUGH_FOUND = 24
BESIDE = 0.5
"""Of the best match of a query: most that counts what its words do not find (see `merge`)."""
_DRAWN = 4
_DRAWN_WEIGHT = 0.15
_AUDIENCE_WEIGHT = 0.5
_TASTE_SHRINK = 3.0


class Market(NamedTuple):
    """What holds for every request."""

    kinds: npt.NDArray[np.uint8]  # (placements,)
    item_category: Ints  # (items,)
    audience: Ints  # (placements, 6) categories, -1 none
    audience_share: Floats
    goes_with: Ints  # (categories, 8) categories, -1 none
    strength: Floats
    demand: npt.NDArray[np.float64]  # (categories,) cumulative share
    shelf_offsets: npt.NDArray[np.int64]  # (shelves + 1,) of the items on each
    centres: Floats  # (shelves, d)


class Asked(NamedTuple):
    """n requests, what their queries find, and the profiles of shoppers."""

    words: npt.NDArray[np.uint64]  # (2n,) their ids
    placement: npt.NDArray[np.int16]
    slots: npt.NDArray[np.int16]
    query: Ints
    profile: Ints
    consent: npt.NDArray[np.bool_]
    context_offsets: npt.NDArray[np.int64]
    context_items: Ints
    found: npt.NDArray[np.int64]  # (q,) how many items a query finds
    query_category: Ints  # (q, 4)
    query_share: Floats
    taste_category: Ints  # (profiles, 8)
    taste: Floats
    sketch: Floats  # (profiles, d)


class Intent(NamedTuple):
    """What one request is about, (14,) each; made once and written anew for each request."""

    category: Ints  # category rows, -1 none
    weight: Floats  # how surely, 0..1
    share: Floats  # the weights made to sum to 1


@borrowing()
def drawn(left: np.uint64, right: np.uint64) -> np.uint64:
    """A number that depends on a request's id alone."""
    mixed = (left ^ (right >> np.uint64(7))) * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(31)
    return mixed * np.uint64(0xBF58476D1CE4E5B9)


@borrowing()
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


@borrowing()
def _drop(category: Ints, weight: Floats, unwanted: int) -> None:
    for s in range(len(category)):
        if category[s] == unwanted:
            category[s], weight[s] = -1, 0


@borrowing()
def _keep_beside(weight: Floats, most: np.float32) -> None:
    """What is only of a category counts for less than what the words themselves find."""
    for s in range(len(weight)):
        weight[s] = min(weight[s], most)


@borrowing()
def _put_cart(
    mine: Ints, much: Floats, kind: int, context: Ints, item_category: Ints,
    goes_with: Ints, strength: Floats,
) -> None:  # fmt: skip
    """What goes with the items at hand; and more of their like, unless they are in the cart."""
    for item in context:
        own = item_category[item]
        if kind != CART:
            _put(mine, much, own, 1.0)
        for s in range(goes_with.shape[1]):
            _put(mine, much, goes_with[own, s], 0.7 * strength[own, s])


@borrowing()
def _put_tastes(mine: Ints, much: Floats, category: Ints, taste: Floats) -> None:
    """A shopper's tastes, the strongest at 1 once there is enough to go by."""
    total, most = taste.sum() + np.float32(1e-6), taste[0]
    for s in range(1, len(taste)):
        most = max(most, taste[s])
    most += np.float32(1e-6)
    for s in range(len(category)):
        sure = total / (total + _TASTE_SHRINK) * taste[s] / most
        _put(mine, much, category[s], sure)


@borrowing()
def _put_drawn(mine: Ints, much: Floats, draw: np.uint64, demand: npt.NDArray[np.float64]) -> None:
    """A few categories drawn by demand, so that nothing is out of reach of anybody."""
    for d in range(_DRAWN if len(demand) else 0):
        turn = (float(draw >> np.uint64(11)) / 2.0**53 + d * 0.6180339887) % 1.0
        _put(mine, much, min(int(np.searchsorted(demand, turn)), len(demand) - 1), _DRAWN_WEIGHT)


@borrowing()
def read(i: int, draw: np.uint64, asked: Asked, market: Market, out: Intent) -> None:
    """Find request i's categories."""
    mine, much = out.category, out.weight
    mine[:], much[:] = -1, 0
    place, query = asked.placement[i], asked.query[i]
    kind = market.kinds[place]
    context = asked.context_items[asked.context_offsets[i] : asked.context_offsets[i + 1]]
    _put_cart(
        mine, much, kind, context, market.item_category, market.goes_with, market.strength
    )  # fmt: skip
    if kind != SEARCH or query < 0 or asked.found[query] < _ENOUGH_FOUND:
        if query >= 0:
            for s in range(asked.query_category.shape[1]):
                _put(mine, much, asked.query_category[query, s], asked.query_share[query, s])
        known = asked.profile[i] if asked.consent[i] else -1
        if known >= 0 and kind != CART:
            _put_tastes(mine, much, asked.taste_category[known], asked.taste[known])
        about = _AUDIENCE_WEIGHT if kind != CART or not len(context) else _DRAWN_WEIGHT
        for s in range(market.audience.shape[1]):
            much_of = about * market.audience_share[place, s]
            _put(mine, much, market.audience[place, s], much_of)
        _put_drawn(mine, much, draw, market.demand)
        if kind == CART:
            for item in context:
                _drop(mine, much, market.item_category[item])
        if query >= 0 and asked.found[query] > 0:
            _keep_beside(much, np.float32(BESIDE) * asked.query_share[query, 0])
    total = max(much.sum(), np.float32(1e-9))
    for s in range(len(much)):
        out.share[s] = much[s] / total


@borrowing()
def liked_shelf(category: int, sketch: Floats, market: Market) -> int:
    """The shelf of a category that a shopper's sketch is nearest to, -1 if it is near none."""
    best, liked = np.float32(0), -1
    for shelf in range(category * SHELVES, (category + 1) * SHELVES):
        if market.shelf_offsets[shelf + 1] == market.shelf_offsets[shelf]:
            continue
        near = np.float32(0)
        for d in range(len(sketch)):
            near += sketch[d] * market.centres[shelf, d]
        if near > best:
            best, liked = near, shelf
    return liked
