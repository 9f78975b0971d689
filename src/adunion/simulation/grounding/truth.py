"""The hidden side of a grounded world's goods: rhythm, seasons, baskets, returns, qualities."""

from __future__ import annotations

from typing import Any

import numpy as np

from adunion.kernel.clock import generator
from adunion.simulation.world.tastes import TASTES, WORD, item_tastes, leaf_scenes, word_tastes
from adunion.simulation.world.types import F64, I32, I64

from .baskets import DAY_US, cycle_days, item_pairs, leaf_complement
from .orders import OrderColumns
from .sales import Sold, return_rates
from .titles import Titles

_PAIRS = 10
_LIKED_WORDS = (
    0.0,
    WORD,
    WORD,
    WORD,
    WORD,
    0.0,
    0.0,
    0.0,
)  # from the end: the first is the product
_QUANTITY_MEAN_MAX = 24.0  # wholesale orders of thousands say nothing about a shopper


def rhythm(sold: Sold) -> dict[str, Any]:
    """Orders by hour and weekday; an hour without any keeps a fiftieth of the mean."""
    hour = np.bincount(sold.at_us // 3_600_000_000 % 24, minlength=24).astype(np.float32)
    weekday = np.bincount((sold.at_us // DAY_US + 3) % 7, minlength=7).astype(np.float32)
    return {
        "utc_offset_hours": 0,
        "hour_weight": np.maximum(hour / hour.mean(), 0.02),
        "weekday_weight": np.maximum(weekday / weekday.mean(), 0.02),
    }


def leaf_truth(sold: Sold, leaf: I64, together: F64, leaves: int, seed: int) -> dict[str, Any]:
    """Seasons, cycles, quantities and complements of leaves; named as in `Truth`."""
    size = np.bincount(leaf, minlength=leaves).astype(np.float64)
    month = sold.at_us.astype("M8[us]").astype("M8[M]").astype(np.int64) % 12
    by_month = np.zeros((leaves, 12))
    np.add.at(by_month, (leaf, month), 1.0)
    usual = np.outer(size / size.sum(), by_month.sum(0))
    season = (by_month + 20.0) / (usual + 20.0)  # shrunk; months the file lacks are usual
    usual_most = np.quantile(sold.quantity, 0.99)
    pieces = np.bincount(leaf, np.minimum(sold.quantity, usual_most), leaves) / np.maximum(size, 1)
    known = sold.shopper >= 0
    zero = np.zeros(leaves, np.float32)
    orders = int(sold.order.max()) + 1
    in_orders = np.bincount(np.unique(sold.order * leaves + leaf) % leaves, minlength=leaves)
    return {
        "leaf_popularity": (size / size.sum()).astype(np.float32),
        "leaf_month": (season / season.mean(1, keepdims=True)).astype(np.float32),
        "leaf_scene": leaf_scenes(seed, leaves),
        "leaf_cycle_days": cycle_days(sold.shopper[known], leaf[known], sold.at_us[known], leaves),
        "leaf_ctr": zero,
        "leaf_cvr": zero,
        "leaf_quantity": np.clip(pieces, 1.0, _QUANTITY_MEAN_MAX).astype(np.float32),
        "leaf_complement": leaf_complement(together, in_orders.astype(np.float64), orders),
    }


def item_truth(
    lines: OrderColumns, sold: Sold, facts: Titles, price: I64, popularity: F64, seed: int
) -> dict[str, Any]:
    """Popularity, pairs and returns of items from the file, their qualities drawn around them."""
    rng = generator(seed, 63)
    count = len(price)
    sizes = np.bincount(facts.leaf)
    log_sales, log_price = np.log(popularity + 1.0), np.log(price.astype(np.float64))
    fame = _within(log_sales, facts.leaf, sizes)
    returns = return_rates(lines, sold)
    offsets, partner, weight = item_pairs(sold.order, sold.item, count, _PAIRS)
    in_leaf = np.bincount(facts.leaf, popularity)
    f32 = np.float32
    return {
        "item_appeal": (0.45 * fame + 0.35 * rng.normal(size=count)).astype(f32),
        "item_conversion": (0.30 * fame + 0.25 * rng.normal(size=count)).astype(f32),
        "item_popularity": (popularity / in_leaf[facts.leaf]).astype(f32),
        "item_taste": item_tastes(
            np.zeros((count, TASTES)),
            rng.normal(size=(count, TASTES)),
            word_tastes(seed, facts.item_words, _LIKED_WORDS),
        ),
        "item_words": facts.item_words,
        "item_price_level": _within(log_price, facts.leaf, sizes).astype(f32),
        "item_return_rate": returns.astype(f32),
        "item_delivery_days": (1.5 + rng.gamma(4.0, 0.5, count)).astype(f32),
        "item_experience": np.clip(0.7 - 2.0 * returns, 0.0, 1.0).astype(f32),
        "pair_offsets": offsets,
        "pair_item": partner,
        "pair_weight": weight,
    }


def _within(value: F64, leaf: I32, sizes: I64) -> F64:
    """Standard deviations from the leaf's mean, at most 2.5 either way."""
    mean = np.bincount(leaf, value) / np.maximum(sizes, 1)
    centred: F64 = value - mean[leaf]
    return np.clip(centred / max(float(centred.std()), 1e-6), -2.5, 2.5)
