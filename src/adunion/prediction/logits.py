"""Both chances of every candidate without a row of features for each.

The models are linear before they are calibrated, so a candidate's logit is a sum of three parts:
what its item brings whoever sees it, which holds for a tick; what a request brings whatever it is
shown, and what it thinks of each category, which holds for its hundred candidates; and the little
that is of the pair. `features` and `models.predict` say the same for training, row by row.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from adunion.kernel.borrowing import borrowing

from .features import (
    HOUR,
    KNOWN,
    LIKE,
    NUMBERS_AT,
    PRICE,
    RELEVANCE,
    Known,
    Likes,
    Moment,
    likes,
    moment,
    room,
    since_ordered,
)
from .items import NUMBERS, ItemColumns
from .models import Models, calibrated

_Floats = npt.NDArray[np.float32]
_MODELS = 2  # of clicks, of orders
_PRICE_MARKET = NUMBERS.index("price_market")


def item_logits(models: Models, items: ItemColumns) -> _Floats:
    """What each item's own numbers bring to both logits, then its two prices, (items, 4).

    Side by side, since each candidate's are waited for from memory.
    """
    own = slice(NUMBERS_AT, NUMBERS_AT + len(NUMBERS))
    weights = np.stack([models.click.weights[own], models.order.weights[own]], axis=1)
    prices = items.numbers[:, [PRICE, _PRICE_MARKET]]
    return np.concatenate([np.asarray(items.numbers @ weights, np.float32), prices], axis=1)


class Habits(NamedTuple):
    """What a shopper's tastes and orders bring to both logits, by the profile's S slots."""

    category: npt.NDArray[np.int32]  # (S,) -1 none
    parent: npt.NDArray[np.int32]  # (S,) of the category
    of_category: _Floats  # (2, S) for items of it
    of_parent: _Floats  # (2, S) for items under the same first step
    brand: npt.NDArray[np.int32]  # (R,) of the items looked at last, -1 none


class Standing(NamedTuple):
    """What chances are made of besides requests and candidates."""

    known: Known
    likes: Likes
    kinds: npt.NDArray[np.uint8]  # (placements,)
    own: _Floats  # `item_logits`
    click: tuple[_Floats, _Floats, _Floats]  # the columns of the models
    order: tuple[_Floats, _Floats, _Floats]


@njit(cache=True, nogil=True)
def chances(  # type: ignore[no-untyped-def]  # columns of requests and candidates
    standing, offsets, item, relevance, at_us, placement, profile, pctr, pcvr
) -> None:
    """Write P(click | seen) and P(order | click) of every candidate to `pctr` and `pcvr`, (m,).

    `standing` is a box of `Standing`.
    """
    its = standing.value
    known, read, kinds, own = its.known, its.likes, its.kinds, its.own
    click, order = its.click, its.order
    weights = np.empty((_MODELS, len(click[0])), np.float32)
    weights[0], weights[1] = click[0], order[0]
    size = known.taste.shape[1]
    habits = Habits(
        np.empty(size, np.int32), np.empty(size, np.int32),
        np.empty((_MODELS, size), np.float32), np.empty((_MODELS, size), np.float32),
        np.empty(known.recent.shape[1], np.int32),
    )  # fmt: skip
    liking, like = room(offsets, read)
    _chances(
        known, read, kinds, own, click, order, weights, habits, liking, like, offsets, item,
        relevance, at_us, placement, profile, pctr, pcvr,
    )  # fmt: skip


@borrowing()
def _chances(  # type: ignore[no-untyped-def]  # as `chances`, which makes the room
    known, read, kinds, own, click, order, weights, habits, liking, like, offsets, item, relevance,
    at_us, placement, profile, pctr, pcvr,
) -> None:  # fmt: skip
    for i in range(len(at_us)):
        kind = kinds[placement[i]]
        sine, cosine, scale = moment(at_us[i], profile[i], known.taste)
        now = Moment(int(kind), int(at_us[i]), sine, cosine, int(profile[i]), scale)
        first, last = offsets[i], offsets[i + 1]
        likes(at_us[i], profile[i], item[first:last], read, liking, like)
        of_click, of_order = _request(now, weights[0]), _request(now, weights[1])
        if now.shopper >= 0:
            _learn_habits(now, known, weights, habits)
        for j in range(first, last):
            chosen, match = item[j], relevance[j]
            liked, scene = like[0, j - first], like[1, j - first]
            a = of_click + own[chosen, 0] + match * weights[0, RELEVANCE + kind]
            b = of_order + own[chosen, 1] + match * weights[1, RELEVANCE + kind]
            a += liked * weights[0, LIKE] + scene * weights[0, LIKE + 1]
            b += liked * weights[1, LIKE] + scene * weights[1, LIKE + 1]
            if now.shopper >= 0:
                more_a, more_b = _personal(
                    now.shopper, chosen, own[chosen, 2], known, weights, habits
                )
                a, b = a + more_a, b + more_b
            pctr[j], pcvr[j] = a, b
        for j in range(first, last):
            level = own[item[j], 3]
            pctr[j] = calibrated(pctr[j], kind, level, click[1], click[2])
            pcvr[j] = calibrated(pcvr[j], kind, level, order[1], order[2])


@borrowing(inline="always")
def _request(now: Moment, weights: _Floats) -> np.float32:
    """What a request brings to a logit whatever it is shown."""
    level = weights[now.kind] + now.sine * weights[HOUR] + now.cosine * weights[HOUR + 1]
    return np.float32(level + weights[KNOWN] if now.shopper >= 0 else level)


@borrowing()
def _learn_habits(now: Moment, known: Known, weights: _Floats, habits: Habits) -> None:
    """Write those of one shopper."""
    who = now.shopper
    for s in range(len(habits.category)):
        category = known.taste_category[who, s]
        habits.category[s], habits.parent[s] = category, -1
        if category < 0:
            continue
        habits.parent[s] = known.parent[category]
        taste = known.taste[who, s] * now.scale
        days, weeks = since_ordered(now.at_us, known.ordered_us[who, s])
        for model in range(_MODELS):
            its = weights[model]
            habits.of_parent[model, s] = taste * its[KNOWN + 2]
            habits.of_category[model, s] = (
                taste * its[KNOWN + 1] + days * its[KNOWN + 7] + weeks * its[KNOWN + 8]
            )
    for s in range(len(habits.brand)):
        item = known.recent[who, s]
        habits.brand[s] = known.brand[item] if item >= 0 else -1


@borrowing(inline="always")
def _personal(
    who: int, chosen: int, price: np.float32, known: Known, weights: _Floats, habits: Habits
) -> tuple[np.float32, np.float32]:
    """What a known shopper thinks of an item, for both logits."""
    category, brand = known.category[chosen], known.brand[chosen]
    parent = known.parent[category]
    level = known.price_level[who]
    gap, product = -abs(price - level), price * level
    a = gap * weights[0, KNOWN + 3] + product * weights[0, KNOWN + 4]
    b = gap * weights[1, KNOWN + 3] + product * weights[1, KNOWN + 4]
    for s in range(len(habits.category)):
        if habits.parent[s] == parent:
            a, b = a + habits.of_parent[0, s], b + habits.of_parent[1, s]
            if habits.category[s] == category:
                a, b = a + habits.of_category[0, s], b + habits.of_category[1, s]
    size = len(habits.brand)
    for s in range(size):
        if known.recent[who, s] == chosen:
            newness = np.float32(1 - s / size)
            a, b = a + newness * weights[0, KNOWN + 5], b + newness * weights[1, KNOWN + 5]
        elif brand >= 0 and habits.brand[s] == brand:
            share = np.float32(1 / size)
            a, b = a + share * weights[0, KNOWN + 6], b + share * weights[1, KNOWN + 6]
    return np.float32(a), np.float32(b)
