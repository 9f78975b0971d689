"""What understanding gives to retrieval: each part is made elsewhere and may be absent."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit

from adunion.catalog.types import CatalogSnapshot
from adunion.understanding.baskets.lists import companions
from adunion.understanding.needs.pools import NeedPools, Pool

from .intent import BESIDE
from .types import Floats, Ints, Lists

_MERIT_SHARE = 0.35  # how far merit moves an item among those of like relevance
_SIGN = 0x7FFFFFFF  # bits of a float above 0 sort as an integer does
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
        keys = np.empty(len(rows) + len(mine), np.int64)
        keys = keys[: _join(rows, scores, mine, worth, keys)]
        keys.sort()  # numpy's is many times faster than numba's
        item, score = np.empty(len(keys), np.int32), np.empty(len(keys), np.float32)
        _take(keys, rows, mine, item, score)
        return item, score, True

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
def _join(
    rows: Ints, scores: Floats, mine: Ints, worth: Floats, keys: npt.NDArray[np.int64]
) -> int:
    """Write a sort key for each item, with its greater score, those not `mine` for less; how many.

    A key has the score in its upper half, best first, and the place in `rows`, then `mine`, below.
    """
    size = 2
    while size < 2 * len(mine):
        size *= 2
    place, mask = np.full(size, -1, np.int32), size - 1
    for k in range(len(mine)):
        slot = mine[k] & mask
        while place[slot] >= 0:
            slot = (slot + 1) & mask
        place[slot] = k
    most, found = np.empty(len(rows) + len(mine), np.float32), len(rows)
    most[found:] = worth
    for k in range(len(rows)):
        slot = rows[k] & mask
        while place[slot] >= 0 and mine[place[slot]] != rows[k]:
            slot = (slot + 1) & mask
        own = place[slot]
        if own < 0:
            most[k] = scores[k] * np.float32(BESIDE)
        elif scores[k] >= worth[own]:
            most[k], most[found + own] = scores[k], -1
        else:
            most[k] = -1
    bits, size = most.view(np.int32), 0
    for k in range(len(most)):
        if bits[k] >= 0:
            keys[size] = np.int64(_SIGN - bits[k]) << 32 | k
            size += 1
    return size


@njit(cache=True, nogil=True)
def _take(keys: npt.NDArray[np.int64], rows: Ints, mine: Ints, item: Ints, score: Floats) -> None:
    """The items that sorted keys are of, and their scores."""
    bits = score.view(np.int32)
    for k in range(len(keys)):
        place = keys[k] & 0xFFFFFFFF
        item[k] = rows[place] if place < len(rows) else mine[place - len(rows)]
        bits[k] = _SIGN - (keys[k] >> 32)


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
