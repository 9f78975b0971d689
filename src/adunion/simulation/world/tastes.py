"""Lasting likings beyond categories, no stronger than real orders tell (bench/taste.py).

A shopper and an item are points of TASTES dimensions. An item's is a sum: of its brand, of what its
title says of look and make, and of itself. None of it is a feature of the platform's: two brands
near each other please the same people, which no name tells.
"""

from __future__ import annotations

import numpy as np

from adunion.kernel.clock import generator

from .types import F32, F64, I8, I32

TASTES = 8
"""Dimensions of taste."""
BOTH = 0.65
"""Weight of a taste in the log-odds of a choice: of a click and of an order after it."""
BRAND = 0.55 / BOTH
"""Deviation of the log-odds of a choice; with the brands that are known (AIPL) it is .58."""
SPEC, WORD = 0.29 / BOTH, 0.20 / BOTH
"""Of a size, colour or pack, and of each other word."""
OWN = 0.40
"""Of the item itself: assumed."""
SCENE = 0.058
"""Deviation of the log demand of a leaf between parts of the week."""
PARTS_OF_WEEK = ("night", "commute", "work", "evening", "weekend")


def item_tastes(brand: F64, own: F64, words: F64) -> F32:
    """(n, TASTES) of items; parts are (n, TASTES) standard normal, `words` sums with weights."""
    return np.asarray((BRAND * brand + OWN * own + words) / np.sqrt(TASTES), np.float32)


def word_tastes(seed: int, words: I32, weights: tuple[float, ...]) -> F64:
    """(n, TASTES) of attribute ids (n, A), -1 none, each column with its weight."""
    rng = generator(seed, 53)
    table = rng.normal(size=(int(words.max(initial=-1)) + 2, TASTES))
    table[-1] = 0
    total: F64 = np.einsum("nad,a->nd", table[words], np.array(weights))
    return total


def leaf_scenes(seed: int, leaves: int) -> F32:
    """(L, parts of the week): how much more than usual a leaf is wanted then, about 1."""
    drawn = generator(seed, 54).normal(0, SCENE, (leaves, len(PARTS_OF_WEEK)))
    return np.exp(drawn).astype(np.float32)


def part_of_week() -> I8:
    """The part of each hour of the local week, (168,), Monday first."""
    hour, day = np.arange(168) % 24, np.arange(168) // 24
    commute = ((hour >= 7) & (hour < 9)) | ((hour >= 17) & (hour < 19))
    work = (hour >= 9) & (hour < 17)
    return np.select([hour < 6, day >= 5, commute, work], [0, 4, 1, 2], 3).astype(np.int8)
