"""The requests of the last days, kept to be decided again: a sample of each day, of known size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from adunion.kernel.id_columns import given
from adunion.tracking import EventBatch, EventType, concat

DAY_US = 86_400_000_000
DAYS_KEPT = 8  # the day that runs, and a week
KEPT_A_DAY = 12_000
BUYERS_MAX = 1_000_000

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Logged:
    """REQUEST events in an order of chance, and how many logged requests each stands for."""

    events: EventBatch
    weight: Floats
    count: int  # logged in the days that they are of
    days: float


class RecentRequests:
    """A bottom-k sample of REQUEST events for each day (Cohen and Kaplan 2007).

    The draw hangs on the request's id, so that a replay of the log in other pieces keeps the same.
    Of ORDER events it keeps who bought what, to tell new customers.
    """

    def __init__(self, kept_a_day: int = KEPT_A_DAY) -> None:
        self._kept_a_day = kept_a_day
        self._days: dict[int, list[EventBatch]] = {}
        self._counts: dict[int, int] = {}
        self._bought: list[tuple[npt.NDArray[np.void], npt.NDArray[np.void]]] = []
        self._logged: Logged | None = None  # as it was last asked for

    def copy(self) -> RecentRequests:
        """Another one that has seen the same."""
        twin = RecentRequests(self._kept_a_day)
        twin._days = {day: list(parts) for day, parts in self._days.items()}
        twin._counts = dict(self._counts)
        twin._bought, twin._logged = list(self._bought), self._logged
        return twin

    def learn(self, batch: EventBatch) -> None:
        """Take a batch's requests and orders."""
        asked = batch.take(batch.type == EventType.REQUEST)
        day = asked.at_us // DAY_US
        for each in np.unique(day).tolist():
            self._keep(each, asked.take(day == each))
        ordered = (batch.type == EventType.ORDER) & given(batch.shopper)
        if ordered.any():
            self._bought.append((batch.shopper[ordered], batch.item[ordered]))

    def logged(self) -> Logged | None:
        """The sample; of the last whole days where there are any, else of all the time."""
        if self._logged is None and self._days:
            self._logged = self._sampled()
        return self._logged

    def bought(self) -> tuple[npt.NDArray[np.void], npt.NDArray[np.void]]:
        """(shopper, item) of the order lines seen, newest kept."""
        if not self._bought:
            return np.zeros(0, "V16"), np.zeros(0, "V16")
        shopper, item = (
            np.concatenate(column)[-BUYERS_MAX:] for column in zip(*self._bought, strict=True)
        )
        self._bought = [(shopper, item)]
        return shopper, item

    def _sampled(self) -> Logged:
        kept_of = {day: self._cut(parts) for day, parts in sorted(self._days.items())}
        whole = concat(list(kept_of.values()))
        newest, oldest = int(whole.at_us.max()), int(whole.at_us.min())
        days = (newest - oldest) // DAY_US
        kept = whole.take(whole.at_us > newest - days * DAY_US) if days else whole
        share = {day: self._counts[day] / len(batch) for day, batch in kept_of.items()}
        weight = np.array([share[day] for day in (kept.at_us // DAY_US).tolist()])
        order = np.argsort(draws(kept.request), kind="stable")
        span = float(days) if days else max((newest - oldest) / DAY_US, 1 / 24)
        return Logged(kept.take(order), weight[order], round(weight.sum()), span)

    def _keep(self, day: int, asked: EventBatch) -> None:
        self._logged = None
        self._counts[day] = self._counts.get(day, 0) + len(asked)
        parts = self._days.setdefault(day, [])
        parts.append(asked)
        if sum(map(len, parts)) > 2 * self._kept_a_day:  # seldom: joining copies every column
            self._cut(parts)
        for old in [each for each in self._days if each <= max(self._days) - DAYS_KEPT - 1]:
            del self._days[old], self._counts[old]

    def _cut(self, parts: list[EventBatch]) -> EventBatch:
        """A day's sample, which takes the place of its parts."""
        joined = concat(parts)
        if len(joined) > self._kept_a_day:
            chosen = np.argpartition(draws(joined.request), self._kept_a_day)
            joined = joined.take(np.sort(chosen[: self._kept_a_day]))
        parts[:] = [joined]
        return joined


def draws(request: npt.NDArray[np.void]) -> npt.NDArray[np.uint64]:
    """A number of chance for each request id, the same whenever it is asked for."""
    words = np.ascontiguousarray(request).view(np.uint64).reshape(-1, 2)
    mixed = (words[:, 0] ^ (words[:, 1] * np.uint64(0x9E3779B97F4A7C15))).astype(np.uint64)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)), np.uint64)
