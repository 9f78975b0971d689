"""The set of event keys seen within a horizon: open addressing, a million lookups in a blink."""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

_EMPTY = np.int32(-1)
_ROWS_MIN = 1 << 16


@numba.njit(cache=True)
def _insert(keys, hours, new_keys, hour, fresh):  # type: ignore[no-untyped-def]
    mask = np.uint64(len(keys) - 1)
    added = 0
    for i in range(len(new_keys)):
        key = new_keys[i]
        at = key & mask
        while hours[at] != -1 and keys[at] != key:
            at = (at + np.uint64(1)) & mask
        fresh[i] = hours[at] == -1
        if fresh[i]:
            keys[at] = key
            hours[at] = hour[i]
            added += 1
    return added


@numba.njit(cache=True)
def _forget(keys, hours, gone):  # type: ignore[no-untyped-def]
    """Delete without tombstones: the cluster after a hole is put back in place."""
    mask = np.uint64(len(keys) - 1)
    for i in range(len(gone)):
        at = gone[i] & mask
        while hours[at] != -1 and keys[at] != gone[i]:
            at = (at + np.uint64(1)) & mask
        if hours[at] == -1:
            continue
        hole = at
        at = (at + np.uint64(1)) & mask
        while hours[at] != -1:
            home = keys[at] & mask
            if ((at - home) & mask) >= ((at - hole) & mask):
                keys[hole] = keys[at]
                hours[hole] = hours[at]
                hole = at
            at = (at + np.uint64(1)) & mask
        hours[hole] = -1


class KeySet:
    """64-bit keys and the hour each was seen; those past the horizon go when room is needed."""

    def __init__(self, horizon_hours: int) -> None:
        self._horizon_hours = horizon_hours
        self._count = 0
        self._newest_hour = 0
        self._keys = np.zeros(_ROWS_MIN, np.uint64)
        self._hours = np.full(_ROWS_MIN, _EMPTY, np.int32)

    def __len__(self) -> int:
        return self._count

    def add(
        self, keys: npt.NDArray[np.uint64], hours: npt.NDArray[np.int32]
    ) -> npt.NDArray[np.bool_]:
        """Add keys (n,) seen at hours (n,) of the epoch; True where a key was not there before."""
        fresh = np.empty(len(keys), np.bool_)
        if not len(keys):
            return fresh
        self._newest_hour = max(self._newest_hour, int(hours.max()))
        if (self._count + len(keys)) * 5 > len(self._keys) * 3:
            self._make_room(len(keys))
        self._count += _insert(self._keys, self._hours, np.ascontiguousarray(keys), hours, fresh)
        return fresh

    def forget(self, keys: npt.NDArray[np.uint64]) -> None:
        """Take keys out again that were added in vain."""
        _forget(self._keys, self._hours, np.ascontiguousarray(keys))
        self._count = int(np.count_nonzero(self._hours != _EMPTY))

    def _make_room(self, coming: int) -> None:
        """Rebuild with the keys of the horizon only, at most three tenths full."""
        kept = self._hours > self._newest_hour - self._horizon_hours
        kept &= self._hours != _EMPTY
        keys, hours = self._keys[kept], self._hours[kept]
        rows = max(_ROWS_MIN, 1 << int(len(keys) + coming).bit_length() + 1)
        self._keys = np.zeros(rows, np.uint64)
        self._hours = np.full(rows, _EMPTY, np.int32)
        self._count = _insert(self._keys, self._hours, keys, hours, np.empty(len(keys), np.bool_))
