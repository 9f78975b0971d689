"""The hindsight optimum: the linear programme against cases that can be counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from adunion.kernel.clock import generator
from adunion.simulation.roi.hindsight import choice, optimum

pytest.importorskip("highspy", reason="HiGHS comes with the bench extra")
INF = 1e18


def test_without_limits_the_best_option_of_each_request_is_chosen() -> None:
    cost = np.array([[1.0, 4.0], [2.0, 3.0]])
    value = np.array([[5.0, 9.0], [7.0, 8.0]])
    found, spent = optimum(cost, value, target=0.0, budget=INF)
    assert found == pytest.approx(17)
    assert spent == pytest.approx(7)


def test_a_budget_takes_part_of_an_option() -> None:
    found, spent = optimum(np.array([[4.0]]), np.array([[10.0]]), target=1.0, budget=1.0)
    assert found == pytest.approx(2.5)
    assert spent == pytest.approx(1.0)


def test_a_cheap_sale_pays_for_a_dear_one_up_to_the_target() -> None:
    cost, value = np.array([[1.0], [5.0]]), np.array([[10.0], [10.0]])
    # At target 4: 10 + 10x >= 4 (1 + 5x), so x = 0.6.
    found, spent = optimum(cost, value, target=4.0, budget=INF)
    assert found == pytest.approx(16)
    assert found / spent == pytest.approx(4)


def test_the_choice_says_how_far_each_option_is_taken() -> None:
    chosen = choice(
        np.array([[1.0, 1.0], [5.0, 9.0]]), np.array([[9.0, 10.0], [10.0, 11.0]]), 4, INF
    )
    assert chosen == pytest.approx(np.array([[0, 1], [0.6, 0]]))


def test_a_target_that_nothing_meets_leaves_nothing() -> None:
    found, spent = optimum(np.array([[2.0], [3.0]]), np.array([[4.0], [5.0]]), 3.0, INF)
    assert (found, spent) == (0, 0)


def test_it_is_what_the_two_prices_of_the_lagrangian_give() -> None:
    rng = generator(4)
    value = np.sort(rng.lognormal(0, 1, (400, 6)), axis=1)
    cost = np.sort(rng.lognormal(-1, 1, (400, 6)), axis=1)
    target, budget = 2.5, 90.0
    found, spent = optimum(cost, value, target, budget)
    assert spent <= budget * (1 + 1e-9)
    assert found >= target * spent * (1 - 1e-9)
    bounds = [
        np.maximum(((1 + of) * value - (of * target + price) * cost).max(axis=1), 0).sum()
        + price * budget
        for of in np.geomspace(0.01, 50, 120)
        for price in np.geomspace(0.01, 50, 120)
    ]
    assert found <= min(bounds) * (1 + 1e-9)  # weak duality
    assert found == pytest.approx(min(bounds), rel=0.02)  # and no gap but the grid's
