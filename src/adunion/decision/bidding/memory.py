"""Landscapes of past ticks, by plan id, older ones counting less."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from .types import Landscape, empty_landscape

HALF_LIFE_HOURS = 24.0


class LandscapeMemory:
    """A running sum of landscapes whose weight halves every day."""

    def __init__(self) -> None:
        self._ids: list[str] = []
        self._sum = empty_landscape(0)
        self._at_us = 0

    def fold(self, plan_ids: Sequence[str], landscape: Landscape, now_us: int) -> None:
        """Add what was observed up to now; plans no longer asked about are let go in time."""
        hours = max(now_us - self._at_us, 0) / 3_600_000_000 if self._at_us else 0.0
        self._at_us = max(now_us, self._at_us)
        faded = self._sum * float(0.5 ** (hours / HALF_LIFE_HOURS))
        gone = [
            id_
            for id_, traffic in zip(self._ids, faded.traffic, strict=True)
            if id_ not in set(plan_ids) and traffic > 1
        ]
        ids = [*plan_ids, *gone]
        fresh = landscape.take(_rows(list(plan_ids), ids))
        self._sum = faded.take(_rows(self._ids, ids)) + fresh
        self._ids = ids

    def recall(self, plan_ids: Sequence[str]) -> Landscape:
        """The sums of the plans, in that order; zero for one never observed."""
        return self._sum.take(_rows(self._ids, plan_ids))


def _rows(known: Sequence[str], wanted: Sequence[str]) -> npt.NDArray[np.int64]:
    row_of = {id_: row for row, id_ in enumerate(known)}
    return np.array([row_of.get(id_, -1) for id_ in wanted], np.int64)
