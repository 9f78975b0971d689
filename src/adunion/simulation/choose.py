"""Which merchant and which items a scenario's plan means."""

from __future__ import annotations

import numpy as np

from adunion.kernel.errors import AdUnionError

from .scenario import ItemsPart
from .world.types import I64, World


class Chooser:
    """Gives out merchants' items, each item to one plan."""

    def __init__(self, world: World) -> None:
        items = world.view.items
        self._world = world
        self._taken = np.zeros(len(items), np.bool_)
        self._merchants_taken: set[int] = set()
        share = world.truth.leaf_popularity[items.leaf] * world.truth.item_popularity
        self._sales = share * items.price_minor
        by_merchant = np.bincount(items.merchant, self._sales, len(world.view.merchants.name))
        self._largest = np.argsort(-by_merchant, kind="stable")

    def choose(self, part: ItemsPart, where: str) -> tuple[int, I64]:
        """(merchant row, item rows, best sellers first); raises where nothing is left to match."""
        merchants = [part.merchant] if part.merchant is not None else self._free()
        for merchant in merchants:
            if not 0 <= merchant < len(self._largest):
                raise _no_items(where, f"there is no merchant {merchant}")
            rows = np.flatnonzero(self._matches(part, int(merchant)))
            if len(rows):
                rows = rows[np.argsort(-self._sales[rows], kind="stable")]
                count = max(1, int(np.ceil(part.share * len(rows))))
                rows = rows[: min(count, part.count_max or count)]
                self._taken[rows] = True
                self._merchants_taken.add(int(merchant))
                return int(merchant), rows
        raise _no_items(where, "no free items of one merchant match")

    def _free(self) -> list[int]:
        return [int(m) for m in self._largest if int(m) not in self._merchants_taken]

    def _matches(self, part: ItemsPart, merchant: int) -> np.ndarray[tuple[int], np.dtype[np.bool]]:
        items, leaves = self._world.view.items, self._world.view.leaves
        match = (items.merchant == merchant) & ~self._taken
        if part.category:
            wanted = part.category.casefold()
            paths = zip(leaves.path, leaves.path_en, strict=True)
            hit = np.array([wanted in zh.casefold() or wanted in en.casefold() for zh, en in paths])
            match &= hit[items.leaf]
        if part.brand:
            names = zip(items.brands, items.brands_en, strict=True)
            hit = np.array([part.brand in pair for pair in names] + [False])
            match &= hit[items.brand]
        if part.text:
            words = part.text.casefold().split()
            for row in np.flatnonzero(match):
                title = f"{items.title[row]} {items.title_en[row]}".casefold()
                match[row] = all(word in title for word in words)
        return match


def _no_items(where: str, why: str) -> AdUnionError:
    return AdUnionError(
        "no_items", f"{where}: {why}.", 422, hint="Widen the items, or name another merchant."
    )
