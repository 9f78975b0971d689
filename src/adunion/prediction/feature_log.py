"""The features of what was shown, kept beside the event log until training joins the two.

Fixed-size records are appended to one file; a torn last record is cut when it is read. Losing a
tail loses training rows only, so nothing here waits for the disk. The file's name carries the set
of features, so that a change of them starts a new one.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import numpy as np
import numpy.typing as npt

from .features import FEATURES
from .training import TrainingLog

_RECORD = np.dtype([("key", "u8"), ("kind", "u1"), ("x", "f2", (len(FEATURES),))])
ROWS_MAX = 3_000_000
"""Records of one file; the one before it is kept too."""


class FeatureLog:
    """Appends features at the decision; joins them to what was seen, clicked and ordered."""

    def __init__(self, home: Path, rows_max: int = ROWS_MAX) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self._path = home / f"features-{sha256(repr(FEATURES).encode()).hexdigest()[:8]}.bin"
        self._older = self._path.with_suffix(".old")
        self._rows_max = rows_max

    def append(
        self,
        request: npt.NDArray[np.void],
        kind: npt.NDArray[np.uint8],
        x: npt.NDArray[np.float16],
        filled: npt.NDArray[np.bool_],
    ) -> None:
        """Log decisions: request ids (n,), kind codes (n,), `Predictor.shown` (m, F).

        `filled` (n, K) says which slots hold an item, m in all.
        """
        row, slot = np.nonzero(filled)
        records = np.empty(len(row), _RECORD)
        records["key"] = shown_keys(request[row], slot)
        records["kind"], records["x"] = kind[row], x
        if self._path.exists() and self._path.stat().st_size >= self._rows_max * _RECORD.itemsize:
            self._path.replace(self._older)
        with self._path.open("ab") as file:
            torn = file.tell() % _RECORD.itemsize
            if torn:
                file.truncate(file.tell() - torn)
            file.write(records.tobytes())

    def join(
        self,
        seen: npt.NDArray[np.uint64],
        seen_at_us: npt.NDArray[np.int64],
        clicked: npt.NDArray[np.uint64],
        ordered: npt.NDArray[np.uint64],
        ordered_at_us: npt.NDArray[np.int64],
    ) -> TrainingLog:
        """The training log of seen impressions; all keys are `shown_keys` of the events.

        Impressions whose features were not logged, and repeated ones, are left out; the first
        order of a click counts.
        """
        records = self._read()
        order = np.argsort(records["key"], kind="stable")
        keys = records["key"][order]
        seen, first = np.unique(seen, return_index=True)
        place = _find(keys, seen)
        known = place >= 0
        seen, at_us, chosen = seen[known], seen_at_us[first[known]], order[place[known]]
        early = np.lexsort((ordered_at_us, ordered))
        bought = _find(ordered[early], seen)
        order_at_us = np.append(ordered_at_us[early], 0)[bought]
        clicks = np.isin(seen, clicked) | (order_at_us > 0)
        x, kind = records["x"][chosen], records["kind"][chosen]
        return TrainingLog(x, kind, at_us, clicks, order_at_us)

    def _read(self) -> npt.NDArray[np.void]:
        """All rows, those of this home's deciding nodes too."""
        parts = [np.zeros(0, _RECORD)]
        nodes = self._path.parent.glob(f"nodes/*/{self._path.stem}.*")
        for path in (self._older, self._path, *sorted(nodes)):
            if path.exists():
                whole = path.stat().st_size // _RECORD.itemsize
                parts.append(np.fromfile(path, _RECORD, whole))
        return np.concatenate(parts)


def shown_keys(
    request: npt.NDArray[np.void], slot: npt.NDArray[np.integer]
) -> npt.NDArray[np.uint64]:
    """One number for each (request id, slot), shape (n,)."""
    words = np.ascontiguousarray(request).view(np.uint64).reshape(-1, 2)
    key = words[:, 0] * np.uint64(0x9E3779B97F4A7C15) ^ words[:, 1]
    key ^= key >> np.uint64(32)
    key = (key + slot.astype(np.uint64)) * np.uint64(0xD6E8FEB86659FD93)
    return np.asarray(key ^ (key >> np.uint64(29)), np.uint64)


def _find(keys: npt.NDArray[np.uint64], wanted: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
    """The first place of each wanted key among sorted ones, -1 where it is not."""
    if not len(keys):
        return np.full(len(wanted), -1, np.int64)
    place = np.searchsorted(keys, wanted)
    at = np.minimum(place, len(keys) - 1)
    return np.where(keys[at] == wanted, at, -1)
