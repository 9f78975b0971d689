"""Items that answer a need: found by its names in a catalog, in Chinese and English."""

from __future__ import annotations

from adunion.catalog.types import CatalogSnapshot
from adunion.understanding.lexical import LexicalIndex

from .types import Item

ITEMS_MAX = 3
_LEAST = 0.35


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
            rows, scores = self._index.search(name, most * 4)
            for row, score in zip(rows.tolist(), scores.tolist(), strict=True):
                best[row] = max(best.get(row, 0.0), score)
        ranked = sorted(best.items(), key=lambda pair: (-pair[1], pair[0]))[:most]
        return tuple(
            Item(self._snapshot.ids[row], self._snapshot.titles[row], score)
            for row, score in ranked
            if score >= _LEAST
        )
