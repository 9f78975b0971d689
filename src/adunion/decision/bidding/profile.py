"""The day's landscape: one shape of it, moved to where each tick to come is expected to be.

Every tick seen is taken apart into three levels (rows, value a row, price over value, `rhythm`) and
a shape: the share of all value, and its cost, that each ratio wins. Put together again for the
levels expected of a tick, they are its two curves.
"""

from __future__ import annotations

import numpy as np

from .response import LOG_STEP, RATIOS, SIZES, STEPS
from .rhythm import LEVELS, PARTS, Rhythm
from .types import Floats

WIDE = 2 * STEPS + 1  # steps of the shape, its middle where the price over value is
MIDDLE = STEPS
STEP_LOGS = (np.arange(WIDE) - MIDDLE) * LOG_STEP  # log of the bid over target, value and price


class Profile:
    """What is known of a day of `ticks`, for the slots there are."""

    def __init__(self, ticks: int, slots: int) -> None:
        self.ticks, self.slots = ticks, slots
        self.rhythm = Rhythm(ticks)
        self._shape = np.zeros((len(SIZES), 2, slots, WIDE))
        self._rows = 0.0

    @property
    def known(self) -> bool:
        """Whether there is anything to go by."""
        return self._rows > 0

    def add_day(self, rows: Floats, value: Floats, curves: Floats) -> None:
        """Take an earlier day of any number of ticks: rows, value (p,), and curves.

        Curves are (p, sizes, 2, slots, g), as of `responses`.
        """
        if not curves.any():
            return
        rows, value = _resampled(rows, self.ticks), _resampled(value, self.ticks)
        curves = _resampled(curves, self.ticks)
        self.rhythm.add_day(
            np.stack([self._take(*tick) for tick in zip(rows, value, curves, strict=True)])
        )

    def observe(self, tick: int, rows: float, value: float, curves: Floats) -> None:
        """Take a tick of today."""
        if tick < self.ticks:
            self.rhythm.observe(tick, self._take(rows, value, curves))

    def expect(self, tick: int, rows: float, value: float) -> None:
        """Take what can be seen of a tick before it is bid for."""
        self.rhythm.observe(tick, _levels(rows, value))

    def courses(self, tick: int) -> tuple[Floats, Floats]:
        """How the day may go on: value, and log of price over it, of ticks from `tick` on; (c, p).

        A long day's later ticks are put together in parts.
        """
        begin, count = _parts(self.ticks - tick)
        levels = self.rhythm.courses(tick, tick + begin + count // 2)
        return count * np.exp(levels[..., 0] + levels[..., 1]), levels[..., 2]

    def shape(self, exposures: Floats) -> Floats:
        """Of a tick's value, what is won, and its cost, by size and bid; (2, sizes, WIDE).

        Both at a price over value of 1, the bid over which is `STEP_LOGS`.
        """
        shape: Floats = np.einsum("bcjg,j->cbg", self._shape, exposures) / self._rows
        return shape

    def _take(self, rows: float, value: float, curves: Floats) -> Floats:
        """Add a tick to the shape; its levels."""
        levels = _levels(rows, value)
        won = curves[:, 0].sum(axis=(0, 1))  # value by ratio, whatever the slot
        if not won[-1] > 0:
            return levels
        gained = np.diff(won, prepend=0.0)
        levels[2] = float(gained @ np.log(RATIOS)) / won[-1]
        at = (np.arange(WIDE) - MIDDLE) + (levels[2] - np.log(RATIOS[0])) / LOG_STEP
        moved = _between(curves.reshape(-1, STEPS), at).reshape(len(SIZES), 2, -1, WIDE)
        weight = rows / value
        self._shape[:, 0] += moved[:, 0] * weight
        self._shape[:, 1] += moved[:, 1] * weight / np.exp(levels[2])
        self._rows += rows
        return levels


def _levels(rows: float, value: float) -> Floats:
    levels = np.full(LEVELS, np.nan)
    levels[0] = np.log(rows + 0.5)
    if value > 0:
        levels[1] = np.log(value / rows)
    return levels


def _parts(left: int) -> tuple[np.ndarray, np.ndarray]:
    """Where the parts begin and how many ticks each has: the first alone, then as many as fit."""
    begin = np.unique(np.linspace(1, left, min(left, PARTS)).astype(np.int64)[:-1])
    begin = np.append(0, begin)
    return begin, np.diff(np.append(begin, left))


def _between(curves: Floats, at: Floats) -> Floats:
    """Curves (c, g) at places between their steps, (c, *at.shape); level beyond the ends."""
    last = curves.shape[1] - 1
    at = np.clip(at, 0, last)
    low = np.minimum(at.astype(np.int64), last - 1)
    part = at - low
    found: Floats = curves[:, low] * (1 - part) + curves[:, low + 1] * part
    return found


def _resampled(column: Floats, ticks: int) -> Floats:
    """A day's sums by tick, for another number of ticks: shared out evenly."""
    if len(column) == ticks:
        return column
    flat = column.reshape(len(column), -1)
    total = np.concatenate([np.zeros((1, flat.shape[1])), flat.cumsum(axis=0)])
    at = _between(total.T, np.linspace(0, len(column), ticks + 1)).T
    shared: Floats = np.diff(at, axis=0).reshape(ticks, *column.shape[1:])
    return shared
