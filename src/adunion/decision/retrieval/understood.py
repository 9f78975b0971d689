"""What understanding gives to retrieval: each part is made elsewhere and may be absent."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit

from adunion.catalog.types import CatalogSnapshot
from adunion.understanding.baskets.lists import companions
from adunion.understanding.needs.pools import NeedPools, Pool

from .answers import best_first
from .intent import BESIDE
from .types import Floats, Ints, Lists

_MERIT_SHARE = 0.35  # how far merit moves an item among those of like relevance
_EACH_MAX = 12  # items of one need


@dataclass(frozen=True)
class Understood:
    """Needs of queries, and what goes with each item: as bought, and as people know."""

    needs: NeedPools | None = None
    carts: Lists | None = None  # one list an item
    product: Ints | None = None  # (items,) row of the product type that an item is, -1 unknown
    companions: Lists | None = None  # one list a product type

    def named(
        self, query: str, rows: Ints, scores: Floats, catalog: CatalogSnapshot
    ) -> tuple[Ints, Floats, bool]:
        """What the words of a query find, with what is sold of the product that it names.

        Items that have another word for the product come first with those that say the query's
        own; what is found besides is worth less. And whether there are any.
        """
        if self.needs is None or not query:
            return rows, scores, False
        mine, worth = self.needs.thing(query, catalog)
        if not len(mine):
            return rows, scores, False
        item = np.empty(len(rows) + len(mine), np.int32)
        score = np.empty(len(item), np.float32)
        size = _join(rows, scores, mine, worth, item, score)
        order = best_first(score[:size])
        return item[order], score[order], True

    def needed(self, query: str, merit: Floats, wait: bool = True) -> Lists | None:
        """One list: the best items of each of a query's needs, the strongest need's first.

        An item's score is its relevance to the need times the need's strength. None where the query
        was not read yet and there is no time to `wait`.
        """
        pools: list[Pool] | None = []
        if self.needs is not None and query:
            pools = self.needs.of(query) if wait else self.needs.ready(query)
        if pools is None:
            return None
        items, scores = [np.zeros(0, np.int32)], [np.zeros(0, np.float32)]
        for strength, rows, relevance in pools:
            value = relevance * (1 + np.float32(_MERIT_SHARE) * merit[rows])
            best = np.argsort(-value, kind="stable")[:_EACH_MAX]
            items.append(rows[best])
            scores.append((relevance[best] * np.float32(strength)).astype(np.float32))
        item = np.concatenate(items)
        return Lists(np.array([0, len(item)], np.int64), item, np.concatenate(scores))


@njit(cache=True, nogil=True)
def _join(rows: Ints, scores: Floats, mine: Ints, worth: Floats, item: Ints, score: Floats) -> int:
    """Write each item once with its greater score, those not `mine` for less; how many."""
    mask = 2
    while mask < 2 * len(mine):
        mask *= 2
    place, mask = np.full(mask, -1, np.int32), mask - 1
    for k in range(len(mine)):
        slot = mine[k] & mask
        while place[slot] >= 0:
            slot = (slot + 1) & mask
        place[slot] = k
    size, better = 0, np.ones(len(mine), np.bool_)
    for k in range(len(rows)):
        slot = rows[k] & mask
        while place[slot] >= 0 and mine[place[slot]] != rows[k]:
            slot = (slot + 1) & mask
        own = place[slot]
        if own < 0 or scores[k] >= worth[own]:
            item[size] = rows[k]
            score[size] = scores[k] if own >= 0 else scores[k] * np.float32(BESIDE)
            size += 1
            if own >= 0:
                better[own] = False
    for k in range(len(mine)):
        if better[k]:
            item[size], score[size] = mine[k], worth[k]
            size += 1
    return size


def learn_carts(snapshot: CatalogSnapshot, basket: npt.NDArray[np.uint64], item: Ints) -> Lists:
    """What goes with each item, learnt from baskets: rows (basket, catalog row)."""
    return Lists(*companions(basket, item, snapshot.category))


def moved(lists: Lists, new_row: Ints, size: int) -> Lists:
    """The same lists after the catalog's rows moved; `new_row` by old row, -1 where it is gone."""
    owner = np.repeat(np.arange(len(lists)), np.diff(lists.offsets))
    left, right = new_row[owner], new_row[lists.item]
    kept = np.flatnonzero((left >= 0) & (right >= 0))
    kept = kept[np.argsort(left[kept], kind="stable")]
    offsets = np.concatenate(([0], np.cumsum(np.bincount(left[kept], minlength=size))))
    return Lists(offsets.astype(np.int64), right[kept].astype(np.int32), lists.score[kept])
