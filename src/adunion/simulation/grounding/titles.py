"""Finds categories in titles: an item belongs to the word of its title that ends most titles.

English titles put the product last (WHITE HANGING HEART T-LIGHT HOLDER), and so do Chinese ones,
whose last two characters stand for it where nothing splits them. Product words that are bought
together make one top category.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

import numpy as np

from adunion.kernel.clock import generator
from adunion.simulation.world.types import F64, I32, I64

WORDS_MAX = 8
"""Words of a title that are kept."""
_WORD = re.compile(r"[a-z]{2,}|[一-鿿]+")
_PLAIN = frozenset(
    "of the and with in on for set sets pack packs assorted small large medium mini big asstd pc "
    "pcs piece pieces cm mm ml kg design designs vintage retro christmas colour colours color "
    "size red blue pink white black green "
    "ivory cream yellow purple orange silver gold brown grey turquoise clear".split()
)
_OTHER = "other"


@dataclass(frozen=True)
class Titles:
    """What the titles of n items say."""

    words: list[str]  # distinct, lower case, singular
    item_words: I32  # (n, WORDS_MAX) rows in words, -1 padded
    leaf: I32  # (n,)
    leaf_names: list[str]


def tokens(title: str) -> list[str]:
    """Words of a title, lower case; Chinese runs as their last two characters."""
    return [word[-2:] if word >= "一" else word for word in _WORD.findall(title.lower())]


def singular(word: str, known: set[str]) -> str:
    """The word without its plural ending, if that is a known word."""
    for ending in ("s", "es"):
        if word.endswith(ending) and word[: -len(ending)] in known:
            return word[: -len(ending)]
    return word


def understand(titles: list[str], leaf_items_min: int) -> Titles:
    """Words and leaves of items; a product word with fewer items than asked for is `other`."""
    raw = [tokens(title) for title in titles]
    known_words = {word for words in raw for word in words}
    split = [[singular(word, known_words) for word in words] for words in raw]
    last = Counter(head for head in map(_head, split) if head)
    known = {word for word, count in last.items() if count >= leaf_items_min}
    heads = [
        max((word for word in words if word in known), key=last.__getitem__, default=_OTHER)
        for words in split
    ]
    names = sorted(set(heads))
    rows = {name: row for row, name in enumerate(names)}
    vocabulary = sorted({word for words in split for word in words})
    ids = {word: row for row, word in enumerate(vocabulary)}
    item_words = np.full((len(titles), WORDS_MAX), -1, np.int32)
    for row, words in enumerate(split):
        kept = list(dict.fromkeys(reversed(words)))[:WORDS_MAX]
        item_words[row, : len(kept)] = [ids[word] for word in kept]
    leaf = np.array([rows[head] for head in heads], np.int32)
    return Titles(vocabulary, item_words, leaf, names)


def group(together: F64, size: I64, count: int, seed: int) -> I32:
    """Put leaves that are bought together into at most `count` groups; returns (L,) group.

    Spherical k-means over each leaf's co-purchase beyond chance (positive log lift); numbered so
    that every group has a leaf.
    """
    total = together.sum()
    chance = np.outer(together.sum(1), together.sum(0)) / max(total, 1.0)
    profile = np.maximum(np.log((together + 5.0) / (chance + 5.0)), 0.0)
    np.fill_diagonal(profile, profile.max(1) + 0.1)
    profile /= np.linalg.norm(profile, axis=1, keepdims=True)
    rng = generator(seed, 61)
    count = min(count, len(size))
    weight = size / size.sum()
    centres = profile[rng.choice(len(size), count, replace=False, p=weight)]
    nearest = np.zeros(len(size), np.int64)
    for _ in range(25):
        nearest = (profile @ centres.T).argmax(1)
        for row in np.unique(nearest):
            middle = profile[nearest == row].sum(0)
            centres[row] = middle / np.linalg.norm(middle)
    return np.unique(nearest, return_inverse=True)[1].astype(np.int32)


def _head(words: list[str]) -> str:
    return next((word for word in reversed(words) if word not in _PLAIN), "")
