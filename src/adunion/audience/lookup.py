"""Sixteen-byte ids to dense rows: an open-addressing hash table over columns."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

_Words = npt.NDArray[np.uint64]


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
        its = ids if ids.flags.c_contiguous else np.ascontiguousarray(ids)
        _find(its.view(np.uint64), self.keys, self._table, out)
        return out

    def add(self, ids: npt.NDArray[np.void]) -> npt.NDArray[np.int32]:
        """The row of each id, new ones added in their order."""
        rows = self.find(ids)
        new = np.flatnonzero(rows < 0)
        if len(new):
            _, first = np.unique(ids[new], return_index=True)
            self._insert(_words(ids[new[np.sort(first)]]))
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

    def _insert(self, keys: _Words) -> None:
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
            _fill(self.keys, rows, self._table)

    def _rehash(self) -> None:
        size = len(self._table)
        while size < 4 * self._count + 4:
            size *= 2
        self._table = np.full(size, -1, np.int32)
        _fill(self.keys, np.setdiff1d(np.arange(self._count), self._free), self._table)


def _words(ids: npt.NDArray[np.void]) -> _Words:
    return np.ascontiguousarray(ids).view(np.uint64).reshape(-1, 2)


@njit(cache=True, nogil=True)
def _slot(high: np.uint64, low: np.uint64, size: int) -> np.int64:
    mixed = (high ^ (low * np.uint64(0x9E3779B97F4A7C15))) * np.uint64(0xBF58476D1CE4E5B9)
    return np.int64((mixed >> np.uint64(20)) & np.uint64(size - 1))


@njit(cache=True, nogil=True)
def _find(
    words: _Words, keys: _Words, table: npt.NDArray[np.int32], out: npt.NDArray[np.int32]
) -> None:
    for i in range(len(out)):
        high, low = words[2 * i], words[2 * i + 1]
        at = _slot(high, low, len(table))
        out[i] = -1
        while table[at] >= 0:
            row = table[at]
            if keys[row, 0] == high and keys[row, 1] == low:
                out[i] = row
                break
            at = (at + 1) % len(table)


@njit(cache=True, nogil=True)
def _fill(keys: _Words, rows: npt.NDArray[np.int64], table: npt.NDArray[np.int32]) -> None:
    for row in rows:
        at = _slot(keys[row, 0], keys[row, 1], len(table))
        while table[at] >= 0:
            at = (at + 1) % len(table)
        table[at] = row
