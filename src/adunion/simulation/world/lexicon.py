"""The vocabulary as columns: leaves, brands and attribute ids that items and queries share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .types import F32, I32, Leaves
from .vocabulary import Leaf, Text, Top, load


@dataclass(frozen=True)
class Lexicon:
    """Categories in a row, with numbers for their brands and attributes."""

    tops: tuple[Top, ...]

    @cached_property
    def leaves(self) -> tuple[Leaf, ...]:
        """All leaves, those of one top side by side."""
        return tuple(leaf for top in self.tops for leaf in top.leaves)

    @cached_property
    def leaf_top(self) -> I32:
        """The top of each leaf, shape (L,)."""
        sizes = [len(top.leaves) for top in self.tops]
        return np.repeat(np.arange(len(self.tops)), sizes).astype(np.int32)

    @cached_property
    def brands(self) -> tuple[Text, ...]:
        """All brands, those of one top side by side."""
        return tuple(brand for top in self.tops for brand in top.brands)

    @cached_property
    def brand_top(self) -> I32:
        """The top of each brand."""
        sizes = [len(top.brands) for top in self.tops]
        return np.repeat(np.arange(len(self.tops)), sizes).astype(np.int32)

    @cached_property
    def word_ids(self) -> dict[str, int]:
        """Attribute id of each Chinese noun, word and spec; the same word has one id everywhere."""
        texts = (
            text[0] for leaf in self.leaves for text in (*leaf.nouns, *leaf.words, *leaf.specs)
        )
        return {text: row for row, text in enumerate(dict.fromkeys(texts))}

    @cached_property
    def leaf_share(self) -> F32:
        """Share of demand of each leaf, shape (L,), sums to 1."""
        weights = np.array(
            [
                top.share * leaf.share / sum(other.share for other in top.leaves)
                for top in self.tops
                for leaf in top.leaves
            ],
            np.float32,
        )
        return np.asarray(weights / weights.sum(), np.float32)

    def complements(self) -> F32:
        """How well leaf j goes with leaf i, shape (L, L); half as well the other way round."""
        rows = {leaf.name[0]: row for row, leaf in enumerate(self.leaves)}
        strength = np.zeros((len(rows), len(rows)), np.float32)
        for row, leaf in enumerate(self.leaves):
            for rank, name in enumerate(leaf.goes_with):
                other = rows[name]
                strength[row, other] = max(strength[row, other], 1.0 - 0.12 * rank)
                strength[other, row] = max(strength[other, row], 0.5 - 0.06 * rank)
        return strength

    def table(self) -> Leaves:
        """The leaves as the platform sees them."""
        return Leaves(
            path=[f"{self.tops[t].name[0]} > {leaf.name[0]}" for t, leaf in self._pairs()],
            path_en=[f"{self.tops[t].name[1]} > {leaf.name[1]}" for t, leaf in self._pairs()],
            top=self.leaf_top,
            top_names=[top.name[0] for top in self.tops],
            top_names_en=[top.name[1] for top in self.tops],
        )

    def _pairs(self) -> list[tuple[int, Leaf]]:
        return list(zip(self.leaf_top.tolist(), self.leaves, strict=True))


def lexicon() -> Lexicon:
    """The shipped vocabulary."""
    return Lexicon(load())
