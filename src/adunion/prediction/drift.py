"""What changed since the models were trained: their level, corrected hour by hour.

Recent clicks against what was predicted, and orders against the part of what was predicted that has
had time to come, by the delays learned in training and seen since (people who come back and click
again, or slower ones, are no change of level). The ratio is one over all; each kind of
placement leaves it, and each price band within a kind leaves that, as far as it has evidence
(shrunk by a gamma prior). It moves the log-odds until the next training.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from .delay import ARRIVAL_HOURS
from .models import BANDS
from .types import KINDS

_HOUR_US = 3_600_000_000
HOURS = 72  # looked back
CELLS = len(KINDS) * BANDS  # kind of placement * BANDS + price band
_PRIOR = np.array([[200.0, 400.0, 800.0], [400.0, 400.0, 800.0]])
"""Clicks and orders that the ratio of all, of a kind and of a cell starts from."""
_DELAYS_PRIOR = 300.0  # orders that the delays of the training count for
_SHIFT_MAX = 0.7
_ARRIVED_GUESS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.83, 0.92, 0.96, 0.98, 1.0)  # before any training

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.integer]


class Drift:
    """Sums by hour and cell since `since_us`; `shifts` are those of the last hour.

    `arrived` is the share of orders that have come by each of `ARRIVAL_HOURS` after their click.
    """

    def __init__(self, since_us: int = 0, arrived: Sequence[float] = ()) -> None:
        self._since_us = since_us
        self._hour = 0
        self._sums = np.zeros((4, HOURS, CELLS))  # expected clicks, clicks, orders due, orders
        ages, share = np.arange(HOURS) + 0.5, arrived or _ARRIVED_GUESS
        self._trained: Floats = np.interp(ages, (0, *ARRIVAL_HOURS), (0, *share))
        self._delays = np.zeros((HOURS, HOURS))  # orders by hours since their click, and its delay
        self.shifts = np.zeros((2, len(KINDS), BANDS))  # of clicks and of orders, log-odds

    def seen(self, hour: int, cell: Codes, pctr: Floats) -> None:
        """Impressions seen in an hour (since the epoch), with their predicted clicks, (k,)."""
        self._add(0, hour, cell, np.exp(-self._shift(0, cell)) * pctr)

    def clicked(self, hour: int, cell: Codes, pcvr: Floats) -> None:
        """Clicks in an hour, with their predicted orders, (k,)."""
        self._add(1, hour, cell, np.ones(len(cell)))
        self._add(2, hour, cell, np.exp(-self._shift(1, cell)) * pcvr)

    def ordered(self, cell: Codes, click_at_us: Codes, order_at_us: Codes) -> None:
        """Orders that are credited to a click on a placement, (k,)."""
        fresh = click_at_us >= self._since_us
        click_hour, hour = click_at_us[fresh] // _HOUR_US, order_at_us[fresh] // _HOUR_US
        for each in np.unique(click_hour).tolist():
            own = click_hour == each
            self._add(3, each, cell[fresh][own], np.ones(int(own.sum())))
            column = self._hour - each
            if column < HOURS:
                late = np.clip(hour[own] - each, 0, HOURS - 1)
                self._delays[column] += np.bincount(late, minlength=HOURS)

    def _shift(self, row: int, cell: Codes) -> Floats:
        shift: Floats = self.shifts[row].ravel()[cell]
        return shift

    def _add(self, row: int, hour: int, cell: Codes, values: Floats) -> None:
        if not len(cell) or hour * _HOUR_US < self._since_us:
            return
        if hour > self._hour:
            self._turn(hour)
        column = self._hour - hour
        if column < HOURS:
            self._sums[row, column] += np.bincount(cell, values, CELLS)

    def _turn(self, hour: int) -> None:
        """Take the shifts from what was observed, and make room for the new hour."""
        if self._hour:
            self.shifts = self._shifts()
        late = min(hour - self._hour, HOURS) if self._hour else HOURS
        self._sums, self._delays = np.roll(self._sums, late, 1), np.roll(self._delays, late, 0)
        self._sums[:, :late] = 0
        self._delays[:late] = 0
        self._hour = hour

    def _shifts(self) -> Floats:
        due_clicks, clicks, due_orders, orders = self._sums
        had = np.stack([clicks.sum(0), orders.sum(0)])
        due = np.stack([due_clicks.sum(0), self._come() @ due_orders])
        ratio = np.ones((2, 1))
        for size, prior in zip((1, len(KINDS), CELLS), _PRIOR.T[:, :, None], strict=True):
            parent = np.repeat(ratio, size // ratio.shape[1], axis=1)
            of = had.reshape(2, size, -1).sum(2), due.reshape(2, size, -1).sum(2)
            ratio = (of[0] + prior * parent) / (of[1] + prior)
        shifts = np.clip(np.log(ratio), -_SHIFT_MAX, _SHIFT_MAX)
        return shifts.reshape(2, len(KINDS), BANDS)

    def _come(self) -> Floats:
        """The share of orders that have come by the end of each hour since their click, (HOURS,).

        Orders are seen only if they have come: of those of clicks as old as a delay, the share
        with just that delay (as `delay.arrival_curve`), beside the prior of the training.
        """
        trained, as_old = self._trained, np.cumsum(self._delays[::-1], 0)[::-1]
        just, within = np.diag(as_old), np.diag(np.cumsum(as_old, 1))
        exact = np.diff(trained, prepend=0.0) * _DELAYS_PRIOR
        stay = 1 - (just + exact) / np.maximum(within + trained * _DELAYS_PRIOR, 1e-9)
        from_there = np.append(np.cumprod(stay[:0:-1])[::-1], 1.0)
        come: Floats = trained[-1] * from_there
        return come
