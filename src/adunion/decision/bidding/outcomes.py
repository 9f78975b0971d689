"""What plans have spent and sold, by hour, and how much of what was predicted has had its time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ..auction.batch import HOUR_US
from .types import Floats, Results

WINDOW_HOURS = 168
Ints = npt.NDArray[np.int64]

# Delay from impression to order: hours at the ends of the buckets. Counts start from a guess worth
# 50 orders, so that the first hour's quick buyers do not make late ones look lost.
_DELAY_ENDS = np.array([0.25, 1, 3, 6, 12, 24, 48, 96, 168])
_DELAY_GUESS = 50 * np.array([0.35, 0.15, 0.12, 0.08, 0.08, 0.1, 0.06, 0.04, 0.02])


class Outcomes:
    """Hourly sums by plan id over the last 7 days; made again from the log after a restart."""

    def __init__(self) -> None:
        self._row: dict[str, int] = {}
        self._first_hour = 0  # hour of column 0
        self._sums = np.zeros((4, 0, WINDOW_HOURS + 1))  # spend, expected, gmv, orders
        self._delays = _DELAY_GUESS.copy()

    def shown(
        self, plan_ids: Sequence[str], plan: Ints, at_us: Ints, price_micros: Ints, expected: Floats
    ) -> None:
        """Add moved impressions that were seen, (k,): plan rows, times, prices, GMV predicted."""
        hours = self._columns(at_us)
        rows = self._rows(plan_ids)[plan]
        kept = hours >= 0
        np.add.at(self._sums[0], (rows[kept], hours[kept]), price_micros[kept])
        np.add.at(self._sums[1], (rows[kept], hours[kept]), expected[kept])

    def sold(
        self,
        plan_ids: Sequence[str],
        plan: Ints,
        at_us: Ints,
        click_at_us: Ints,
        amount_micros: Ints,
    ) -> None:
        """Add order lines credited to plans: (k,) rows, times of order and click, amounts."""
        hours = self._columns(at_us)
        rows = self._rows(plan_ids)[plan]
        kept = hours >= 0
        np.add.at(self._sums[2], (rows[kept], hours[kept]), amount_micros[kept])
        np.add.at(self._sums[3], (rows[kept], hours[kept]), 1)
        late = np.searchsorted(_DELAY_ENDS, (at_us - click_at_us) / HOUR_US)
        np.add.at(self._delays, np.minimum(late, len(_DELAY_ENDS) - 1), 1)

    def results(self, plan_ids: Sequence[str], now_us: int) -> Results:
        """The sums of the last 7 days for the plans, in that order."""
        self._columns(np.array([now_us]))
        rows = self._rows(plan_ids)
        spend, expected, gmv, orders = self._sums[:, rows]
        middles = self._first_hour + np.arange(WINDOW_HOURS + 1) + 0.5
        ages: Floats = np.float64(now_us / HOUR_US) - middles
        return Results(
            spend_micros=spend.sum(axis=1).astype(np.int64),
            gmv_micros=gmv.sum(axis=1).astype(np.int64),
            orders=orders.sum(axis=1).astype(np.int64),
            expected_micros=expected.sum(axis=1),
            matured_micros=expected @ self._matured(ages),
        )

    def _matured(self, ages: Floats) -> Floats:
        """Share of orders that have come by each age in hours."""
        shares = np.concatenate([[0], self._delays.cumsum() / self._delays.sum()])
        matured: Floats = np.interp(ages, np.concatenate([[0], _DELAY_ENDS]), shares)
        return matured

    def _rows(self, plan_ids: Sequence[str]) -> npt.NDArray[np.int64]:
        for id_ in plan_ids:
            self._row.setdefault(id_, len(self._row))
        grown = len(self._row) - self._sums.shape[1]
        if grown:
            self._sums = np.pad(self._sums, ((0, 0), (0, grown), (0, 0)))
        return np.array([self._row[id_] for id_ in plan_ids], np.int64)

    def _columns(self, at_us: Ints) -> npt.NDArray[np.int64]:
        """Columns of times, -1 where they are over 7 days old; moves the window on."""
        hours = at_us // HOUR_US
        late = int(hours.max(initial=0)) - self._first_hour - WINDOW_HOURS
        if late > 0:
            kept = max(WINDOW_HOURS + 1 - late, 0)
            moved = np.zeros_like(self._sums)
            moved[:, :, :kept] = self._sums[:, :, WINDOW_HOURS + 1 - kept :]
            self._sums = moved
            self._first_hour += late
        columns = hours - self._first_hour
        return np.where(columns >= 0, columns, -1)
