"""All that is known of a listed topic at its hour, as one matrix."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from holidays import HolidayBase

from .index import Index, index
from .lists import around, churn, crowd, habits, thresholds
from .past import past
from .types import DAY, Floats, Ints, Topics
from .words import words

NEAR = ("heat_1", "pos_1", "age")
"""Of the neighbours in the list, the mean of these."""

Told = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Features:
    """One row for each row of the topics; nothing in it is of a later hour."""

    index: Index
    names: list[str]
    rows: npt.NDArray[np.float32]


def features(topics: Topics, told: Told | None = None) -> Features:
    """Compute them for every row."""
    tell = told or silent
    own = index(topics)
    columns: dict[str, Floats] = {}
    for step, of_topic in enumerate((past, words)):
        tell("features", step, 4)
        for name, values in of_topic(own).items():
            columns[name] = np.empty(len(topics))
            columns[name][own.order] = values
    heat = np.log1p(topics.heat)
    tell("features", 2, 4)
    columns |= thresholds(topics, heat) | churn(own, heat, columns["age"])
    columns |= {f"near_{name}": around(topics, columns[name]) for name in NEAR}
    tell("features", 3, 4)
    columns |= habits(own, heat) | {"crowd": crowd(topics)} | clock(topics.hour)
    tell("features", 4, 4)
    rows = np.stack(list(columns.values()), axis=1).astype(np.float32)
    return Features(own, list(columns), rows)


def silent(what: str, done: int, total: int) -> None:
    """Tells nobody."""


def clock(hours: Ints) -> dict[str, Floats]:
    """Hour of the day, weekday, and whether people work today and tomorrow."""
    days, row = np.unique(hours // DAY, return_inverse=True)
    off = np.array([[is_off(int(day)), is_off(int(day) + 1)] for day in days], np.float64)
    off = off.reshape(len(days), 2)[row]
    return {
        "hour": (hours % DAY).astype(np.float64),
        "weekday": ((hours // DAY + 3) % 7).astype(np.float64),
        "off_today": off[:, 0],
        "off_tomorrow": off[:, 1],
    }


def is_off(day: int) -> bool:
    """Whether a day (since 1970-01-01) is a weekend or a holiday in China, moved days minded."""
    at = date(1970, 1, 1) + timedelta(days=day)
    return not bool(_china(at.year).is_working_day(at))


@lru_cache
def _china(year: int) -> HolidayBase:
    import holidays

    return holidays.country_holidays("CN", years=year)
