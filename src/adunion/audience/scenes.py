"""The scene that a request is made in, and what people take in it more than at other times.

A scene is a part of the week (night, commute, work, evening, weekend, holiday), and beside it the
day's weather where an operator tells it. What is taken beyond expectation is counted by category
and by facet over everyone, so that it needs no consent and knows nobody; it is what is believed
of a shopper before anything is known of them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, timedelta

import numpy as np
import numpy.typing as npt

from adunion.prediction import FACET_SHARE

from .facets import SIZE

HOUR_US = 3_600_000_000
SCENES = ("night", "commute", "work", "evening", "weekend", "holiday")
WEATHERS = ("", "rain", "snow", "hot", "cold")
FIRST_YEAR, LAST_YEAR = 2020, 2040
CATEGORY_PRIOR = 60.0
"""Expected clicks that a category's share in a scene is drawn to the usual by."""
FACET_PRIOR = 400.0
_HALF_LIFE_US = 60 * 86_400e6

_Floats = npt.NDArray[np.float32]
_FIRST_HOUR = int(datetime(FIRST_YEAR, 1, 1, tzinfo=UTC).timestamp()) // 3600
_HOURS = int(datetime(LAST_YEAR, 1, 1, tzinfo=UTC).timestamp()) // 3600 - _FIRST_HOUR


class Scenes:
    """What was taken and expected in each scene; `of_hour` is the code of every hour.

    A code is scene + len(SCENES) * weather. `prior` (codes, SIZE) is what people of a scene like,
    `lift` (codes, categories) log(taken / expected); both are as of the last `settle`.
    """

    def __init__(self, categories: int, of_hour: npt.NDArray[np.uint8] | None = None) -> None:
        self.of_hour = hours_table() if of_hour is None else of_hour
        rows = len(SCENES) + len(WEATHERS)
        self._at_us = 0
        self._taken = np.zeros((rows, categories))
        self._expected = np.zeros((rows, categories))
        self._facets = np.zeros((rows, SIZE))
        self.settle()

    @property
    def first_hour(self) -> int:
        """The hour since the epoch that `of_hour` begins with."""
        return _FIRST_HOUR

    def codes(self, at_us: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
        """The code of each moment, (n,); before and after the table, that of its ends."""
        hour = np.clip(at_us // HOUR_US - _FIRST_HOUR, 0, len(self.of_hour) - 1)
        return np.asarray(self.of_hour[hour])

    def observe(
        self,
        at_us: npt.NDArray[np.int64],
        category: npt.NDArray[np.int32],
        vectors: _Floats,
        taken: _Floats,
        expected: _Floats,
    ) -> None:
        """Count what was seen (taken 0) and clicked (expected 0), (n,) each; one hour's at most."""
        if not len(at_us):
            return
        latest = int(at_us.max())
        if latest > self._at_us:
            faded = 0.5 ** ((latest - self._at_us) / _HALF_LIFE_US) if self._at_us else 1.0
            self._at_us = latest
            for counts in (self._taken, self._expected, self._facets):
                counts *= faded
        code = self.codes(at_us).astype(np.int64)
        for part in (code % len(SCENES), len(SCENES) + code // len(SCENES)):
            cell = part * self._taken.shape[1] + category
            for counts, added in ((self._taken, taken), (self._expected, expected)):
                counts += np.bincount(cell, added, counts.size).reshape(counts.shape)
            for row in np.unique(part).tolist():
                self._facets[row] += np.where(part == row, taken - expected, 0) @ vectors

    def settle(self, silent: bool = False) -> None:
        """Take the counts into `prior` and `lift`; `silent`: every scene is like every other."""
        rows = len(SCENES)
        usual = self._expected.sum(1, keepdims=True)
        level = (self._taken.sum(1, keepdims=True) + 1.0) / (usual + 1.0)
        of_all = self._taken[:rows].sum(0) + CATEGORY_PRIOR
        due_all = (self._expected[:rows] * level[:rows]).sum(0) + CATEGORY_PRIOR
        due = self._expected * level * (of_all / due_all)
        lift = np.log((self._taken + CATEGORY_PRIOR) / (due + CATEGORY_PRIOR))
        mean = self._facets[:rows].sum(0) / (usual[:rows].sum() + FACET_PRIOR)
        liked = (self._facets - mean * usual) / (usual + FACET_PRIOR) / FACET_SHARE
        lift[rows], liked[rows] = 0.0, 0.0  # no weather told: nothing beyond the scene
        code = np.arange(rows * len(WEATHERS))
        scene, weather = code % rows, rows + code // rows
        told = np.float32(0 if silent else 1)
        self.lift = told * np.asarray(lift[scene] + lift[weather], np.float32)
        self.prior = told * np.asarray(liked[scene] + liked[weather], np.float32)

    def rebase(self, row_of: npt.NDArray[np.int32], categories: int) -> None:
        """Move to other categories; `row_of` by old row, -1 gone."""
        taken, expected, kept = self._taken, self._expected, row_of >= 0
        self._taken = np.zeros((len(taken), categories))
        self._expected = np.zeros((len(taken), categories))
        self._taken[:, row_of[kept]] = taken[:, kept]
        self._expected[:, row_of[kept]] = expected[:, kept]
        self.settle()


def hours_table(
    offset_hours: int = 8,
    holidays: Collection[date] = (),
    weather: Mapping[date, str] | None = None,
) -> npt.NDArray[np.uint8]:
    """The code of every hour, UTC, from FIRST_YEAR to LAST_YEAR, of people `offset_hours` east."""
    hour = np.arange(_HOURS) + _FIRST_HOUR + offset_hours
    of_day, day = hour % 24, hour // 24
    weekday = (day + 3) % 7  # the epoch was a Thursday
    commute = ((of_day >= 7) & (of_day < 9)) | ((of_day >= 17) & (of_day < 19))
    scene = np.select(
        [of_day < 6, weekday >= 5, commute, (of_day >= 9) & (of_day < 17)],
        [0, 4, 1, 2], 3,
    )  # fmt: skip
    epoch = date(1970, 1, 1)
    off = np.isin(day, [(each - epoch) // timedelta(days=1) for each in holidays])
    scene[off & (of_day >= 6)] = SCENES.index("holiday")
    code = scene
    for each, said in (weather or {}).items():
        code[day == (each - epoch) // timedelta(days=1)] += len(SCENES) * WEATHERS.index(said)
    return code.astype(np.uint8)
