"""An index of clicks by who and what: the last one at or before a time, for many at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.void]

CLICK_DTYPE = np.dtype(
    [
        ("key", "u8"), ("at_us", "i8"), ("shopper", "V16"), ("subject", "V16"), ("item", "V16"),
        ("plan", "V16"), ("link", "V16"), ("placement", "V16"),
        ("exposure", "f4"), ("exposure_organic", "f4"),
    ]
)  # fmt: skip
"""One click; `subject` is the item clicked, or its merchant."""

_RUN_ROWS_MIN = 1024


class _Run(NamedTuple):
    """Clicks sorted by (key, time); the two columns that are searched lie apart, unbroken."""

    keys: npt.NDArray[np.uint64]
    at_us: npt.NDArray[np.int64]
    rows: npt.NDArray[np.void]

    @staticmethod
    def of(rows: npt.NDArray[np.void], since_us: int) -> _Run:
        """The rows from a time on."""
        keys, at_us = rows["key"].copy(), rows["at_us"].copy()
        order = np.lexsort((at_us, keys))
        order = order[at_us[order] >= since_us]
        return _Run(keys[order], at_us[order], rows[order])


class ClickIndex:
    """Clicks within a window in a few runs sorted by (key, time); runs of like size are merged.

    Every click of the window is kept, not only the latest, so that an order reported late is
    credited as of its own time.
    """

    def __init__(self, window_us: int) -> None:
        self.window_us = window_us
        self._runs: list[_Run] = []
        self._since_us = 0

    def __len__(self) -> int:
        return sum(len(run.rows) for run in self._runs)

    def add(self, clicks: npt.NDArray[np.void], start_us: int) -> None:
        """Remember rows of `CLICK_DTYPE`; `key` is filled in here.

        No one will ask for a time before `start_us`, so what was out of the window by then may go.
        """
        if not len(clicks):
            return
        clicks["key"] = _keys(clicks["shopper"], clicks["subject"])
        self._since_us = max(self._since_us, start_us - self.window_us)
        self._runs.append(_Run.of(clicks, self._since_us))
        while len(self._runs) > 1 and len(self._runs[-2].rows) < 2 * max(
            len(self._runs[-1].rows), _RUN_ROWS_MIN
        ):
            self._merge_last_two()

    def replace_subjects(self, subjects: Callable[[Ids], Ids]) -> None:
        """File every click anew, under what its item stands for now."""
        runs, self._runs = self._runs, []
        for run in runs:
            run.rows["subject"] = subjects(run.rows["item"])
            self.add(run.rows, 0)

    def last(
        self,
        shopper: npt.NDArray[np.void],
        subject: npt.NDArray[np.void],
        at_us: npt.NDArray[np.int64],
    ) -> npt.NDArray[np.void]:
        """The last click of each (shopper, subject) in the window before a time, shapes (n,).

        Rows of `CLICK_DTYPE`; `at_us` is -1 where there is none. A key that matches by chance is
        found out, because the ids themselves are compared.
        """
        found = np.zeros(len(shopper), CLICK_DTYPE)
        found["at_us"] = -1
        keys = _keys(shopper, subject)
        for run in self._runs:
            if not len(run.keys):
                continue
            row = _last_row(run, keys, at_us)
            hit = row >= 0
            click = run.rows[np.where(hit, row, 0)]
            hit &= (click["shopper"] == shopper) & (click["subject"] == subject)
            hit &= (click["at_us"] >= at_us - self.window_us) & (click["at_us"] > found["at_us"])
            found[hit] = click[hit]
        return found

    def _merge_last_two(self) -> None:
        younger, older = self._runs.pop(), self._runs.pop()
        both = np.concatenate([older.rows, younger.rows])
        self._runs.append(_Run.of(both, self._since_us))


def _keys(shopper: npt.NDArray[np.void], subject: npt.NDArray[np.void]) -> npt.NDArray[np.uint64]:
    """A 64-bit hash of the two ids (multiply and rotate, odd constants)."""
    a = np.ascontiguousarray(shopper).view(np.uint64).reshape(-1, 2)
    b = np.ascontiguousarray(subject).view(np.uint64).reshape(-1, 2)
    mixed = a[:, 0] * np.uint64(0x9E3779B97F4A7C15) ^ a[:, 1]
    mixed = (mixed ^ mixed >> np.uint64(29)) * np.uint64(0xBF58476D1CE4E5B9) ^ b[:, 0]
    mixed = (mixed ^ mixed >> np.uint64(32)) * np.uint64(0x94D049BB133111EB) ^ b[:, 1]
    return mixed ^ mixed >> np.uint64(31)


def _last_row(
    run: _Run, keys: npt.NDArray[np.uint64], at_us: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Binary search by (key, time): the last row of each key at or before a time, -1 if none."""
    first = np.searchsorted(run.keys, keys, "left")
    low, high = first.copy(), np.searchsorted(run.keys, keys, "right")
    while np.any(low < high):
        open_ = low < high
        middle = (low + high) // 2
        before = run.at_us[np.minimum(middle, len(run.keys) - 1)] <= at_us
        low = np.where(open_ & before, middle + 1, low)
        high = np.where(open_ & ~before, middle, high)
    return np.where(low > first, low - 1, -1)
