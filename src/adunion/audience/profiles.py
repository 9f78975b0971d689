"""Profiles of consenting shoppers, as columns: tastes by category and facet, recent items, price.

A profile is a hundred numbers of fixed size, decayed with a half-life of 30 days. It is made
from events alone, so replaying the event log makes it again.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from adunion.catalog.types import CatalogSnapshot
from adunion.kernel.id_columns import given
from adunion.prediction import price_levels

from .facets import SIZE, Facets
from .lookup import IdLookup
from .scenes import Scenes

CLICK, ORDER, CART, FAVOURITE, SEEN = range(5)
"""Kinds of what is observed."""
CATEGORIES = 8
"""Tastes kept for a shopper: the strongest ones."""
RECENT = 8
"""Items kept for a shopper: the last ones."""

_HALF_LIFE_US = 30 * 86_400e6
_ORDER_WEIGHT = 4.0  # of a click, as a sign of which categories are liked
_SIGN = np.array([1.0, 2.0, 1.0, 1.0, 0.0], np.float32)  # of a liking for the facets, by kind
_PRICE_STEP = 0.2  # share of a new observation in the price level

_Ints = npt.NDArray[np.int32]
_Floats = npt.NDArray[np.float32]


class ProfileStore:
    """Profiles by row; the columns are read by prediction and retrieval, and written only here.

    `category`, `taste`, `ordered_us` are (p, 8): category rows (-1 empty), their decayed weight,
    the time of the last order there (0 never). `recent` (p, 8) are the last items clicked or
    bought, newest first (-1 empty). `price_level` (p,) is the mean of log(price / the
    category's median) of what was clicked, orders counting for more.

    `sketch` (p, SIZE) is the sum of the facets of what was taken, less what of the facets seen
    anybody would have clicked, and `evidence` (p,) how many clicks that were: observed less
    expected, so that neither what is popular nor what was shown often looks like a taste.
    """

    def __init__(self, snapshot: CatalogSnapshot) -> None:
        self.facets = Facets.none(snapshot)
        self.scenes = Scenes(len(snapshot.categories))
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
        expected: _Floats | None = None,
    ) -> None:
        """Learn from what shoppers took, and saw, in order of time.

        `expected` are the clicks that anybody's seeing is worth, of rows of kind SEEN. Having seen
        something makes no profile, it only adds to one. Rows without consent, without an item
        (-1), or from before their shopper asked to be forgotten are never stored.
        """
        keep = consent & (item >= 0) & given(shopper) & ~self._before_forgetting(shopper, at_us)
        if not keep.any():
            return
        due = np.zeros(len(item), np.float32) if expected is None else expected
        self._lookup.add(shopper[keep & (kind != SEEN)])
        rows = self._lookup.find(shopper)
        keep &= rows >= 0
        self._grow(len(self._lookup.keys))
        _learn(
            rows[keep], item[keep], at_us[keep], kind[keep], due[keep],
            self._item_category, self._item_price, self.facets.vectors,
            self.category, self.taste, self.ordered_us, self.recent, self.price_level,
            self.updated_us, self.sketch, self.evidence,
        )  # fmt: skip

    def look_at(self, facets: Facets) -> None:
        """Take the facets of the present catalog's items."""
        self.facets = facets

    def categories_of(self, item: _Ints) -> _Ints:
        """The category row of each catalog row."""
        return self._item_category[item]

    @property
    def vectors(self) -> _Floats:
        """Facets of items, (items, SIZE)."""
        return self.facets.vectors

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
        items = snapshot.rows(self._snapshot.raw)
        names = {name: row for row, name in enumerate(snapshot.categories)}
        categories = np.array(
            [names.get(c, -1) for c in self._snapshot.categories] + [-1], np.int32
        )
        self.recent[:] = np.append(items, np.int32(-1))[self.recent]
        self.category[:] = categories[self.category]
        self.taste[self.category < 0] = 0
        self.ordered_us[self.category < 0] = 0
        self.scenes.rebase(categories[:-1], len(snapshot.categories))
        self.facets = Facets.none(snapshot)
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
        self.sketch = np.zeros((capacity, SIZE), np.float32)
        self.evidence = np.zeros(capacity, np.float32)

    def _columns(self) -> list[tuple[npt.NDArray[np.generic], int]]:
        return [
            (self.category, -1), (self.taste, 0), (self.ordered_us, 0),
            (self.recent, -1), (self.price_level, 0), (self.updated_us, 0),
            (self.sketch, 0), (self.evidence, 0),
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
    expected: _Floats, item_category: _Ints, item_price: _Floats, vectors: _Floats,
    category: _Ints, taste: _Floats, ordered_us: npt.NDArray[np.int64], recent: _Ints,
    price_level: _Floats, updated_us: npt.NDArray[np.int64], sketch: _Floats, evidence: _Floats,
) -> None:  # fmt: skip
    for e in range(len(rows)):
        row = rows[e]
        if kind[e] == SEEN and updated_us[row] == 0:
            continue  # the profile begins with a later event
        elapsed = max(at_us[e] - updated_us[row], 0)
        decay = np.float32(0.5 ** (elapsed / _HALF_LIFE_US)) if updated_us[row] else np.float32(1)
        updated_us[row] = max(updated_us[row], at_us[e])
        sign = _SIGN[kind[e]] - expected[e]
        for f in range(vectors.shape[1]):
            sketch[row, f] = decay * sketch[row, f] + sign * vectors[item[e], f]
        evidence[row] = decay * evidence[row] + expected[e]
        for s in range(CATEGORIES):
            taste[row, s] *= decay
        if kind[e] == SEEN:
            continue
        bought = kind[e] == ORDER
        _learn_category(
            category[row], taste[row], ordered_us[row], item_category[item[e]], at_us[e], bought
        )
        step = _PRICE_STEP * (2 if bought else 1)
        price_level[row] += step * (item_price[item[e]] - price_level[row])
        _learn_recent(recent[row], item[e])


@njit(cache=True, nogil=True)
def _learn_category(
    category: _Ints, taste: _Floats, ordered_us: npt.NDArray[np.int64], wanted: int, at_us: int,
    bought: bool,
) -> None:  # fmt: skip
    """One shopper's tastes, (CATEGORIES,) each; the weakest gives way to a new one."""
    slot = 0
    for s in range(CATEGORIES):
        weaker = category[slot] != wanted and taste[s] < taste[slot]
        if category[s] == wanted or weaker:
            slot = s
    if category[slot] != wanted:
        category[slot] = wanted
        taste[slot] = 0
        ordered_us[slot] = 0
    taste[slot] += _ORDER_WEIGHT if bought else 1.0
    if bought:
        ordered_us[slot] = at_us


@njit(cache=True, nogil=True)
def _learn_recent(recent: _Ints, item: int) -> None:
    """Put an item before one shopper's last ones, (RECENT,)."""
    last = RECENT - 1
    for s in range(RECENT):
        if recent[s] == item:
            last = s
            break
    for s in range(last, 0, -1):
        recent[s] = recent[s - 1]
    recent[0] = item
