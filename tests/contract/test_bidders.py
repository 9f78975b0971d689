"""Every registered bidder goes through the same seeded toy markets."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from adunion.decision.bidding import bidder
from adunion.decision.bidding.types import ALPHA_MAX, GRID, Outlook, Results, empty_landscape

from .toy_market import Run, Toy, run

pytestmark = pytest.mark.contract
TARGETS = ("2", "3", "4", "6", "8", "12")


def market(seed: int = 3, bias: float = 1.0, hours: int | None = 48) -> Toy:
    toy = Toy(seed=seed, bias=bias)
    for merchant, target in enumerate(TARGETS):
        toy.plan(merchant, target, hours)
    return toy


@cache
def two_days(name: str, bias: float = 1.0) -> Run:
    """The market lived through by a bidder; several tests look at it."""
    return run(market(bias=bias), name, 48)


@pytest.mark.parametrize("name", bidder.names())
def test_multipliers_stay_in_bounds_and_the_same_seed_gives_the_same_run(name: str) -> None:
    first, second = (run(market(), name, 12) for _ in range(2))
    assert ((first.alpha >= 0) & (first.alpha <= ALPHA_MAX)).all()
    for one, other in zip(vars(first).values(), vars(second).values(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", bidder.names())
def test_a_budget_is_never_passed(name: str) -> None:
    toy = Toy(seed=5)
    budgets = (0, 500_000, 40_000_000, 300_000_000)
    for merchant, budget in enumerate(budgets):
        toy.plan(merchant, "3", 24, budget_left_micros=budget)
    spend = run(toy, name, 24).spend.sum(axis=0)
    assert (spend <= np.array(budgets)).all()
    assert (spend[1:3] > 0.8 * np.array(budgets[1:3])).all()


@pytest.mark.parametrize("name", bidder.names())
def test_no_landscape_and_odd_results_give_a_finite_multiplier(name: str) -> None:
    count = 3
    results = Results(
        np.array([0, 5, 10**15]), np.array([0, 0, 10**15]), np.array([0, 0, 9]),
        np.array([0.0, 1e9, 0.0]), np.array([0.0, 1e9, 0.0]),
    )  # fmt: skip
    outlook = Outlook(
        np.array([0.1, 4.0, 1000.0]), np.array([1.0, 0.02, 20.0]), np.array([0, 1, 2**61]),
        np.array([0.0, np.inf, 10.0]), np.array([0.0, 100.0, 10.0]),
    )  # fmt: skip
    busy = empty_landscape(count)
    busy.traffic[:] = 1_000
    for column in (busy.spend, busy.moved, busy.added, busy.orders):
        column[:] = GRID * 1e6
    for landscape in (empty_landscape(count), busy):
        alpha = bidder.get(name)(landscape, results, outlook)
        assert alpha.shape == (count,)
        assert np.isfinite(alpha).all()
        assert ((alpha >= 0) & (alpha <= ALPHA_MAX)).all()


@pytest.mark.parametrize("name", ["receding", "return_target"])
@pytest.mark.parametrize("bias", [0.7, 1.0, 1.4])
def test_the_target_is_met_even_if_predictions_are_off(bias: float, name: str) -> None:
    targets = np.array([float(target) for target in TARGETS])
    lives = [run(market(seed, bias), name, 48) for seed in (3, 4, 5, 6)]
    spend, gmv, orders = (
        sum((getattr(out, column).sum(axis=0) for out in lives), np.zeros(len(targets)))
        for column in ("spend", "gmv", "orders")
    )
    assert orders.min() >= 60
    assert (gmv / spend / targets >= 0.85).all()  # 60 to 270 orders: chance moves it by an eighth
    assert 0.9 <= (gmv / targets).sum() / spend.sum() <= 1.25  # and not met by not spending


@pytest.mark.parametrize("name", ["receding", "return_target"])
def test_more_is_spent_than_by_truthful_bids_where_the_return_allows(name: str) -> None:
    truthful, other = two_days("constant"), two_days(name)
    assert other.spend.sum() > 2 * truthful.spend.sum()
    assert other.gmv.sum() > 1.1 * truthful.gmv.sum()


@pytest.mark.parametrize("name", ["receding", "return_target"])
def test_multipliers_do_not_swing_in_a_calm_market(name: str) -> None:
    """Seed 4 has a slack night on its third day: chance, which once was taken for a crash."""
    alpha = run(market(seed=4, hours=None), name, 72).alpha
    steps = np.diff(np.log(alpha[24:]), axis=0)
    assert np.abs(steps).max() <= 0.2
    assert np.abs(steps).mean() < 0.03
    back = steps[1:] * steps[:-1] < 0
    assert back.mean() < 0.45
    assert not (back & (np.abs(steps[1:]) > 0.1)).any()


@pytest.mark.parametrize("name", ["receding", "return_target"])
def test_a_budget_lasts_to_the_end(name: str) -> None:
    toy = Toy(seed=5)
    toy.plan(0, "3", 48, budget_left_micros=600_000_000)
    spend = run(toy, name, 48).spend[:, 0]
    assert 0.9 < spend.sum() / 600_000_000 <= 1
    first_day = spend[:24].sum() / spend.sum()
    assert 0.35 < first_day < 0.65
