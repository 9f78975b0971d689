"""What is bought together, and how soon again."""

from __future__ import annotations

import numpy as np

from adunion.simulation.world.types import F32, F64, I32, I64

BASKET_LINES_MAX = 60
"""Of longer orders (wholesale restocking) the first lines are read: they say little of what goes
with what, and their pairs grow with the square."""
DAY_US = 86_400_000_000


def item_pairs(order: I64, item: I64, items: int, most: int) -> tuple[I64, I32, F32]:
    """The items most bought with each item beyond chance, CSR (offsets, item, weight 0..1).

    `order` and `item` are (n,) rows of sold lines. The weight is the lift, n_ij * n / (n_i * n_j),
    shrunk towards 1 for rare pairs and squashed to 0..1.
    """
    left, right, count = _pair_counts(order, item, items)
    orders = len(np.unique(order))
    sold = np.bincount(item, minlength=items).astype(np.float64)
    chance = sold[left] * sold[right] / orders
    lift = (count + 2.0) / (chance + 2.0)
    strong = (count >= 3) & (lift > 1.2)
    left, right, lift = left[strong], right[strong], lift[strong]
    score = count[strong] * np.log(lift)  # often and beyond chance
    ranked = np.lexsort((right, -score, left))
    left, right, lift = left[ranked], right[ranked], lift[ranked]
    place = np.arange(len(left)) - np.searchsorted(left, left)
    keep = place < most
    left, right, lift = left[keep], right[keep], lift[keep]
    by_item = np.lexsort((right, left))
    offsets = np.searchsorted(left, np.arange(items + 1)).astype(np.int64)
    weight = 1.0 - 1.0 / lift[by_item]
    return offsets, right[by_item].astype(np.int32), weight.astype(np.float32)


def leaf_together(order: I64, leaf: I64, leaves: int) -> F64:
    """Orders in which two leaves meet, (L, L); the diagonal is 0."""
    left, right, count = _pair_counts(order, leaf, leaves)
    together = np.zeros((leaves, leaves))
    together[left, right] = count
    np.fill_diagonal(together, 0.0)
    return together


def leaf_complement(together: F64, sold: F64, orders: int) -> F32:
    """0..1: by how much two leaves meet more often than by chance."""
    chance = np.outer(sold, sold) / max(orders, 1)
    lift = (together + 5.0) / (chance + 5.0)
    strength = np.clip(1.5 * (1.0 - 1.0 / np.maximum(lift, 1.0)), 0.0, 1.0)
    np.fill_diagonal(strength, 0.0)
    return np.asarray(strength, np.float32)


def cycle_days(shopper: I64, leaf: I64, at_us: I64, leaves: int) -> F32:
    """Median days between a shopper's purchases of a leaf; all leaves' median where few return.

    Purchases on one day are one.
    """
    day = at_us // DAY_US
    who = shopper * leaves + leaf
    first = int(day.min(initial=0))
    span = int(day.max(initial=0)) - first + 1
    who, day = np.divmod(np.unique(who * span + (day - first)), span)
    again = np.diff(who) == 0
    gap, of_leaf = np.diff(day)[again], who[1:][again] % leaves
    usual = float(np.median(gap)) if len(gap) else 90.0
    cycles = np.full(leaves, usual)
    for row in range(leaves):
        own = gap[of_leaf == row]
        if len(own) >= 20:
            cycles[row] = float(np.median(own))
    return np.asarray(np.maximum(cycles, 5.0), np.float32)


def _pair_counts(order: I64, thing: I64, things: int) -> tuple[I64, I64, I64]:
    """Ordered pairs of things that meet in orders: (left, right, how many orders)."""
    code = np.unique(order * things + thing)
    basket, held = code // things, code % things
    place = np.arange(len(code)) - np.searchsorted(basket, basket)
    basket, held = basket[place < BASKET_LINES_MAX], held[place < BASKET_LINES_MAX]
    pairs = []
    for step in range(1, BASKET_LINES_MAX):
        same = basket[:-step] == basket[step:]
        if not same.any():
            break
        pairs.append(held[:-step][same] * things + held[step:][same])
    if not pairs:
        none = np.zeros(0, np.int64)
        return none, none, none
    code, count = np.unique(np.concatenate(pairs), return_counts=True)
    left, right = code // things, code % things
    return np.r_[left, right], np.r_[right, left], np.r_[count, count].astype(np.int64)
