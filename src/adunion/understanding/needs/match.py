"""Items that answer a need: they say one of its names whole, or what it is a kind of."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from adunion.catalog.types import CatalogSnapshot
from adunion.understanding.lexical import LexicalIndex

from .knowledge import Knowledge
from .types import Item

ITEMS_MAX = 3
_CHINESE = re.compile(r"[\u4e00-\u9fff]{3,}")
_HEAD_RELEVANCE = 0.6

Rows = npt.NDArray[np.int32]
Scores = npt.NDArray[np.float32]


class ItemMatcher:
    """Finds a catalog's items by a need's names; what was found is remembered."""

    def __init__(
        self, snapshot: CatalogSnapshot, index: LexicalIndex, knowledge: Knowledge | None = None
    ) -> None:
        self._snapshot = snapshot
        self._index = index
        self._knowledge = knowledge
        self._known: dict[tuple[str, ...], tuple[Item, ...]] = {}

    def items(self, *names: str, kind: str = "", most: int = ITEMS_MAX) -> tuple[Item, ...]:
        """The best items for any of the names; `kind` as in `answering`."""
        asked = (kind, *names)
        if asked not in self._known:
            rows, scores = answering(self._index, *names, kind=kind, knowledge=self._knowledge)
            self._known[asked] = tuple(
                Item(self._snapshot.ids[row], self._snapshot.titles[row], score)
                for row, score in zip(rows[:most].tolist(), scores[:most].tolist(), strict=True)
            )
        return self._known[asked]


def answering(
    index: LexicalIndex, *names: str, kind: str = "", knowledge: Knowledge | None = None
) -> tuple[Rows, Scores]:
    """Items that say one of the names whole, and their relevance to it, best first.

    Where none does, those of the same `kind` (a category's name) that say the last half of a
    Chinese name, which tells what the thing is: formula (奶粉) of the kind 母婴 answers a need of
    low-allergen formula (低敏奶粉), at a lower relevance. Any other part of a name is no answer:
    low-allergen dog food (低敏狗粮) feeds no baby. Nor does a name within that of another thing
    which the `knowledge` tells apart.
    """
    rows, scores = _saying(index, names, knowledge=knowledge)
    if len(rows) or not kind:
        return rows, scores
    heads = [name[len(name) // 2 :] for name in names if _CHINESE.fullmatch(name)]
    rows, scores = _saying(index, heads, index.saying(kind))
    return rows, scores * np.float32(_HEAD_RELEVANCE)


def _saying(
    index: LexicalIndex, names: Sequence[str], within: Rows | None = None,
    knowledge: Knowledge | None = None,
) -> tuple[Rows, Scores]:  # fmt: skip
    """The items that say any of the names, each with its best relevance, best first."""
    found = [_naming(index, name, knowledge) for name in names]
    if within is not None:
        found = [rows[np.isin(rows, within)] for rows in found]
    scored = [index.relevance(name, rows) for name, rows in zip(names, found, strict=True)]
    rows = np.concatenate([np.zeros(0, np.int32), *found])
    scores = np.concatenate([np.zeros(0, np.float32), *scored])
    order = np.argsort(-scores, kind="stable")
    _, first = np.unique(rows[order], return_index=True)
    kept = order[np.sort(first)]
    return rows[kept], scores[kept]


def _naming(index: LexicalIndex, name: str, knowledge: Knowledge | None) -> Rows:
    """The items that say a name, but not only within the name of another thing."""
    rows = index.saying(name)
    for longer in knowledge.beyond(name) if knowledge and len(rows) else ():
        rows = rows[~np.isin(rows, index.saying(longer))]
    return rows
