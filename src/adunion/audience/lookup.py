"""Sixteen-byte ids to dense rows: an open-addressing hash table over columns."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from adunion.kernel.id_columns import Words, fill, find, words_of


class IdLookup:
    """Rows of ids; a removed id's row is given to the next new one."""

    def __init__(self) -> None:
        self.keys = np.zeros((0, 2), np.uint64)
        self._count = 0
        self._free: list[int] = []
        self._table = np.full(2048, -1, np.int32)

    def __len__(self) -> int:
        return self._count - len(self._free)

    def find(self, ids: npt.NDArray[np.void]) -> npt.NDArray[np.int32]:
        """The row of each id (V16), -1 where it is not known."""
        out = np.empty(len(ids), np.int32)
        find(words_of(ids), self.keys.reshape(-1), self._table, out)
        return out

    def add(self, ids: npt.NDArray[np.void]) -> npt.NDArray[np.int32]:
        """The row of each id, new ones added in their order."""
        rows = self.find(ids)
        new = np.flatnonzero(rows < 0)
        if len(new):
            _, first = np.unique(ids[new], return_index=True)
            self._insert(words_of(ids[new[np.sort(first)]]).reshape(-1, 2))
            rows = self.find(ids)
        return rows

    def remove(self, key: bytes) -> int:
        """Drop an id; its row, or -1 where it was not known."""
        row = int(self.find(np.frombuffer(key, "V16"))[0])
        if row >= 0:
            self.keys[row] = 0
            self._free.append(row)
            self._rehash()
        return row

    def _insert(self, keys: Words) -> None:
        reused = [self._free.pop() for _ in range(min(len(self._free), len(keys)))]
        end = self._count + len(keys) - len(reused)
        if end > len(self.keys):
            grown = np.zeros((max(1024, end, 2 * len(self.keys)), 2), np.uint64)
            grown[: self._count] = self.keys[: self._count]
            self.keys = grown
        rows = np.array([*reused, *range(self._count, end)], np.int64)
        self.keys[rows] = keys
        self._count = end
        if 2 * end + 2 > len(self._table):
            self._rehash()
        else:
            fill(self.keys.reshape(-1), rows, self._table)

    def _rehash(self) -> None:
        size = len(self._table)
        while size < 4 * self._count + 4:
            size *= 2
        self._table = np.full(size, -1, np.int32)
        rows = np.setdiff1d(np.arange(self._count), self._free)
        fill(self.keys.reshape(-1), rows, self._table)
