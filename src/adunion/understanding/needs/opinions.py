"""Reviews as a source: which products do people name where they write of the same thing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .words import NameFinder, PhraseIndex

REVIEWS_MAX = 15_000  # of more, evenly chosen ones
_NEAREST = 60
_LEAST_MATCH = 0.25
_QUOTE_CHARS = 60


@dataclass(frozen=True)
class Opinion:
    """A product that reviews near a text name."""

    product: int
    strength: float
    reviews: int
    of: int
    quote: str


class Opinions:
    """Reviews by their words, and the products that each names."""

    def __init__(self, reviews: Sequence[str], finder: NameFinder) -> None:
        distinct = list(dict.fromkeys(text[:300] for text in reviews))
        self._reviews = distinct[:: -(-len(distinct) // REVIEWS_MAX) or 1]
        self._index = PhraseIndex(self._reviews)
        self._named = [
            frozenset(mention.product for mention in finder.find(text)) for text in self._reviews
        ]
        self._share: dict[int, float] = {}
        for named in self._named:
            for product in named:
                self._share[product] = self._share.get(product, 0) + 1 / len(self._reviews)

    def __len__(self) -> int:
        return len(self._reviews)

    def about(self, text: str) -> list[Opinion]:
        """Products named in the nearest reviews beyond their share of all reviews."""
        fit = self._index.covered(text)
        near = np.argsort(-fit, kind="stable")[:_NEAREST]
        near = near[fit[near] >= _LEAST_MATCH]
        counts: dict[int, list[int]] = {}
        for row in near.tolist():
            for product in self._named[row]:
                counts.setdefault(product, []).append(row)
        out = []
        for product, rows in counts.items():
            lift = len(rows) / len(near) - self._share[product]
            if len(rows) >= 2 and lift > 0.02:
                quote = self._reviews[rows[0]][:_QUOTE_CHARS]
                out.append(
                    Opinion(product, float(min(2 * np.sqrt(lift), 1)), len(rows), len(near), quote)
                )
        return sorted(out, key=lambda each: -each.strength)
