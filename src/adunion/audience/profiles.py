"""Profiles of consenting shoppers, as columns: tastes by category, recent items, price level.

A profile is a few dozen numbers of fixed size, decayed with a half-life of 30 days. It is made
from events alone, so replaying the event log makes it again.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from adunion.catalog.types import CatalogSnapshot
from adunion.prediction import price_levels, row_mapping

from .lookup import IdLookup

CLICK = 0
ORDER = 1
CATEGORIES = 8
"""Tastes kept for a shopper: the strongest ones."""
RECENT = 8
"""Items kept for a shopper: the last ones."""

_HALF_LIFE_US = 30 * 86_400e6
_ORDER_WEIGHT = 4.0  # of a click, as a sign of taste
_PRICE_STEP = 0.2  # share of a new observation in the price level

_Ints = npt.NDArray[np.int32]
_Floats = npt.NDArray[np.float32]


class ProfileStore:
    """Profiles by row; the columns are read by prediction and retrieval, and written only here.

    `category`, `taste`, `ordered_us` are (p, 8): category rows (-1 empty), their decayed weight,
    the time of the last order there (0 never). `recent` (p, 8) are the last items clicked or
    bought, newest first (-1 empty). `price_level` (p,) is the mean of log(price / the
    category's median) of what was clicked, orders counting for more.
    """

    def __init__(self, snapshot: CatalogSnapshot) -> None:
        self._lookup = IdLookup()
        self._forgotten = IdLookup()
        self._forgotten_until: list[int] = []
        self._clear(1024)
        self._bind(snapshot)

    def __len__(self) -> int:
        return len(self._lookup)

    def rows(self, shopper: npt.NDArray[np.void]) -> _Ints:
        """The row of each shopper, -1 where there is no profile."""
        return self._lookup.find(shopper)

    def observe(
        self,
        shopper: npt.NDArray[np.void],
        item: _Ints,
        at_us: npt.NDArray[np.int64],
        kind: npt.NDArray[np.uint8],
        consent: npt.NDArray[np.bool_],
    ) -> None:
        """Learn from clicks and orders, in order of time.

        Rows without consent, without an item (-1), or from before their shopper asked to be
        forgotten are never stored.
        """
        nobody = shopper == np.zeros(1, "V16")
        keep = consent & (item >= 0) & ~nobody & ~self._before_forgetting(shopper, at_us)
        if not keep.any():
            return
        rows = self._lookup.add(shopper[keep])
        self._grow(len(self._lookup.keys))
        _learn(
            rows, item[keep], at_us[keep], kind[keep], self._item_category, self._item_price,
            self.category, self.taste, self.ordered_us, self.recent, self.price_level,
            self.updated_us,
        )  # fmt: skip

    def forget(self, shopper: bytes, at_us: int) -> None:
        """Erase a shopper; events up to that time are not learned from again, as in a replay."""
        known = int(self._forgotten.add(np.frombuffer(shopper, "V16"))[0])
        self._forgotten_until[known:] = [at_us, *self._forgotten_until[known + 1 :]]
        row = self._lookup.remove(shopper)
        if row >= 0:
            for column, empty in self._columns():
                column[row] = empty

    def rebase(self, snapshot: CatalogSnapshot) -> None:
        """Move to another snapshot of the catalog: rows are mapped by id, withdrawn dropped."""
        items = row_mapping(self._snapshot.raw, snapshot.raw)
        names = {name: row for row, name in enumerate(snapshot.categories)}
        categories = np.array(
            [names.get(c, -1) for c in self._snapshot.categories] + [-1], np.int32
        )
        self.recent[:] = np.append(items, np.int32(-1))[self.recent]
        self.category[:] = categories[self.category]
        self.taste[self.category < 0] = 0
        self.ordered_us[self.category < 0] = 0
        self._bind(snapshot)

    def _bind(self, snapshot: CatalogSnapshot) -> None:
        self._snapshot = snapshot
        self._item_category = snapshot.category.astype(np.int32)
        self._item_price = price_levels(snapshot)

    def _clear(self, capacity: int) -> None:
        self.category = np.full((capacity, CATEGORIES), -1, np.int32)
        self.taste = np.zeros((capacity, CATEGORIES), np.float32)
        self.ordered_us = np.zeros((capacity, CATEGORIES), np.int64)
        self.recent = np.full((capacity, RECENT), -1, np.int32)
        self.price_level = np.zeros(capacity, np.float32)
        self.updated_us = np.zeros(capacity, np.int64)

    def _columns(self) -> list[tuple[npt.NDArray[np.generic], int]]:
        return [
            (self.category, -1), (self.taste, 0), (self.ordered_us, 0),
            (self.recent, -1), (self.price_level, 0), (self.updated_us, 0),
        ]  # fmt: skip

    def _grow(self, needed: int) -> None:
        have = len(self.category)
        if needed <= have:
            return
        old = self._columns()
        self._clear(max(needed, 2 * have))
        for (column, _), (before, _) in zip(self._columns(), old, strict=True):
            column[:have] = before

    def _before_forgetting(
        self, shopper: npt.NDArray[np.void], at_us: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.bool_]:
        if not self._forgotten_until:
            return np.zeros(len(shopper), bool)
        known = self._forgotten.find(shopper)
        until = np.array(self._forgotten_until, np.int64)
        return (known >= 0) & (at_us <= until[known])


@njit(cache=True, nogil=True)
def _learn(
    rows: _Ints, item: _Ints, at_us: npt.NDArray[np.int64], kind: npt.NDArray[np.uint8],
    item_category: _Ints, item_price: _Floats,
    category: _Ints, taste: _Floats, ordered_us: npt.NDArray[np.int64], recent: _Ints,
    price_level: _Floats, updated_us: npt.NDArray[np.int64],
) -> None:  # fmt: skip
    for e in range(len(rows)):
        row = rows[e]
        elapsed = max(at_us[e] - updated_us[row], 0)
        decay = np.float32(0.5 ** (elapsed / _HALF_LIFE_US)) if updated_us[row] else np.float32(1)
        updated_us[row] = max(updated_us[row], at_us[e])
        wanted = item_category[item[e]]
        slot = 0
        for s in range(CATEGORIES):
            taste[row, s] *= decay
            weaker = category[row, slot] != wanted and taste[row, s] < taste[row, slot]
            if category[row, s] == wanted or weaker:
                slot = s
        if category[row, slot] != wanted:  # the weakest taste gives way to the new one
            category[row, slot] = wanted
            taste[row, slot] = 0
            ordered_us[row, slot] = 0
        bought = kind[e] == ORDER
        taste[row, slot] += _ORDER_WEIGHT if bought else 1.0
        if bought:
            ordered_us[row, slot] = at_us[e]
        step = _PRICE_STEP * (2 if bought else 1)
        price_level[row] += step * (item_price[item[e]] - price_level[row])
        last = RECENT - 1
        for s in range(RECENT):
            if recent[row, s] == item[e]:
                last = s
                break
        for s in range(last, 0, -1):
            recent[row, s] = recent[row, s - 1]
        recent[row, 0] = item[e]
