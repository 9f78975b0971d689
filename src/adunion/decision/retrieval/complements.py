"""What goes with what: learned from items that were bought or put in a cart together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from adunion.catalog.types import CatalogSnapshot

from .types import Floats, Ints, Lists

GROUP_MAX = 12
"""Items of one group that are paired; a longer group says little about any two of them."""
_ITEMS_MAX = 60
_CATEGORIES_MAX = 8
_SHRINK = 3.0


@dataclass(frozen=True)
class Complements:
    """For each item the items, and for each category the categories, that go with it."""

    items: Lists  # one list an item
    category: Ints  # (categories, 8), strongest first, -1 none
    strength: Floats  # (categories, 8), 0..1

    @classmethod
    def none(cls, snapshot: CatalogSnapshot) -> Complements:
        """Before anything was bought."""
        return cls.learn(snapshot, np.zeros(0, np.uint64), np.zeros(0, np.int32))

    @classmethod
    def learn(
        cls, snapshot: CatalogSnapshot, group: npt.NDArray[np.uint64], item: Ints
    ) -> Complements:
        """From rows (group, catalog row): a group is a cart or an order of several lines.

        Not a shopper's clicks: what one person looks at in a day does not go together.

        Pairs within one category are substitutes and are left out. The strength of a pair is
        how much likelier the other is than by chance, shrunk where there are few.
        """
        left, right = _pairs(group[item >= 0], item[item >= 0])
        category = snapshot.category.astype(np.int64)
        apart = category[left] != category[right]
        left, right = left[apart], right[apart]
        item_lists = _strongest(left, right, len(snapshot), _ITEMS_MAX)
        size = len(snapshot.categories)
        lists = _strongest(category[left], category[right], size, _CATEGORIES_MAX)
        rows = np.full((size, _CATEGORIES_MAX), -1, np.int32)
        strength = np.zeros((size, _CATEGORIES_MAX), np.float32)
        owner = np.repeat(np.arange(size), np.diff(lists.offsets))
        place = np.arange(len(lists.item)) - lists.offsets[owner]
        rows[owner, place], strength[owner, place] = lists.item, lists.score
        return cls(item_lists, rows, strength)


def _pairs(
    group: npt.NDArray[np.uint64], item: Ints
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Ordered pairs of different items within each group."""
    both = np.unique(np.stack([group, item.astype(np.uint64)], 1), axis=0)
    groups, items = both[:, 0], both[:, 1].astype(np.int64)
    left, right = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for step in range(1, GROUP_MAX):
        same = np.flatnonzero(groups[step:] == groups[:-step])
        left += [items[same], items[same + step]]
        right += [items[same + step], items[same]]
    return np.concatenate(left), np.concatenate(right)


def _strongest(
    left: npt.NDArray[np.int64], right: npt.NDArray[np.int64], size: int, most: int
) -> Lists:
    """For each of `size` rows the `most` others that are paired with it most beyond chance."""
    code, count = np.unique(left * max(size, 1) + right, return_counts=True)
    a, b = np.divmod(code, max(size, 1))
    total = np.bincount(right, minlength=size).astype(np.float64)
    mine = np.bincount(left, minlength=size).astype(np.float64)
    due = mine[a] * total[b] / max(total.sum(), 1.0)
    strength = (count - due) / (mine[a] + _SHRINK)
    kept = strength > 0
    a, b, strength = a[kept], b[kept], strength[kept]
    order = np.lexsort((b, -strength, a))
    a, b, strength = a[order], b[order], strength[order]
    sizes = np.bincount(a, minlength=size)
    place = np.arange(len(a)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    a, b, strength = a[place < most], b[place < most], strength[place < most]
    best = np.zeros(size)
    np.maximum.at(best, a, strength)
    score = np.sqrt(strength / best[a]) * (mine[a] / (mine[a] + _SHRINK))
    offsets = np.concatenate(([0], np.cumsum(np.bincount(a, minlength=size))))
    return Lists(offsets.astype(np.int64), b.astype(np.int32), score.astype(np.float32))
