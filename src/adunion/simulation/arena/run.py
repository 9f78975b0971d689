"""Runs bidders through days and seats of arenas, beside what hindsight would have had."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from adunion.kernel.clock import generator
from adunion.kernel.errors import invalid

from .hindsight import oracle, single
from .market import ROWS, SPREAD, SPREAD_LEAST, market, period
from .play import Played, day_of, landscape, play, replay
from .strategies import STRATEGIES, strategy
from .types import TICKS, Day, Landscape, Market, Period

ADVERTISERS_APART = 4  # each day every fourth advertiser is a seat, a day later the next ones
ROWS_LEAST = 5_000  # below that a budget is less than a conversion
HELD = 0.9  # attainment from which a target counts as held


@dataclass(frozen=True)
class Row:
    """One bidder's day in one seat; money in the market's unit, conversions expected."""

    seed: int
    period: int
    seat: int
    strategy: str
    target: float
    budget: float
    conversions: float
    cost: float
    paid: float
    score: float
    attained: float
    oracle: float  # the best score in hindsight, choosing the slot of every row
    single: float  # the best score of one multiplier all day
    single_held: float  # of those that hold the target


@dataclass(frozen=True)
class Past:
    """The days of a market as they were without an outside bidder."""

    market: Market
    periods: list[Period]
    played: list[Played]

    def land(self, number: int, seat: int) -> Landscape:
        """What a seat met on a day."""
        return landscape(self.market, self.periods[number], self.played[number], seat)


def run(
    strategies: Sequence[str] = tuple(STRATEGIES),
    seeds: Sequence[int] = (10,),
    rows: int = ROWS,
    days: int = 7,
    warm: int = 2,
    seats: int = 12,
    reactive: bool = False,
    common: float = 0.0,
    spread: float = SPREAD,
    progress: Callable[[str, int, int], None] | None = None,
) -> list[Row]:
    """Every strategy in every seat of every day; `warm` earlier days are told to each.

    Rivals are as they were on the recorded day, so that all strategies and hindsight face the
    same; with `reactive` they answer to the bidder, and hindsight is of the day that came of it.
    `common` and `spread` are those of `market`. `progress` is told what, how many days are done,
    and of how many. Raises `AdUnionError` for a strategy that is not there or an arena that cannot
    be.
    """
    strategies = list(dict.fromkeys(strategies))
    _check(strategies, seeds, rows, days, warm, spread)
    found: list[Row] = []
    for seed in seeds:
        of = market(seed, rows, common, spread)
        periods = [period(of, number) for number in range(warm + days)]
        past = Past(of, periods, [play(of, one) for one in periods])
        for number in range(warm, warm + days):
            for seat in list(range(number % ADVERTISERS_APART, 48, ADVERTISERS_APART))[:seats]:
                found += _seat(past, number, seat, warm, strategies, reactive)
            if progress is not None:
                progress(f"arena {seed}", number - warm + 1, days)
    return found


def summary(rows: Sequence[Row]) -> dict[str, dict[str, float]]:
    """Means by strategy: score over oracle and over the best single multiplier, targets held."""
    return {
        name: {
            "seats": len(mine),
            "score_over_oracle": _mean(row.score / row.oracle for row in mine),
            "score_over_single": _mean(row.score / row.single for row in mine),
            "score_over_single_held": _mean(
                row.score / row.single_held for row in mine if row.single_held > 0
            ),
            "held": _mean(float(row.attained >= HELD) for row in mine),
            "budget_used": _mean(row.paid / row.budget for row in mine),
            "overspent": _mean(float(row.paid > row.budget) for row in mine),
        }
        for name in dict.fromkeys(row.strategy for row in rows)
        if (mine := [row for row in rows if row.strategy == name])
    }


def log_of(land: Landscape) -> list[dict[str, np.ndarray]]:
    """A day as the door's `warm_start` takes it: a list of ticks."""
    parts = [slice(int(land.offsets[tick]), int(land.offsets[tick + 1])) for tick in range(TICKS)]
    return [
        {
            "values": land.values[rows],
            "value_std": land.value_std[rows],
            "least_winning_costs": land.costs[rows],
        }
        for rows in parts
    ]


def _check(
    strategies: Sequence[str], seeds: Sequence[int], rows: int, days: int, warm: int,
    spread: float,
) -> None:  # fmt: skip
    for name in strategies:
        if name not in STRATEGIES:
            raise invalid("strategies", f"No strategy {name!r}.", f"Choose of {list(STRATEGIES)}.")
    if rows < ROWS_LEAST or days < 1 or warm < 0 or any(not 0 <= seed < 2**63 for seed in seeds):
        raise invalid(
            "rows", f"An arena takes {ROWS_LEAST} rows or more, a day, a seed from 0 to 2^63 - 1."
        )
    if not SPREAD_LEAST <= spread <= 1:
        raise invalid(
            "spread", f"Not {spread:g}.", f"Give {SPREAD_LEAST:g} to 1; {SPREAD:g} is published."
        )


def _seat(
    past: Past, number: int, seat: int, warm: int, strategies: Sequence[str], reactive: bool
) -> Iterator[Row]:
    of = past.market
    budget, target = float(of.budget[seat]), float(of.target[seat])
    earlier = [log_of(past.land(one, seat)) for one in range(number - warm, number)]
    land = past.land(number, seat)
    draws = generator(of.seed, 0xA2, number, seat).random((2, len(land.values)))
    best = _hindsight(land, budget, target)
    for name in strategies:
        agent = strategy(name, budget, target)
        if earlier:
            agent.warm_start(earlier)
        if reactive:
            played = play(of, past.periods[number], seat, agent)
            land = landscape(of, past.periods[number], played, seat)
            day, best = day_of(land, played, seat), _hindsight(land, budget, target)
        else:
            day = replay(land, agent, budget, draws)
        yield _row(of.seed, number, seat, name, target, budget, day, best)


def _hindsight(land: Landscape, budget: float, target: float) -> tuple[float, float, float]:
    held = single(land, budget, target, least=HELD)
    return oracle(land, budget, target), single(land, budget, target), held


def _row(
    seed: int,
    number: int,
    seat: int,
    name: str,
    target: float,
    budget: float,
    day: Day,
    best: tuple[float, float, float],
) -> Row:
    return Row(
        seed, number, seat, name, target, budget, day.conversions, day.cost, day.paid,
        day.score(target), day.attained(target), *best,
    )  # fmt: skip


def _mean(numbers: Iterator[float]) -> float:
    return round(float(np.mean(list(numbers))), 4)
