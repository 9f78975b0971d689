"""Scores of forecasts against what came."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from adunion.simulation.forecast import Band, Cell, Outside
from adunion.simulation.forecast.score import Alone, Launched, score, score_alone


def launched(
    plan: str, arm: str, told: float, had: float, expected: float = 0.0, again: float | None = None
) -> Launched:  # fmt: skip
    """A plan that spent 100 and was told and had these sales."""
    band = Band(told, told * 0.9, told * 1.1)
    spend, roi = Band(100.0, 90.0, 110.0), Band(told / 100, told * 0.9 / 100, told * 1.1 / 100)
    cell = Cell(2.0, None, 1.0, spend, band, band, band, roi, None)
    return Launched(1, plan, arm, cell, 100.0, had, had, 50, expected or had, 50.0, again)


PLANS = [
    launched("a", "x", 200, 210), launched("a", "y", 300, 290),
    launched("b", "x", 400, 500), launched("b", "y", 420, 380),
]  # fmt: skip


def test_errors_bias_and_coverage_by_hand() -> None:
    found = score(PLANS)
    assert found["scored"] == 4
    assert found["roi"]["error"] == pytest.approx((10 / 210 + 40 / 380) / 2)
    assert found["roi"]["bias"] == pytest.approx(
        (200 / 210 * 300 / 290 * 0.8 * 420 / 380) ** 0.25 - 1
    )
    assert found["roi"]["covered"] == 0.75
    assert found["spend"] == {"error": 0.0, "bias": 0.0, "covered": 1.0}
    twice = [*PLANS, launched("c", "x", 1, 1, 1, 130.0), launched("c", "y", 1, 1, 1, 90.0)]
    assert score(twice)["spend"]["error_floor"] == pytest.approx(0.2 / np.sqrt(2))
    assert found["roi"]["error_floor"] == 0.0


def test_pairs_are_settings_of_one_plan() -> None:
    direction = score(PLANS)["direction"]
    assert direction["pairs"] == 2
    assert direction["roi"] == direction["gmv"] == 0.5  # b's settings came the other way round
    assert direction["roi_floor"] == 1.0


def test_rank_correlation() -> None:
    assert score(PLANS)["rank"]["roi"] == pytest.approx(0.8)  # two of four changed places


def test_what_everyone_gains_and_loses_is_told_over_the_plans_sales() -> None:
    found = []
    for plan, told, had in (("a", -20.0, -30.0), ("b", -60.0, -40.0)):
        outside = Outside(50.0, 1, told, told, 0.0, -10.0)
        cell = replace(launched(plan, "x", 200, 200).told, outside=outside)
        assert cell.organic_minor == pytest.approx(150)  # of 200 sold
        found.append(Alone(1, plan, cell, 200.0, 50.0, had, -10.0))
    others = score_alone(found)["others"]
    assert (others["told"], others["had"]) == pytest.approx((-0.2, -0.175))
    assert others["error"] == pytest.approx((10 / 200 + 20 / 200) / 2)
    assert others["rank"] == pytest.approx(1)


def test_plans_that_sold_little_stand_apart() -> None:
    found = score([*PLANS, replace(PLANS[0], orders=3), replace(PLANS[0], spend_minor=0.0)])
    assert found["plans"] == 6
    assert found["scored"] == 4
    assert found["few_orders"]["plans"] == found["few_orders"]["unspent"] == 1
    assert score([])["scored"] == 0
