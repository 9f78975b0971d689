"""Figures of a course, from numbers made up here."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from adunion.simulation.roi.measure import PlanFigures, credit_of, figures

PLAN = PlanFigures(
    target=4.0, budget=None, spend=100.0, gmv=400.0, orders=300, attained=1.0, expected=1.0,
    net=0.9, value=90.0, best=100.0, single=96.0, clairvoyant=110.0, best_spend=100.0, credit=0.0,
    added=40.0, best_added=50.0,
    pacing_error=None, unreachable=False, says_unreachable=False, step=0.01, turns=0.2,
)  # fmt: skip


def test_a_day_is_credited_only_for_its_shortfall_and_with_enough_orders() -> None:
    spend = np.array([[100.0, 100.0, 100.0], [50.0, 0.0, 0.0]])
    gmv = np.array([[180.0, 180.0, 400.0], [180.0, 0.0, 0.0]])
    orders = np.array([[21, 20, 50], [30, 0, 0]])
    owed = credit_of(spend, gmv, orders, np.array([4.0, 4.0, 4.0]))
    # 100 - 180 / 3.6 for the first plan's first day; 20 orders are too few; 400 is enough.
    assert owed.tolist() == [50.0, 0.0, 0.0]


def test_shares_count_plans_with_many_orders_only() -> None:
    found = figures(
        [PLAN, replace(PLAN, attained=0.8, expected=0.94), replace(PLAN, orders=20, attained=0.1)]
    )
    assert found["plans"] == 3
    assert found["plans_many"] == 2
    assert found["realised_90"] == 0.5
    assert found["expected_95"] == 0.5


def test_value_beyond_hindsight_is_not_counted() -> None:
    found = figures([PLAN, replace(PLAN, value=150.0)])
    assert found["value_of_best"] == pytest.approx(190 / 200)


def test_what_was_added_is_compared_with_what_the_optimum_would_have_added() -> None:
    assert figures([PLAN, replace(PLAN, added=60.0)])["added_of_best"] == pytest.approx(1.0)


def test_unreachable_plans_are_told_apart() -> None:
    hopeless = replace(PLAN, unreachable=True, spend=1.0, value=0.0, says_unreachable=True)
    found = figures([PLAN, hopeless])
    assert found["value_of_best"] == pytest.approx(0.9)
    assert found["unreachable_said"] == 1.0
    assert found["unreachable_spend"] == pytest.approx(1 / 101)


def test_nothing_at_all_has_no_figures() -> None:
    found = figures([])
    assert found["plans"] == 0
    assert found["value_of_best"] is None
    assert found["compensation"] is None
