"""Columns of 16-byte ids, sorted: finding many at once.

numpy compares such ids byte by byte through a function call; as two words they are compared by one
instruction each.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

Ids = npt.NDArray[np.void]
_Words = npt.NDArray[np.uint64]


def rows_of(known: Ids, wanted: Ids) -> npt.NDArray[np.int32]:
    """The row of each wanted id (k,) V16 among sorted known ones (n,), -1 where it is not there."""
    rows = np.empty(len(wanted), np.int32)
    _search(_words(known), _words(wanted), rows)
    return rows


def _words(ids: Ids) -> _Words:
    return np.ascontiguousarray(ids).view(np.uint64)


@njit(cache=True, nogil=True, inline="always")
def _as_number(word: np.uint64) -> np.uint64:
    """Eight bytes, read the first lowest, as they sort: the first highest (one instruction)."""
    word = (word >> np.uint64(32)) | (word << np.uint64(32))
    low = np.uint64(0x0000FFFF0000FFFF)
    word = ((word >> np.uint64(16)) & low) | ((word & low) << np.uint64(16))
    low = np.uint64(0x00FF00FF00FF00FF)
    return ((word >> np.uint64(8)) & low) | ((word & low) << np.uint64(8))


@njit(cache=True, nogil=True)
def _search(known: _Words, wanted: _Words, rows: npt.NDArray[np.int32]) -> None:
    count = len(known) // 2
    for i in range(len(rows)):
        high, low = _as_number(wanted[2 * i]), _as_number(wanted[2 * i + 1])
        first, last = 0, count
        while first < last:
            middle = (first + last) >> 1
            word = _as_number(known[2 * middle])
            below = word < high or (word == high and _as_number(known[2 * middle + 1]) < low)
            first, last = (middle + 1, last) if below else (first, middle)
        there = (
            first < count
            and known[2 * first] == wanted[2 * i]
            and known[2 * first + 1] == wanted[2 * i + 1]
        )
        rows[i] = first if there else -1
