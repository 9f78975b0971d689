"""The handicap that holds a least share of new customers."""

from __future__ import annotations

import numpy as np
import pytest

from adunion.decision.bidding.new_share import handicaps, share
from adunion.decision.bidding.types import Floats, People


def people(lately: float, of: float = 10.0, orders: float = 0.0, new: float = 0.0) -> People:
    """One plan whose impressions lately bring new customers in that share."""
    columns = [np.array([x]) for x in (orders, new, of, of * lately, of, of * lately)]
    return People(*columns)


def settled(least: float, strangers: float, ticks: int = 200) -> tuple[float, float]:
    """(handicap, share) where buyers of before answer a bid in proportion to it."""
    handicap: Floats = np.zeros(1)
    for _ in range(ticks):
        regulars = (1 - strangers) * (1 - handicap[0])
        seen = strangers / max(strangers + regulars, 1e-9)
        handicap = handicaps(np.array([least]), handicap, people(seen))
    return float(handicap[0]), float(seen)


@pytest.mark.parametrize(("least", "strangers"), [(0.5, 0.4), (0.6, 0.45), (0.3, 0.1), (0.8, 0.5)])
def test_the_share_is_held_without_giving_up_more_than_it_takes(
    least: float, strangers: float
) -> None:
    handicap, seen = settled(least, strangers)
    assert least <= seen <= least + 0.07
    assert 0 < handicap < 1


def test_a_share_that_comes_by_itself_takes_nothing_off() -> None:
    assert settled(0.3, 0.6) == (0.0, pytest.approx(0.6))


def test_the_handicap_is_bounded_where_the_share_cannot_be_reached() -> None:
    handicap: Floats = np.zeros(1)
    for _ in range(100):
        handicap = handicaps(np.array([0.9]), handicap, people(0.4))  # answers to nothing
    assert handicap[0] == 1


def test_it_moves_little_at_a_time_and_only_where_a_share_is_asked_for() -> None:
    two = people(0.1)
    both = People(*(np.repeat(getattr(two, name), 2) for name in vars(two)))
    assert handicaps(np.array([0.0, 0.9]), np.array([0.4, 0.4]), both).tolist() == [0, 0.5]
    nothing = people(0.0, of=0.0)
    assert handicaps(np.array([0.5]), np.array([0.3]), nothing).tolist() == [0.3]


def test_orders_correct_what_predictions_say_of_who_buys() -> None:
    assert share(people(0.5))[0] == pytest.approx(0.5)
    assert share(people(0.5, orders=4, new=1))[0] == pytest.approx(0.5, abs=0.05)  # mostly chance
    assert share(people(0.5, orders=400, new=100))[0] == pytest.approx(0.25, abs=0.03)


def test_what_fell_short_is_made_good() -> None:
    least, now = np.array([0.5]), np.array([0.2])
    even = handicaps(least, now, people(0.6, orders=100, new=60))
    behind = handicaps(least, now, people(0.6, orders=100, new=20))
    assert behind[0] > now[0] > even[0]
