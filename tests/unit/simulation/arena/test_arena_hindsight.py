"""Hindsight against a linear programme and against trying everything."""

from __future__ import annotations

import numpy as np
import pytest

from adunion.kernel.clock import generator
from adunion.simulation.arena.hindsight import oracle, single
from adunion.simulation.arena.types import EXPOSURES, TICKS, Landscape


def land(seed: int, rows: int = 60) -> Landscape:
    rng = generator(seed)
    values = rng.lognormal(-3, 0.7, rows)
    top = 60 * values * rng.lognormal(0, 0.5, rows)
    costs = np.cumprod(np.c_[top, rng.uniform(0.6, 1, (rows, 2))], axis=1)
    offsets = np.linspace(0, rows, TICKS + 1).astype(np.int64)
    return Landscape(offsets, values, 0.1 * values, costs)


def linear_programme(of: Landscape, budget: float, target: float) -> float:
    """The best score by HiGHS: for each attainment, the most conversions within the budget."""
    highspy = pytest.importorskip("highspy")
    value = EXPOSURES * of.values[:, None]
    cost = EXPOSURES * of.costs
    best = 0.0
    for attained in np.linspace(0.4, 1.0, 25):
        model = highspy.Highs()
        model.silent()
        take = [[model.addVariable(0, 1) for _ in EXPOSURES] for _ in of.values]
        for row in take:
            model.addConstr(sum(row[1:], row[0]) <= 1)
        flat = [
            (one, float(worth), float(price))
            for row, worths, prices in zip(take, value, cost, strict=True)
            for one, worth, price in zip(row, worths, prices, strict=True)
        ]
        model.addConstr(sum(price * one for one, _, price in flat) <= budget)
        model.addConstr(
            sum((target * worth - attained * price) * one for one, worth, price in flat) >= 0
        )
        model.maximize(sum(worth * one for one, worth, _ in flat))
        best = max(best, model.getObjectiveValue() * attained**2)
    return best


@pytest.mark.parametrize(("seed", "budget", "target"), [(1, 30.0, 70.0), (2, 1e6, 40.0)])
def test_the_oracle_is_the_linear_programmes_best(seed: int, budget: float, target: float) -> None:
    of = land(seed)
    assert oracle(of, budget, target) == pytest.approx(
        linear_programme(of, budget, target), rel=0.01
    )


def test_no_single_multiplier_beats_the_oracle_and_holding_the_target_costs() -> None:
    for seed in range(5):
        of = land(seed, 2_000)
        best, free = oracle(of, 500.0, 45.0), single(of, 500.0, 45.0)
        held = single(of, 500.0, 45.0, least=1.0)
        assert best * 1.01 >= free >= held > 0


def test_a_single_multiplier_stops_where_the_budget_is_gone() -> None:
    of = land(3, 2_000)
    rich, poor = single(of, 1e9, 1e6), single(of, 100.0, 1e6)
    assert poor < 0.3 * rich
