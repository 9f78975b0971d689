"""What lay in one cart or was in one order: pairs to learn from what goes with what."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from adunion.catalog.types import CatalogSnapshot
from adunion.decision.types import RequestBatch
from adunion.tracking import EventBatch, EventType

PAIRS_MAX = 400_000
_FILE = "together.npz"

Groups = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.int32]


class Together:
    """Rows (group, catalog row), newest kept; a group is a cart or an order of several lines."""

    def __init__(self) -> None:
        self._parts: list[tuple[Groups, Rows]] = []

    def __len__(self) -> int:
        return sum(len(item) for _, item in self._parts)

    def see_carts(self, requests: RequestBatch) -> None:
        """Take what lies in one cart."""
        if len(requests.context_items) < 2:
            return
        if len(requests) == 1:  # the live server's case
            group = np.repeat(_numbers(requests.request), len(requests.context_items))
            self._parts.append((group, requests.context_items))
            return
        sizes = np.diff(requests.context_offsets)
        several = np.repeat(sizes > 1, sizes)
        if several.any():
            group = np.repeat(_numbers(requests.request), sizes)
            self._parts.append((group[several], requests.context_items[several]))

    def see_orders(self, batch: EventBatch, rows: Rows) -> None:
        """Take what is in one order of several lines; `rows` are the events' catalog rows."""
        ordered = batch.type == EventType.ORDER
        group = _numbers(batch.order[ordered])
        _, place, counts = np.unique(group, return_inverse=True, return_counts=True)
        several = counts[place] > 1
        if several.any():
            self._parts.append((group[several], rows[ordered][several]))

    def pairs(self) -> tuple[Groups, Rows]:
        """All of it; an item that is gone has row -1."""
        if not self._parts:
            return np.zeros(0, np.uint64), np.zeros(0, np.int32)
        groups = np.concatenate([group for group, _ in self._parts])[-PAIRS_MAX:]
        items = np.concatenate([item for _, item in self._parts])[-PAIRS_MAX:]
        self._parts = [(groups, items)]
        return groups, items

    def rebase(self, moved: Rows) -> None:
        """Move to another catalog: the new row of each old one, and -1 as the last."""
        self._parts = [(group, moved[item]) for group, item in self._parts]

    def save(self, home: Path, catalog: CatalogSnapshot) -> None:
        """Keep it: no replay of events gives what lay in a cart again."""
        groups, items = self.pairs()
        known = items >= 0
        fresh = home / f"{_FILE}.new"
        with fresh.open("wb") as file:
            np.savez(file, group=groups[known], item=catalog.raw[items[known]])
        fresh.replace(home / _FILE)

    def restore(self, home: Path, catalog: CatalogSnapshot) -> None:
        """Take what was saved, if anything was, in place of what was seen."""
        if (home / _FILE).exists():
            with np.load(home / _FILE, allow_pickle=False) as file:
                self._parts = [(file["group"], catalog.rows(file["item"]))]


def _numbers(ids: npt.NDArray[np.void]) -> Groups:
    """One number for each id (V16)."""
    words = np.ascontiguousarray(ids).view(np.uint64).reshape(-1, 2)
    return np.asarray(words[:, 0] ^ words[:, 1], np.uint64)
