"""The arena's market, its periods, and what a bidder's day in it came to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

TICKS = 48
EXPOSURES = np.array([1.0, 0.8, 0.6])
RESERVE = 0.01  # the least price of a slot


@dataclass(frozen=True)
class Market:
    """48 advertisers in 6 categories of 8; rows are advertisers."""

    seed: int
    rows: int  # opportunities in a period, about
    category: Ints
    target: Floats  # cost per conversion
    budget: Floats
    kind: Ints  # of the bidder, an index of rivals.KINDS
    style: Floats  # its boldness: its first multiplier over its target
    sigma: Floats  # (48,) mean uncertainty over value
    common: float  # how far the values of a category's advertisers go together
    spread: float  # standard deviation of an advertiser's values over their mean, about


@dataclass(frozen=True)
class Period:
    """The opportunities of one day: n rows in order of time."""

    number: int
    offsets: Ints  # (TICKS + 1,) rows at which the ticks begin
    mean: Floats  # (TICKS, 48) of the values
    std: Floats  # (TICKS, 48)
    keys: npt.NDArray[np.uint64]  # (n,) for the draws
    style: Floats  # (48,) of the rivals this day

    def rows(self, tick: int) -> slice:
        """The rows of a tick."""
        return slice(int(self.offsets[tick]), int(self.offsets[tick + 1]))


@dataclass(frozen=True)
class Landscape:
    """What one advertiser met on a day: its values, and its rivals' three highest bids."""

    offsets: Ints  # (TICKS + 1,)
    values: Floats  # (n,)
    value_std: Floats  # (n,)
    costs: Floats  # (n, 3) least winning costs, slot 1 first


@dataclass(frozen=True)
class Day:
    """What a bidder's day came to, in expectation over exposures and conversions."""

    conversions: float
    cost: float
    paid: float  # what was really paid, by the exposures drawn
    by_tick: Floats  # (TICKS, 2): conversions and cost expected

    def score(self, target: float) -> float:
        """Conversions, less the square of how far the cost of one passed the target."""
        return self.conversions * min(1.0, self.attained(target)) ** 2

    def attained(self, target: float) -> float:
        """Target cost over cost per conversion."""
        return target * self.conversions / self.cost if self.cost > 0 else np.inf


class Agent(Protocol):
    """The door of `adunion.decision.bidding.ReturnTargetController`."""

    def warm_start(self, past_periods: Any) -> Any:
        """Take logs of earlier periods."""

    def bids(self, values: Floats, value_std: Floats) -> Floats:
        """A bid for each opportunity of the coming tick."""
        ...

    def observe(
        self,
        values: Floats,
        least_winning_costs: Floats,
        won: Flags,
        exposed: Flags,
        cost: Floats,
        converted: Flags,
    ) -> None:
        """What became of them."""
