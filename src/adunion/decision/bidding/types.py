"""What a controller sees and answers; every array has one row a plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from adunion.kernel.registry import Registry

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

ALPHA_MIN = 0.02
ALPHA_MAX = 20.0
GRID = np.geomspace(ALPHA_MIN, ALPHA_MAX, 20)
"""The multipliers at which the landscape is observed."""


@dataclass(frozen=True)
class Landscape:
    """What each plan would have had at each multiplier of `GRID`, rivals as they were; (p, g).

    Money is expected micros, counted when seen; `traffic` is all requests of the market in the
    plan's hours, so that a rate times a traffic forecast is a forecast.
    """

    traffic: Floats  # (p,)
    spend: Floats
    moved: Floats  # GMV expected of moved impressions
    added: Floats  # their part by the exposure that the bid added
    orders: Floats  # of moved impressions

    def __add__(self, other: Landscape) -> Landscape:
        return Landscape(
            self.traffic + other.traffic,
            self.spend + other.spend,
            self.moved + other.moved,
            self.added + other.added,
            self.orders + other.orders,
        )

    def __mul__(self, factor: float) -> Landscape:
        return Landscape(
            self.traffic * factor,
            self.spend * factor,
            self.moved * factor,
            self.added * factor,
            self.orders * factor,
        )

    def take(self, rows: npt.NDArray[np.int64]) -> Landscape:
        """The chosen plans, in that order; row -1 is a plan never observed."""
        absent = rows < 0

        def pick(column: Floats) -> Floats:
            if not len(column):
                return np.zeros((len(rows), *column.shape[1:]))
            picked: Floats = column[rows].copy()
            picked[absent] = 0
            return picked

        return Landscape(
            pick(self.traffic),
            pick(self.spend),
            pick(self.moved),
            pick(self.added),
            pick(self.orders),
        )


def empty_landscape(plans: int) -> Landscape:
    """Nothing observed yet."""
    shape = (plans, len(GRID))
    return Landscape(np.zeros(plans), *(np.zeros(shape) for _ in range(4)))


@dataclass(frozen=True)
class Results:
    """What each plan has had so far, at most in the last 7 days; see `outcomes.Outcomes`."""

    spend_micros: npt.NDArray[np.int64]
    gmv_micros: npt.NDArray[np.int64]  # orders credited to moved impressions
    orders: npt.NDArray[np.int64]
    expected_micros: Floats  # GMV predicted of the moved impressions that were seen
    matured_micros: Floats  # the part of it whose orders have had the time to come
    level: float = 1.0  # sales over predictions now, over all plans together: a drift
    likely_micros: Floats | None = None  # `expected_micros` by the level of their hours
    likely_matured_micros: Floats | None = None
    square_micros: Floats | None = None  # sum of the squares of the orders' values
    people: People | None = None  # who bought
    apart: bool = False  # rows are courses that one plan may take: none knows of the others


@dataclass(frozen=True)
class People:
    """Orders of each plan and how many of them are by people new to its merchant; (p,) each."""

    orders: Floats  # at most in the last 7 days
    new: Floats
    expected: Floats  # orders predicted of the moved impressions seen in these days
    expected_new: Floats
    lately: Floats  # the same, counting less by half every few hours
    lately_new: Floats


@dataclass(frozen=True)
class Outlook:
    """What each plan still has before it."""

    target_roi: Floats
    alpha: Floats  # as it is now
    budget_left_micros: npt.NDArray[np.int64]
    traffic_to_end: Floats  # requests to come in the plan's hours; inf where it has no end
    traffic_to_horizon: Floats  # those within which its return should be back at the target


Controller = Callable[[Landscape, Results, Outlook], Floats]
"""New multipliers, (p,), each in [0, ALPHA_MAX]; pure, so that any past tick can be replayed."""

bidder: Registry[Controller] = Registry("bidder")
