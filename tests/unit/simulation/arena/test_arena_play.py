"""The arena keeps its rules: second prices, exposure, budgets; the same seed, the same day."""

from __future__ import annotations

import numpy as np
import pytest

from adunion.simulation.arena.market import market, period
from adunion.simulation.arena.play import Played, day_of, landscape, play, seat_values
from adunion.simulation.arena.strategies import strategy
from adunion.simulation.arena.types import RESERVE, TICKS, Market, Period

ROWS = 20_000


@pytest.fixture(scope="module")
def arena() -> tuple[Market, Period, Played]:
    of = market(2, ROWS)
    day = period(of, 0)
    return of, day, play(of, day)


def test_the_same_seed_gives_the_same_day(arena: tuple[Market, Period, Played]) -> None:
    of, day, played = arena
    again = play(market(2, ROWS), period(market(2, ROWS), 0))
    np.testing.assert_array_equal(again.top, played.top)
    np.testing.assert_array_equal(again.spent, played.spent)
    assert (period(of, 1).keys[:100] != day.keys[:100]).all()


def test_nobody_spends_more_than_its_budget_and_prices_fall_by_more_than_half(
    arena: tuple[Market, Period, Played],
) -> None:
    of, day, played = arena
    assert (played.spent.sum(axis=0) <= of.budget).all()
    mean = [played.top[day.rows(tick), 2].mean() for tick in range(TICKS)]
    peak = int(np.argmax(mean))
    assert min(mean[peak:]) < 0.5 * mean[peak]


def test_bids_are_ranked_and_a_seat_meets_its_rivals_three_highest(
    arena: tuple[Market, Period, Played],
) -> None:
    of, day, played = arena
    assert (np.diff(played.top, axis=1) <= 0).all()
    seat = int(played.owner[:, 0].max())
    land = landscape(of, day, played, seat)
    first = played.owner[:, 0] == seat
    np.testing.assert_allclose(land.costs[first], np.maximum(played.top[first, 1:], RESERVE))
    absent = (played.owner[:, :3] != seat).all(axis=1)
    np.testing.assert_allclose(land.costs[absent], np.maximum(played.top[absent, :3], RESERVE))


def test_values_of_one_category_are_alike_and_never_negative(
    arena: tuple[Market, Period, Played],
) -> None:
    of, day, _ = arena
    one, two, far = (seat_values(of, day, seat)[0] for seat in (0, 1, 47))
    assert (one >= 0).all()
    assert np.corrcoef(one, two)[0, 1] > np.corrcoef(one, far)[0, 1]


def test_an_outside_bidder_pays_when_seen_and_stops_at_its_budget(
    arena: tuple[Market, Period, Played],
) -> None:
    of, day, _ = arena
    budget, target = float(of.budget[9]), float(of.target[9])
    agent = strategy("constant", budget, 3 * target)
    played = play(of, day, 9, agent)
    came = day_of(landscape(of, day, played, 9), played, 9)
    assert 0.95 * budget < came.paid <= budget
    assert came.cost == pytest.approx(came.paid, rel=0.1)
