"""What a file of hot topics holds, as columns: one row is one topic in the list of one hour."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.object_]

DAY = 24
"""Hours of a day; all times of this package are whole hours since 1970-01-01, as the file's."""
TOP = 10
"""Positions 0..9 are the top ten."""
NO_CATEGORY = "暂无"
"""What the list says where a topic has no category yet."""


@dataclass(frozen=True)
class Topics:
    """n rows, sorted by hour and position; m distinct titles."""

    hour: Ints
    """(n,) hours since 1970-01-01."""
    pos: Ints
    """(n,) from 0, the hottest."""
    topic: Ints
    """(n,) index into `titles`."""
    titles: Texts
    """(m,) distinct, sorted."""
    category: Texts
    """(n,) its first level; empty where there is none."""
    heat: Floats
    """(n,) >= 0."""
    paid: Bools
    """(n,) flagged as advertisement."""
    counts: Floats
    """(n, 3) reads, comments and authors so far; nan where unknown."""

    def __len__(self) -> int:
        return len(self.hour)

    def take(self, rows: npt.NDArray[np.intp] | Bools) -> Topics:
        """Some of the rows, in their order; the titles stay."""
        return Topics(
            self.hour[rows], self.pos[rows], self.topic[rows], self.titles, self.category[rows],
            self.heat[rows], self.paid[rows], self.counts[rows],
        )  # fmt: skip

    @cached_property
    def hours(self) -> Ints:
        """(h,) the hours that the file has, ascending."""
        return np.unique(self.hour)

    @cached_property
    def at(self) -> Ints:
        """(n,) index of each row's hour in `hours`."""
        return np.searchsorted(self.hours, self.hour)
