"""An index of clicks by who and what: the last one at or before a time, for many at once."""

from __future__ import annotations

from collections.abc import Callable

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


class ClickIndex:
    """Clicks within a window in a few runs sorted by (key, time); runs of like size are merged.

    Every click of the window is kept, not only the latest, so that an order reported late is
    credited as of its own time.
    """

    def __init__(self, window_us: int) -> None:
        self.window_us = window_us
        self._runs: list[npt.NDArray[np.void]] = []
        self._newest_us = 0

    def __len__(self) -> int:
        return sum(len(run) for run in self._runs)

    def add(self, clicks: npt.NDArray[np.void]) -> None:
        """Remember rows of `CLICK_DTYPE`; `key` is filled in here."""
        if not len(clicks):
            return
        clicks["key"] = _keys(clicks["shopper"], clicks["subject"])
        self._newest_us = max(self._newest_us, int(clicks["at_us"].max()))
        self._runs.append(clicks[np.lexsort((clicks["at_us"], clicks["key"]))])
        while len(self._runs) > 1 and len(self._runs[-2]) < 2 * max(
            len(self._runs[-1]), _RUN_ROWS_MIN
        ):
            self._merge_last_two()

    def replace_subjects(self, subjects: Callable[[Ids], Ids]) -> None:
        """File every click anew, under what its item stands for now."""
        runs, self._runs = self._runs, []
        for run in runs:
            run["subject"] = subjects(np.ascontiguousarray(run["item"]))
            self.add(run)

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
            row = _last_row(run, keys, at_us)
            hit = row >= 0
            click = run[np.where(hit, row, 0)]
            hit &= (click["shopper"] == shopper) & (click["subject"] == subject)
            hit &= (click["at_us"] >= at_us - self.window_us) & (click["at_us"] > found["at_us"])
            found[hit] = click[hit]
        return found

    def _merge_last_two(self) -> None:
        younger, older = self._runs.pop(), self._runs.pop()
        both = np.concatenate([older, younger])
        both = both[both["at_us"] >= self._newest_us - self.window_us]
        self._runs.append(both[np.lexsort((both["at_us"], both["key"]))])


def _keys(shopper: npt.NDArray[np.void], subject: npt.NDArray[np.void]) -> npt.NDArray[np.uint64]:
    """A 64-bit hash of the two ids (multiply and rotate, odd constants)."""
    a = np.ascontiguousarray(shopper).view(np.uint64).reshape(-1, 2)
    b = np.ascontiguousarray(subject).view(np.uint64).reshape(-1, 2)
    mixed = a[:, 0] * np.uint64(0x9E3779B97F4A7C15) ^ a[:, 1]
    mixed = (mixed ^ mixed >> np.uint64(29)) * np.uint64(0xBF58476D1CE4E5B9) ^ b[:, 0]
    mixed = (mixed ^ mixed >> np.uint64(32)) * np.uint64(0x94D049BB133111EB) ^ b[:, 1]
    return mixed ^ mixed >> np.uint64(31)


def _last_row(
    run: npt.NDArray[np.void], keys: npt.NDArray[np.uint64], at_us: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Binary search by (key, time): the last row of each key at or before a time, -1 if none."""
    run_keys, run_at = run["key"], run["at_us"]
    first = np.searchsorted(run_keys, keys, "left")
    low, high = first.copy(), np.searchsorted(run_keys, keys, "right")
    while np.any(low < high):
        open_ = low < high
        middle = (low + high) // 2
        before = run_at[np.minimum(middle, len(run) - 1)] <= at_us
        low = np.where(open_ & before, middle + 1, low)
        high = np.where(open_ & ~before, middle, high)
    return np.where(low > first, low - 1, -1)
