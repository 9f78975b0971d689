"""The inner loop of `traffic.traffic`: one request at a time, in numba."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from .chance import uniform
from .world.types import CART, F32, F64, I8, I16, I32, I64, LINK, LIVE, PAGE, SEARCH, U64

_HOUR_US = 3_600_000_000
_TRIES = 4  # to find someone awake, or interested in a publisher's topic
_NEED_SHARE = 0.35  # of requests that follow from a need where one is due
_VIEWING_SHARE = 0.3  # of feed requests made beside an item being viewed

# What a draw is for.
_KIND, _WHO, _AWAKE, _NEED, _WHICH_NEED, _TOP, _LEAF, _WORDS, _PLACE, _LINK = range(1, 11)
_CARTED, _ITEM, _TOPIC = range(11, 14)


class Crowd(NamedTuple):
    """Shoppers and goods; `mass` columns are running sums."""

    offset_hours: int
    activity: F64  # (U,) running sum
    peak_hour: F32
    affinity: F32
    need_leaf: I16
    need_phase_days: F32
    cycle_days: F32
    locale: I8
    leaf_order: I64  # leaves sorted by top
    top_offsets: I64
    leaf_mass: F64  # (parts of the week, L) running sums
    part_of_week: I8  # (168,) of the local hours
    item_order: I64  # items sorted by leaf
    leaf_offsets: I64
    item_mass: F64
    item_leaf: I32
    complement: F32


class Words(NamedTuple):
    """Texts sorted by (kind, locale, leaf)."""

    order: I64
    offsets: I64
    mass: F64


class Outlets(NamedTuple):
    """Where requests come from."""

    share: F64  # (6,) running sum of the mix
    first_placement: I64  # (6,)
    placement_mass: F64  # (6, q) running sums of reach
    placement_publisher: I32
    audience: F64  # (p, tops) running sums
    link_publisher: I32
    link_item: I32
    link_mass: F64
    leaf_top: I32


class Asks(NamedTuple):
    """Columns to fill, -1 none."""

    shopper: I32
    kind: I8
    placement: I16
    publisher: I32
    link: I32
    query: I32
    context: I32  # (n, 3)


@njit(cache=True)
def ask(key: U64, at_us: I64, crowd: Crowd, words: Words, outlets: Outlets, out: Asks) -> None:
    """Fill `out` for requests at times `at_us`."""
    for row in range(len(key)):
        draw = key[row]
        days = at_us[row] / (24.0 * _HOUR_US)
        hour = (at_us[row] / _HOUR_US + crowd.offset_hours) % 24.0
        kind = _pick(outlets.share, 0, len(outlets.share), uniform(draw, 0, _KIND))
        out.kind[row] = kind
        topic = -1
        if kind == LINK:
            link = _pick(outlets.link_mass, 0, len(outlets.link_mass), uniform(draw, 0, _LINK))
            out.link[row] = link
            out.publisher[row] = outlets.link_publisher[link]
            out.context[row, 0] = outlets.link_item[link]
            topic = outlets.leaf_top[crowd.item_leaf[outlets.link_item[link]]]
        elif kind in (PAGE, LIVE):
            mass = outlets.placement_mass[kind]
            place = _pick(mass, 0, len(mass), uniform(draw, 0, _PLACE))
            out.placement[row] = place
            publisher = outlets.placement_publisher[place]
            out.publisher[row] = publisher
            audience = outlets.audience[publisher]
            topic = _pick(audience, 0, len(audience), uniform(draw, 0, _TOPIC))
        else:
            out.placement[row] = outlets.first_placement[kind]
        shopper = _someone(crowd, draw, hour, topic)
        out.shopper[row] = shopper
        if kind == LINK:
            continue
        part = crowd.part_of_week[int(at_us[row] // _HOUR_US + crowd.offset_hours + 72) % 168]
        leaf = _wanted(crowd, draw, shopper, days, topic, crowd.leaf_mass[part])
        if kind in (SEARCH, PAGE, LIVE):
            out.query[row] = _text(words, crowd, draw, kind, shopper, leaf)
        elif kind == CART:
            _fill_cart(crowd, draw, leaf, out.context[row])
        elif uniform(draw, 0, _CARTED) < _VIEWING_SHARE:
            out.context[row, 0] = _item_of(crowd, leaf, uniform(draw, 0, _ITEM))


@njit(cache=True)
def _pick(mass: F64, start: int, stop: int, chance: float) -> int:
    """A row of [start, stop) by its share of a running sum."""
    low = mass[start - 1] if start > 0 else 0.0
    point = low + chance * (mass[stop - 1] - low)
    left, right = start, stop - 1
    while left < right:
        middle = (left + right) // 2
        if mass[middle] <= point:
            left = middle + 1
        else:
            right = middle
    return left


@njit(cache=True)
def _someone(crowd: Crowd, key: np.uint64, hour: float, topic: int) -> int:
    """A shopper by activity, more likely near the peak hour and with a liking for the topic."""
    shopper = 0
    for turn in range(_TRIES):
        shopper = _pick(crowd.activity, 0, len(crowd.activity), uniform(key, turn, _WHO))
        away = abs(hour - crowd.peak_hour[shopper])
        away = min(away, 24.0 - away)
        liking = 0.25 + 0.75 * math.exp(-((away / 5.0) ** 2))
        if topic >= 0:
            tops = crowd.affinity.shape[1]
            liking *= min(1.0, 0.1 + 0.45 * crowd.affinity[shopper, topic] * tops)
        if uniform(key, turn, _AWAKE) < liking:
            break
    return shopper


@njit(cache=True)
def _wanted(
    crowd: Crowd, key: np.uint64, shopper: int, days: float, topic: int, leaf_mass: F64
) -> int:
    """The leaf a request is about: a due need, else a liked category (or the publisher's)."""
    if topic < 0:
        turns = crowd.need_leaf.shape[1]
        turn = int(uniform(key, 0, _WHICH_NEED) * turns)
        leaf = crowd.need_leaf[shopper, turn]
        if leaf >= 0 and uniform(key, 0, _NEED) < _NEED_SHARE * turns / 2:
            cycle = crowd.cycle_days[leaf]
            if (crowd.need_phase_days[shopper, turn] + days) % cycle > 0.8 * cycle:
                return int(leaf)
    if topic < 0:
        point = uniform(key, 0, _TOP)
        topic = crowd.affinity.shape[1] - 1
        for each in range(crowd.affinity.shape[1]):
            point -= crowd.affinity[shopper, each]
            if point < 0:
                topic = each
                break
    start, stop = crowd.top_offsets[topic], crowd.top_offsets[topic + 1]
    low = leaf_mass[start - 1] if start > 0 else 0.0
    if stop == start or leaf_mass[stop - 1] <= low:  # nothing of it is sold here
        start, stop = 0, len(crowd.leaf_order)
    return int(crowd.leaf_order[_pick(leaf_mass, start, stop, uniform(key, 0, _LEAF))])


@njit(cache=True)
def _text(words: Words, crowd: Crowd, key: np.uint64, kind: int, shopper: int, leaf: int) -> int:
    """A query or topic of a leaf in the shopper's language; any of the leaf where there is none."""
    leaves = crowd.complement.shape[0]
    for turn in range(2):
        language = crowd.locale[shopper] if turn == 0 else 1 - crowd.locale[shopper]
        cell = (kind * 2 + language) * leaves + leaf
        start, stop = words.offsets[cell], words.offsets[cell + 1]
        if stop > start:
            return int(words.order[_pick(words.mass, start, stop, uniform(key, 0, _WORDS))])
    return -1


@njit(cache=True)
def _item_of(crowd: Crowd, leaf: int, chance: float) -> int:
    """An item of a leaf by popularity, -1 where there is none."""
    start, stop = crowd.leaf_offsets[leaf], crowd.leaf_offsets[leaf + 1]
    if stop == start:
        return -1
    return int(crowd.item_order[_pick(crowd.item_mass, start, stop, chance)])


@njit(cache=True)
def _fill_cart(crowd: Crowd, key: np.uint64, leaf: int, cart: I32) -> None:
    """One to three items: the wanted one, then things that go with it."""
    cart[0] = _item_of(crowd, leaf, uniform(key, 0, _ITEM))
    size = 1 + int(uniform(key, 0, _CARTED) ** 2 * 3)
    for turn in range(1, size):
        other = _companion(crowd.complement, leaf, uniform(key, turn, _CARTED))
        if other < 0:
            return
        found = _item_of(crowd, other, uniform(key, turn, _ITEM))
        if found >= 0 and found != cart[0] and found != cart[1]:
            cart[turn] = found


@njit(cache=True)
def _companion(complement: F32, leaf: int, chance: float) -> int:
    """A leaf that goes with a leaf, by how well it does; -1 where nothing does."""
    total = 0.0
    for each in range(complement.shape[0]):
        total += complement[leaf, each]
    point = chance * total
    for each in range(complement.shape[0]):
        point -= complement[leaf, each]
        if point < 0:
            return each
    return -1
