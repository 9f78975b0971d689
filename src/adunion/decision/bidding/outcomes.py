"""What plans have spent and sold, by hour, and how much of what was predicted has had its time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ..auction.batch import HOUR_US
from .drift import levels
from .tails import DELAY_ENDS, SLOW, tail
from .types import Floats, People, Results

WINDOW_HOURS = 168
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

# Delay from click to order, by the buckets of `tails`: a guess worth that many orders.
_DELAY_GUESS = np.array([37, 18.5, 5.1, 5.1, 8.5, 6.3, 4.5, 5.9, 3.2, 3, 1.3, 1.6]) / 100
_DELAY_ORDERS, _SLOW_ORDERS = 150, 15  # that the guess counts for: of each bucket, of all slow ones
_PARTS = np.array([[0.125], [0.375], [0.625], [0.875]])  # of an hour
_RATIO_MAX = 10.0  # of sales over predictions
_LATELY_HOURS = 3.0  # by when half of what was lately is forgotten


class Outcomes:
    """Hourly sums by plan id over the last 7 days; made again from the log after a restart."""

    def __init__(self) -> None:
        self._row: dict[str, int] = {}
        self._first_hour = 0  # hour of column 0
        # spend, expected, gmv, orders and the sum of squares of their values, by hour of the click
        self._sums = np.zeros((5, 0, WINDOW_HOURS + 1))
        # orders expected, of them by new customers; orders, of them by new customers
        self._people = np.zeros((4, 0, WINDOW_HOURS + 1))
        self._late = np.zeros((len(DELAY_ENDS), WINDOW_HOURS + 1))  # gmv by delay
        self._shares = _DELAY_GUESS
        self._trend: tuple[int, Floats, Floats] | None = None

    def shown(
        self, plan_ids: Sequence[str], plan: Ints, at_us: Ints, price_micros: Ints,
        expected: Floats, chance: Floats | None = None, newness: Floats | None = None,
    ) -> None:  # fmt: skip
        """Add moved impressions that were seen, (k,): plan rows, times, prices, GMV predicted.

        `chance` is that of an order, and `newness` that its buyer is new to the merchant.
        """
        self._trend = None
        hours = self._columns(at_us)
        rows = self._rows(plan_ids)[plan]
        kept = hours >= 0
        np.add.at(self._sums[0], (rows[kept], hours[kept]), price_micros[kept])
        np.add.at(self._sums[1], (rows[kept], hours[kept]), expected[kept])
        if chance is not None and newness is not None:
            np.add.at(self._people[0], (rows[kept], hours[kept]), chance[kept])
            np.add.at(self._people[1], (rows[kept], hours[kept]), (chance * newness)[kept])

    def sold(
        self,
        plan_ids: Sequence[str],
        plan: Ints,
        at_us: Ints,
        click_at_us: Ints,
        amount_micros: Ints,
        head: Flags | None = None,
        new: Floats | None = None,
    ) -> None:
        """Add order lines credited to plans: (k,) rows, times of order and click, amounts.

        `head` is an order's first line, `new` 1 there where its buyer is new to the merchant.
        """
        self._trend = None
        self._columns(at_us)
        hours = self._columns(click_at_us)
        rows = self._rows(plan_ids)[plan]
        kept = hours >= 0
        rows, hours, amount = rows[kept], hours[kept], amount_micros[kept].astype(np.float64)
        for column, added in ((2, amount), (3, np.ones(len(rows))), (4, amount**2)):
            np.add.at(self._sums[column], (rows, hours), added)
        if head is not None and new is not None:
            np.add.at(self._people[2], (rows, hours), head[kept])
            np.add.at(self._people[3], (rows, hours), new[kept])
        late = np.searchsorted(DELAY_ENDS, (at_us - click_at_us)[kept] / HOUR_US)
        np.add.at(self._late, (np.minimum(late, len(DELAY_ENDS) - 1), hours), amount)

    def results(self, plan_ids: Sequence[str], now_us: int) -> Results:
        """The sums of the last 7 days for the plans, in that order."""
        self._columns(np.array([now_us]))
        rows = self._rows(plan_ids)
        spend, expected, gmv, orders, squares = self._sums[:, rows]
        matured, level = self._trend_at(now_us)
        return Results(
            spend_micros=spend.sum(axis=1).astype(np.int64),
            gmv_micros=gmv.sum(axis=1).astype(np.int64),
            orders=orders.sum(axis=1).astype(np.int64),
            expected_micros=expected.sum(axis=1),
            matured_micros=expected @ matured,
            level=float(level[max(int(now_us // HOUR_US) - self._first_hour, 0)]),
            likely_micros=expected @ level,
            likely_matured_micros=expected @ (level * matured),
            square_micros=squares.sum(axis=1),
            people=self._who(rows, self._ages(now_us)),
        )

    def _trend_at(self, now_us: int) -> tuple[Floats, Floats]:
        """Share of orders that have come, and sales over predictions, by hour, over all plans.

        Worked out once for a time, since several ask at each tick.
        """
        if self._trend is None or self._trend[0] != now_us:
            ages = self._ages(now_us)
            self._shares = self._delays(ages)
            matured = self.matured(ages)
            self._trend = now_us, matured, self._levels(matured)
        return self._trend[1:]

    def _ages(self, now_us: int) -> Floats:
        """Hours since the middle of each column."""
        middles = self._first_hour + np.arange(WINDOW_HOURS + 1) + 0.5
        ages: Floats = np.float64(now_us / HOUR_US) - middles
        return ages

    def _who(self, rows: Ints, ages: Floats) -> People:
        expected, expected_new, orders, new = self._people[:, rows]
        lately = np.where(ages > -1, 0.5 ** (np.maximum(ages, 0) / _LATELY_HOURS), 0.0)
        return People(
            orders.sum(axis=1), new.sum(axis=1), expected.sum(axis=1), expected_new.sum(axis=1),
            expected @ lately, expected_new @ lately,
        )  # fmt: skip

    def matured(self, ages: Floats) -> Floats:
        """Share of orders that have come by each age in hours."""
        return _come(self._shares, _of_clicks(ages))

    def _delays(self, ages: Floats) -> Floats:
        """Share of orders by delay, over all plans.

        What came with a delay is set against what was expected of the clicks that are old enough
        to show it (Kaplan and Meier 1958), so that late orders still to come are not taken as lost.
        """
        ends = _slowing(DELAY_ENDS)[:, None]
        begins = np.concatenate([[[0.0]], ends[:-1]])
        clicks = _of_clicks(ages)
        shown = np.clip((_slowing(clicks)[:, None] - begins) / (ends - begins), 0, 1).mean(axis=0)
        _, expected, gmv, orders, _ = self._sums.sum(axis=1)
        if not gmv.any():
            return _DELAY_GUESS
        order = float(gmv.sum() / orders.sum())
        guess, few = _DELAY_ORDERS * order, _SLOW_ORDERS * order
        late, exposed = self._late.sum(axis=1), shown @ expected
        shares = _DELAY_GUESS
        for _ in range(3):  # the guess stands for as many sales per prediction as there were
            come = _come(shares, clicks)
            ratio = min(gmv.sum() / max(float(expected @ come), 1.0), _RATIO_MAX)
            guessed = ratio * _DELAY_GUESS
            guessed[SLOW] = tail(late[SLOW], exposed[SLOW], guessed[SLOW].sum(), few, order)
            shares = (late + guess * guessed) / (exposed + guess)
        return shares

    def _levels(self, matured: Floats) -> Floats:
        """Sales over predictions by hour, over all plans."""
        _, expected, gmv, orders, squares = self._sums.sum(axis=1)
        total, count = gmv.sum(), orders.sum()
        if not count:
            return np.ones(len(matured))
        spread = max(squares.sum() * count / total**2, 1.0)
        ready = expected * matured
        return levels(ready, gmv, ready * count / total, spread)

    def _rows(self, plan_ids: Sequence[str]) -> npt.NDArray[np.int64]:
        for id_ in plan_ids:
            self._row.setdefault(id_, len(self._row))
        grown = len(self._row) - self._sums.shape[1]
        if grown:
            room = ((0, 0), (0, grown), (0, 0))
            self._sums, self._people = np.pad(self._sums, room), np.pad(self._people, room)
        return np.array([self._row[id_] for id_ in plan_ids], np.int64)

    def _columns(self, at_us: Ints) -> npt.NDArray[np.int64]:
        """Columns of times, -1 where they are over 7 days old; moves the window on."""
        hours = at_us // HOUR_US
        late = int(hours.max(initial=0)) - self._first_hour - WINDOW_HOURS
        if late > 0:
            kept = max(WINDOW_HOURS + 1 - late, 0)
            self._sums, self._late = _moved_on(self._sums, kept), _moved_on(self._late, kept)
            self._people = _moved_on(self._people, kept)
            self._first_hour += late
        columns = hours - self._first_hour
        return np.where(columns >= 0, columns, -1)


def _of_clicks(ages: Floats) -> Floats:
    """Ages of clicks all over each hour, (4, h), of which `ages` is the middle's, until now."""
    clicks: Floats = ages + 0.5 - np.clip(ages + 0.5, 0, 1) * _PARTS
    return clicks


def _come(shares: Floats, clicks: Floats) -> Floats:
    """The part of each hour's orders that have come, from shares by delay."""
    come = np.concatenate([[0], shares.cumsum() / shares.sum()])
    ends = np.concatenate([[0], _slowing(DELAY_ENDS)])
    matured: Floats = np.interp(_slowing(clicks), ends, come).mean(axis=0)
    return matured


def _slowing(hours: Floats) -> Floats:
    """A time in which orders come evenly within a bucket, or nearly: ever fewer come an hour."""
    quarters = np.maximum(hours, 0) / DELAY_ENDS[0]
    slowed: Floats = np.where(quarters < 1, quarters, 1 + np.log(np.maximum(quarters, 1)))
    return slowed


def _moved_on(columns: Floats, kept: int) -> Floats:
    """The last `kept` columns first, then empty ones."""
    moved = np.zeros_like(columns)
    moved[..., :kept] = columns[..., columns.shape[-1] - kept :]
    return moved
