"""The wizard's forecast beside what plans of the same market then got."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adunion.bootstrap.forecast import TARGETS
from adunion.bootstrap.market import Market
from adunion.bootstrap.records import open_records
from adunion.bootstrap.simulator import open_run
from adunion.kernel.clock import micros
from adunion.kernel.config import Settings
from adunion.simulation.scenario import parse
from adunion.simulation.world import generate

pytestmark = pytest.mark.integration

DAYS = 2
SCENARIO: dict[str, Any] = {
    "history_days": 2,
    "days": DAYS,
    "drain_hours": 0,
    "control": False,
    "requests_per_day": 4_000,
    "plans": [{"target_roi": 3.0, "count": 4, "items": {"share": 0.7}}],
}


@pytest.fixture(scope="module")
def market() -> Iterator[Market]:
    """After two days with plans."""
    with (
        tempfile.TemporaryDirectory(prefix="adunion-test-") as home,
        open_records(Settings(home=Path(home), database_url=None)) as server,
    ):
        world = generate(5, items=400, merchants=8, shoppers=1_200)
        scenario = parse(SCENARIO)
        run = open_run(server.engine, Path(home) / "m", scenario, 1, world, lambda *_: None)
        run.history()
        run.live()
        yield run.market
        run.market.close()


def items_of(market: Market, rows: np.ndarray) -> list[str]:
    return [market.catalog.ids[row] for row in rows]


def test_plans_got_about_what_the_forecast_says(market: Market) -> None:
    spent, said = [], []
    results = market.outcomes.results(market.plans.ids, micros(market.clock.now()))
    for plan, spend in enumerate(results.spend_micros):
        rows = np.flatnonzero(market.plans.item_plan == plan)
        point = market.forecast(items_of(market, rows), None)[TARGETS.index(3.0)]
        spent.append(spend / 10_000 / DAYS)
        said.append(point.spend_minor)
    assert 0.4 < sum(said) / sum(spent) < 2.5


def test_single_items_have_a_curve_that_falls(market: Market) -> None:
    free = np.flatnonzero(market.plans.item_plan < 0)
    curves = [
        market.forecast(items_of(market, free[row : row + 1]), None) for row in range(0, 40, 4)
    ]
    assert sum(curve[0].spend_minor > 0 for curve in curves) >= 5
    for curve in curves:
        spend = [point.spend_minor for point in curve]
        assert spend == sorted(spend, reverse=True)
        assert all(point.low <= point.gmv_minor <= point.high for point in curve)


def test_asking_twice_says_the_same_and_changes_no_plan(market: Market) -> None:
    free = items_of(market, np.flatnonzero(market.plans.item_plan < 0)[:5])
    before = market.plans.item_plan.copy()
    assert market.forecast(free, None) == market.forecast(free, None)
    assert np.array_equal(market.plans.item_plan, before)
    assert market.forecast([], None)[0].gmv_minor == 0
