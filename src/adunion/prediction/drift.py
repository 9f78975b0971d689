"""What changed since the models were trained: their level, corrected hour by hour.

For each kind of placement the recent clicks against what was predicted, and orders against the
part of what was predicted that has had time to come. The ratio, shrunk to 1 while there is little,
moves the log-odds until the next training.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .types import KINDS

_HOUR_US = 3_600_000_000
HOURS = 72  # looked back
_PRIOR_CLICKS, _PRIOR_ORDERS = 200.0, 60.0
_SHIFT_MAX = 0.7
# Share of orders that come within so many hours of their click, before any was seen.
_DELAY_ENDS = np.array([0.25, 1, 3, 6, 12, 24, 48, 72, 96, 168])
_DELAY_GUESS = 100 * np.array([0.3, 0.1, 0.1, 0.1, 0.1, 0.13, 0.09, 0.04, 0.02, 0.02])

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.integer]


class Drift:
    """Sums by hour and kind of placement since `since_us`; `shifts` are those of the last hour.

    `delays`, which do not hang on the models, go on from one training to the next.
    """

    def __init__(self, since_us: int = 0, delays: Floats | None = None) -> None:
        self._since_us = since_us
        self._hour = 0
        self._sums = np.zeros((4, HOURS, len(KINDS)))  # expected clicks, clicks, orders due, orders
        self.delays: Floats = _DELAY_GUESS.copy() if delays is None else delays
        self.shifts = np.zeros((2, len(KINDS)))  # of clicks and of orders, log-odds

    def seen(self, hour: int, kind: Codes, pctr: Floats) -> None:
        """Impressions seen in an hour (since the epoch), with their predicted clicks, (k,)."""
        self._add(0, hour, kind, np.exp(-self.shifts[0][kind]) * pctr)

    def clicked(self, hour: int, kind: Codes, pcvr: Floats) -> None:
        """Clicks in an hour, with their predicted orders, (k,)."""
        self._add(1, hour, kind, np.ones(len(kind)))
        self._add(2, hour, kind, np.exp(-self.shifts[1][kind]) * pcvr)

    def ordered(self, kind: Codes, click_at_us: Codes, at_us: Codes) -> None:
        """Orders that are credited to a click on a placement, (k,)."""
        late = np.searchsorted(_DELAY_ENDS, (at_us - click_at_us) / _HOUR_US)
        np.add.at(self.delays, np.minimum(late, len(_DELAY_ENDS) - 1), 1)
        fresh = click_at_us >= self._since_us
        click_hour = click_at_us[fresh] // _HOUR_US
        for each in np.unique(click_hour).tolist():
            own = click_hour == each
            self._add(3, each, kind[fresh][own], np.ones(int(own.sum())))

    def _add(self, row: int, hour: int, kind: Codes, values: Floats) -> None:
        if not len(kind) or hour * _HOUR_US < self._since_us:
            return
        if hour > self._hour:
            self._turn(hour)
        column = self._hour - hour
        if column < HOURS:
            self._sums[row, column] += np.bincount(kind, values, len(KINDS))

    def _turn(self, hour: int) -> None:
        """Take the shifts from what was observed, and make room for the new hour."""
        if self._hour:
            self.shifts = self._shifts()
        late = min(hour - self._hour, HOURS) if self._hour else HOURS
        self._sums = np.roll(self._sums, late, axis=1)
        self._sums[:, :late] = 0
        self._hour = hour

    def _shifts(self) -> Floats:
        share = np.concatenate(([0], self.delays.cumsum() / self.delays.sum()))
        ages = np.arange(HOURS) + 0.5
        come = np.interp(ages, np.concatenate(([0], _DELAY_ENDS)), share)
        due_clicks, clicks, due_orders, orders = self._sums
        ratios = np.stack(
            [
                (clicks.sum(0) + _PRIOR_CLICKS) / (due_clicks.sum(0) + _PRIOR_CLICKS),
                (orders.sum(0) + _PRIOR_ORDERS) / (come @ due_orders + _PRIOR_ORDERS),
            ]
        )
        return np.asarray(np.clip(np.log(ratios), -_SHIFT_MAX, _SHIFT_MAX))
