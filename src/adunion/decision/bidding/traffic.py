"""How much traffic is still to come: rates by hour of the week, learned as it passes.

A rate is the hour of the day's, times the weekday's, times the level of the last hours. A weekday
seen for the first time may differ by itself, so the level believes a departure less then.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ..auction.batch import HOUR_US, MONDAY_HOURS
from .types import Floats

WEEK = 168
_WEIGHT_DAY = 1.0  # hour of day times weekday count like one more week seen of that hour,
_WEIGHT_ALL = 0.3  # and the mean like this many more days seen of either
_DEPART_SEEN, _DEPART_UNSEEN = 0.04, 0.12  # usual log departures: of a weekday seen before, or not
_SEEN_HOURS = 36  # of a weekday: one whole day before the one that runs
_LEVEL_FADES = 0.5 ** (1 / 8)  # an hour: what the last hours say of the week's level
_LEVEL_AFTER_HOURS = 48


def hour_counts(at_us: npt.NDArray[np.int64]) -> list[tuple[int, int]]:
    """(hour since the epoch, how many) of times, hours rising."""
    first, last = int(at_us.min()) // HOUR_US, int(at_us.max()) // HOUR_US
    if first == last:  # the live server's case, one request at a time
        return [(first, len(at_us))]
    hours, counts = np.unique(at_us // HOUR_US, return_counts=True)
    return list(zip(hours.tolist(), counts.tolist(), strict=True))


class TrafficForecast:
    """Requests by hour of the week; new hours lean on the hour of the day, then the mean."""

    def __init__(self) -> None:
        self._requests = np.zeros(WEEK)
        self._hours = np.zeros(WEEK)
        self._open_hour = -1
        self._open_requests = 0
        self._recent = np.ones(2)  # requests come and forecast of late

    def observe(self, counts: Sequence[tuple[int, int]]) -> None:
        """Add `hour_counts` of requests, in time order from call to call."""
        for hour, count in counts:
            self._close(hour)
            self._open_requests += count

    def rates(self, now_us: int) -> Floats:
        """Requests an hour, (168,), Monday 00 UTC first, at the level of the last hours."""
        hour = now_us // HOUR_US
        if self._open_hour >= 0:
            self._close(hour)
        return self._week(now_us) * self._level(hour - 1)

    def _level(self, hour: int) -> float:
        """What the last hours say of the hours to come, less what is usual of their weekday."""
        apart = float(np.log(np.maximum(self._recent[0], 1e-9) / self._recent[1]))
        weekday = (hour + MONDAY_HOURS) // 24 % 7
        seen = self._hours.reshape(7, 24)[weekday].sum() >= _SEEN_HOURS
        usual = _DEPART_SEEN if seen else _DEPART_UNSEEN
        return float(np.exp(apart * apart**2 / (apart**2 + usual**2)))

    def _week(self, now_us: int) -> Floats:
        total, seen = self._requests.sum(), self._hours.sum()
        if not seen:  # within the first hour: as if it went on like this
            return np.full(WEEK, self._open_requests / max(now_us % HOUR_US / HOUR_US, 0.02))
        mean = total / seen
        requests, hours = self._requests.reshape(7, 24), self._hours.reshape(7, 24)
        day, weekday = np.full(24, mean), np.ones(7)
        for _ in range(2):
            due = (hours * weekday[:, None]).sum(axis=0)
            day = (requests.sum(axis=0) + _WEIGHT_ALL * mean) / (due + _WEIGHT_ALL)
            one = _WEIGHT_ALL * day.sum()
            weekday = (requests.sum(axis=1) + one) / (hours @ day + one)
        usual = np.outer(weekday, day).ravel()
        rates: Floats = (self._requests + _WEIGHT_DAY * usual) / (self._hours + _WEIGHT_DAY)
        return rates

    def to_come(
        self, now_us: int, end_us: npt.NDArray[np.int64], dayparts: npt.NDArray[np.bool_]
    ) -> Floats:
        """Requests from now to each plan's end in its hours; (p,), (p, 168) -> (p,)."""
        begin = now_us // HOUR_US
        turn = (begin + MONDAY_HOURS) % WEEK
        hourly = np.roll(self.rates(now_us) * dayparts, -turn, axis=1)
        until = np.concatenate([np.zeros((len(hourly), 1)), hourly.cumsum(axis=1)], axis=1)
        hours = np.maximum(end_us - begin * HOUR_US, now_us - begin * HOUR_US) / HOUR_US
        weeks, rest = np.divmod(hours, WEEK)
        passed = (now_us - begin * HOUR_US) / HOUR_US
        whole = np.minimum(rest.astype(np.int64), WEEK - 1)
        rows = np.arange(len(hourly))
        part = until[rows, whole] + (rest - whole) * hourly[rows, whole]
        to_come: Floats = weeks * until[:, -1] + part - passed * hourly[:, 0]
        return to_come

    def _close(self, hour: int) -> None:
        """Count hours before this one as whole, quiet ones too."""
        if self._open_hour < 0:
            self._open_hour = hour
        while self._open_hour < hour:
            slot = (self._open_hour + MONDAY_HOURS) % WEEK
            self._follow(slot)
            self._requests[slot] += self._open_requests
            self._hours[slot] += 1
            self._open_requests = 0
            self._open_hour = max(self._open_hour + 1, hour - WEEK)

    def _follow(self, slot: int) -> None:
        """Compare the hour that is over with its forecast."""
        if self._hours.sum() < _LEVEL_AFTER_HOURS:
            return
        forecast = self._week(self._open_hour * HOUR_US)[slot]
        self._recent = self._recent * _LEVEL_FADES + (self._open_requests, forecast)
