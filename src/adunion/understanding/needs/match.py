"""Items that answer a need: their titles say one of its names whole, or nearly."""

from __future__ import annotations

from adunion.catalog.types import CatalogSnapshot
from adunion.understanding.lexical import LexicalIndex
from adunion.understanding.tokens import tokens

from .types import Item

ITEMS_MAX = 3
_LEAST = 0.35
_SURE = 0.8  # relevance of an item whose title need not say the whole name


class ItemMatcher:
    """Finds a catalog's items by a need's names; what was found is remembered."""

    def __init__(self, snapshot: CatalogSnapshot, index: LexicalIndex) -> None:
        self._snapshot = snapshot
        self._index = index
        self._known: dict[tuple[str, ...], tuple[Item, ...]] = {}

    def items(self, *names: str, most: int = ITEMS_MAX) -> tuple[Item, ...]:
        """The best items for any of the names."""
        if names not in self._known:
            self._known[names] = self._find(names, most)
        return self._known[names]

    def _find(self, names: tuple[str, ...], most: int) -> tuple[Item, ...]:
        best: dict[int, float] = {}
        for name in names:
            said = set(tokens(name))
            rows, scores = self._index.search(name, most * 4)
            for row, score in zip(rows.tolist(), scores.tolist(), strict=True):
                if score >= _SURE or (said and said <= self._words(row)):
                    best[row] = max(best.get(row, 0.0), score)
        ranked = sorted(best.items(), key=lambda pair: (-pair[1], pair[0]))[:most]
        return tuple(
            Item(self._snapshot.ids[row], self._snapshot.titles[row], score)
            for row, score in ranked
            if score >= _LEAST
        )

    def _words(self, row: int) -> set[str]:
        return set(tokens(f"{self._snapshot.titles[row]} {self._snapshot.titles_en[row]}"))
