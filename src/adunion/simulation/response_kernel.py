"""The inner loop of `shopper.respond`: one request, one slot at a time, in numba.

What takes `Facts` or `Asked` is inlined: a call copies their forty arrays, which takes as long as
all that is computed here.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from adunion.kernel.borrowing import borrowing

from .chance import mix, normal, uniform
from .world.types import CART, F32, F64, I8, I32, I64, LINK, SEARCH, U64, Flags

HOUR_US = 3_600_000_000
NEVER = -(2**30)
"""Hour of the last purchase of what was never bought."""

QUANTITY_MAX = 400
DELAY_MAX_US = 14 * 24 * HOUR_US
IMPULSE_SHARE = 0.62  # of orders, that follow the click within minutes
REFUND_WHOLE_SHARE = 0.7  # of refunds
REFUND_PERCENT_MEAN = 40  # of the line, of partial refunds (20 to 60)
PRICE_ELASTICITY = 1.4  # of the order rate, of a shopper of mean sensitivity
TASTE_CLICK, TASTE_ORDER = 0.45, 0.20  # log-odds of a taste of deviation 1
_WEALTH_CLICK, _WEALTH_ORDER = 0.12, 0.20  # of a deviation of price, for one of income
_CART_SHARE = 0.12  # of clicks without an order

# Intercepts of the click by kind of request: search, feed, cart, page, live, link.
_CLICK_BASE = np.array([-2.95, -3.50, -2.80, -3.35, -3.15, 0.0])
_ORDER_BASE = np.array([-2.15, -2.30, -2.10, -2.40, -2.20, -2.10])
_AIPL = np.array([0.0, 0.10, 0.25, 0.45, 0.70])

# What a draw is for.
_DEPTH, _CLICK, _CART, _ORDER, _QUANTITY, _DELAY_KIND, _PAY, _DELIVER = range(1, 9)
_RETURN, _REFUND_KIND, _REFUND_PART, _REFUND_TIME, _DELAY = range(9, 14)  # _DELAY takes two


class Facts(NamedTuple):
    """Columns of the world; names and shapes as in `Truth` and `Items`."""

    leaf: I32
    brand: I32
    list_price: I64
    price: I64  # at present
    leaf_top: I32
    leaf_month: F32
    leaf_scene: F32
    leaf_cycle_days: F32
    leaf_ctr: F32
    leaf_cvr: F32
    leaf_quantity: F32
    leaf_complement: F32
    item_appeal: F32
    item_conversion: F32
    item_taste: F32
    item_words: I32
    item_price_level: F32
    item_return_rate: F32
    item_delivery_days: F32
    pair_offsets: I64
    pair_item: I32
    pair_weight: F32
    shopper_taste: F32
    shopper_affinity: F32
    shopper_income: F32
    shopper_price_sensitivity: F32
    aipl_offsets: I64
    aipl_brand: I32
    aipl_stage: I8
    query_leaf: I32
    query_brand: I32
    query_word: I32


class Asked(NamedTuple):
    """Columns of the traffic; the month (0..11) and part of the week of each request."""

    key: U64
    at_us: I64
    month: I8
    part: I8
    shopper: I32
    kind: I8
    query: I32
    context_offsets: I64
    context_items: I32


class Effects(NamedTuple):
    """Factors of the moment."""

    conversion: float
    returns: float
    delay: float


class Answers(NamedTuple):
    """Arrays (n, K) to fill."""

    seen: Flags
    clicked: Flags
    carted: Flags
    pctr: F32
    pcvr: F32
    expected_gmv: F64
    expected_net: F64


@njit(cache=True)
def answer(
    seed: int,
    facts: Facts,
    asked: Asked,
    effects: Effects,
    item: I32,
    exposures: F32,
    bought_hour: I32,
    out: Answers,
) -> I64:
    """Fill `out`, remember purchases in `bought_hour` (no columns: nobody remembers).

    Returns order lines (m, 9): request, slot, quantity, unit price, ordered, paid, received and
    refunded at (micros, 0 never), refund (minor units).
    """  # fmt: skip
    pieces = np.array([quantity_mean(mean) for mean in facts.leaf_quantity])
    lines = np.empty((item.size, 9), np.int64)  # memory that is not written takes none
    filled = _answer(seed, facts, asked, effects, item, exposures, bought_hour, pieces, out, lines)
    return lines[:filled].copy()


@borrowing()
def _answer(  # type: ignore[no-untyped-def]  # as `answer`, which makes room for the lines
    seed, facts, asked, effects, item, exposures, bought_hour, pieces, out, lines
) -> int:
    count, slots = item.shape
    remembers = bought_hour.shape[1] > 0
    filled = 0
    base = mix(np.uint64(seed))
    for row in range(count):
        key = mix(asked.key[row] ^ base)
        depth = uniform(key, 0, _DEPTH)
        shopper, hour = asked.shopper[row], asked.at_us[row] // HOUR_US
        visit = asked.kind[row] == LINK
        for slot in range(slots):
            what = item[row, slot]
            if what < 0:
                continue
            leaf = facts.leaf[what]
            click_logit, order_logit = logits(facts, asked, row, what)
            pctr = 1.0 if visit else _sigmoid(click_logit)
            if remembers and bought_hour[shopper, leaf] != NEVER:
                days = (hour - bought_hour[shopper, leaf]) / 24.0
                order_logit += math.log(need(days, facts.leaf_cycle_days[leaf]))
            pcvr = min(0.95, effects.conversion * _sigmoid(order_logit))
            out.pctr[row, slot] = pctr
            out.pcvr[row, slot] = pcvr
            price = facts.price[what]
            rate = min(0.95, facts.item_return_rate[what] * effects.returns)
            worth = pctr * pcvr * price * pieces[leaf]
            out.expected_gmv[row, slot] = worth
            out.expected_net[row, slot] = worth * (1.0 - rate * refund_mean())
            out.seen[row, slot] = visit or depth < exposures[row, slot]
            if not out.seen[row, slot]:
                continue
            out.clicked[row, slot] = visit or uniform(key, what, _CLICK) < pctr
            if not out.clicked[row, slot]:
                continue
            ordered = uniform(key, what, _ORDER) < pcvr
            out.carted[row, slot] = ordered or uniform(key, what, _CART) < _CART_SHARE
            if not ordered:
                continue
            lines[filled, 0] = row
            lines[filled, 1] = slot
            _order_line(
                lines[filled], key, what, asked.at_us[row], price, facts.leaf_quantity[leaf],
                facts.item_delivery_days[what], rate, effects.delay,
            )  # fmt: skip
            filled += 1
            if remembers:
                bought_hour[shopper, leaf] = hour
    return filled


@borrowing(inline="always")
def logits(facts: Facts, asked: Asked, row: int, item: int) -> tuple[float, float]:
    """Log odds of a click on a seen item, and of an order after the click."""
    shopper, kind, query = asked.shopper[row], asked.kind[row], asked.query[row]
    leaf = facts.leaf[item]
    top = facts.leaf_top[leaf]
    taste = 0.0
    for dimension in range(facts.item_taste.shape[1]):
        taste += facts.item_taste[item, dimension] * facts.shopper_taste[shopper, dimension]
    tops = facts.shopper_affinity.shape[1]
    fondness = math.log(facts.shopper_affinity[shopper, top] * tops + 0.05)
    fondness = min(max(fondness, -2.0), 2.0)
    fit = 1.0
    if kind == CART:
        fit = _goes_with(facts, asked, row, item, leaf)
    elif query >= 0 and kind != LINK:
        fit = relevance(facts, query, item, leaf, top)
    weight = 0.15 if kind in (SEARCH, LINK) else 0.45
    known = _holds(facts.aipl_offsets, facts.aipl_brand, shopper, facts.brand[item])
    stage = 0.0 if known < 0 else _AIPL[facts.aipl_stage[known]]
    strain = facts.shopper_price_sensitivity[shopper] * (
        facts.item_price_level[item] - 0.6 * facts.shopper_income[shopper]
    )
    wealth = facts.shopper_income[shopper] * facts.item_price_level[item]
    season = math.log(facts.leaf_month[leaf, asked.month[row]])
    scene = 0.0  # who searches then asks for what is wanted then
    if kind not in (SEARCH, LINK):
        scene = math.log(facts.leaf_scene[leaf, asked.part[row]])
    slope = 3.6 if kind == SEARCH else 2.4
    click = (
        _CLICK_BASE[kind] + facts.leaf_ctr[leaf] + facts.item_appeal[item] + TASTE_CLICK * taste
        + weight * fondness + stage - 0.10 * strain + _WEALTH_CLICK * wealth + 0.3 * season
        + scene - slope * (1.0 - fit)
    )  # fmt: skip
    order = (
        _ORDER_BASE[kind] + facts.leaf_cvr[leaf] + facts.item_conversion[item] + TASTE_ORDER * taste
        + 0.5 * stage - 0.16 * strain + _WEALTH_ORDER * wealth + 0.5 * season
        - 0.8 * (1.0 - fit)
    )  # fmt: skip
    change = facts.price[item] / facts.list_price[item]
    if change != 1.0:
        dearer = math.log(change) * facts.shopper_price_sensitivity[shopper]
        order -= PRICE_ELASTICITY * dearer
        click -= 0.4 * dearer
    return click, order


@borrowing(inline="always")
def relevance(facts: Facts, query: int, item: int, leaf: int, top: int) -> float:
    """Planted relevance 0..1: the leaf asked for, then the brand or attribute asked for."""
    asked_leaf = facts.query_leaf[query]
    if asked_leaf >= 0 and asked_leaf != leaf:
        return 0.25 if facts.leaf_top[asked_leaf] == top else 0.02
    brand, word = facts.query_brand[query], facts.query_word[query]
    if brand >= 0 and brand != facts.brand[item]:
        return 0.65
    if word < 0:
        return 1.0
    for each in facts.item_words[item]:
        if each == word:
            return 1.0
    return 0.75 if asked_leaf >= 0 else 0.02


@njit(cache=True)
def need(days: float, cycle_days: float) -> float:
    """Factor on the order rate some days after the last purchase: sated, then due, then as ever."""
    turn = days / cycle_days
    sated = 1.0 - 0.9 * math.exp(-((turn / 0.4) ** 2))
    due = 1.4 * math.exp(-(((turn - 1.0) / 0.2) ** 2))
    return sated + due


@njit(cache=True)
def quantity_mean(mean: float) -> float:
    """Mean of the quantity drawn: geometric from 1, cut at QUANTITY_MAX."""
    more = 1.0 - 1.0 / mean
    return (1.0 - more**QUANTITY_MAX) / (1.0 - more)


@njit(cache=True)
def refund_mean() -> float:
    """Mean share of a returned line that is refunded."""
    return REFUND_WHOLE_SHARE + (1.0 - REFUND_WHOLE_SHARE) * REFUND_PERCENT_MEAN / 100.0


@borrowing()
def _order_line(
    line: I64,
    key: np.uint64,
    item: int,
    at_us: int,
    price: int,
    quantity_of_leaf: float,
    delivery_days: float,
    return_rate: float,
    delay: float,
) -> None:
    """Fill columns 2 to 8 of one order line."""  # fmt: skip
    quantity = 1
    more = 1.0 - 1.0 / quantity_of_leaf
    if more > 1e-9:
        drawn = 1.0 + math.floor(math.log(uniform(key, item, _QUANTITY)) / math.log(more))
        quantity = int(min(drawn, QUANTITY_MAX))
    spread = math.exp(1.1 * normal(key, item, _DELAY))
    impulse = uniform(key, item, _DELAY_KIND) < IMPULSE_SHARE
    after = (0.1 if impulse else 20.0) * spread * delay * HOUR_US
    ordered = at_us + int(min(after, DELAY_MAX_US * max(delay, 1.0))) + 1_000_000
    paid = ordered + int((0.005 + 0.15 * uniform(key, item, _PAY)) * HOUR_US)
    travel = delivery_days * (0.7 + 0.6 * uniform(key, item, _DELIVER))
    received = paid + int(travel * 24 * HOUR_US)
    line[2], line[3], line[4], line[5], line[6] = quantity, price, ordered, paid, received
    line[7], line[8] = 0, 0
    if uniform(key, item, _RETURN) >= return_rate:
        return
    percent = 100
    if uniform(key, item, _REFUND_KIND) >= REFUND_WHOLE_SHARE:
        percent = 20 + int(uniform(key, item, _REFUND_PART) * 41)
    line[7] = received + int((0.5 + 8.0 * uniform(key, item, _REFUND_TIME)) * 24 * HOUR_US)
    line[8] = max(1, quantity * price * percent // 100)


@borrowing(inline="always")
def _goes_with(facts: Facts, asked: Asked, row: int, item: int, leaf: int) -> float:
    """How well an item completes the cart, 0..1; another of the same kind does not."""
    start, stop = asked.context_offsets[row], asked.context_offsets[row + 1]
    best = 0.15 if start == stop else 0.0
    same = False
    for at in range(start, stop):
        held = asked.context_items[at]
        if _holds(facts.pair_offsets, facts.pair_item, held, item) >= 0:
            return 1.0
        if facts.leaf[held] == leaf:
            same = True
        best = max(best, 0.8 * facts.leaf_complement[facts.leaf[held], leaf])
    return 0.05 if same else best


@borrowing(inline="always")
def _holds(offsets: I64, values: I32, row: int, wanted: int) -> int:
    """Where a CSR row holds a value, -1 nowhere."""
    for at in range(offsets[row], offsets[row + 1]):
        if values[at] == wanted:
            return int(at)
    return -1


@njit(cache=True)
def _sigmoid(logit: float) -> float:
    return 1.0 / (1.0 + math.exp(-logit))
