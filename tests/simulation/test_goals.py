"""Plans with other goals than a target ROI, in a small market."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from adunion.kernel.errors import AdUnionError
from adunion.simulation.scenario import parse

pytestmark = pytest.mark.simulation

BASE: dict[str, Any] = {
    "history_days": 2,
    "days": 2,
    "drain_hours": 48,
    "requests_per_day": 5_000,
    "control": False,
    "world": {"items": 400, "merchants": 8, "shoppers": 1_500, "seed": 5},
    "publishers": {"count": 0},
}
COST = 12.0
PLANS: list[dict[str, Any]] = [
    {"name": "cost", "goal": "cost_per_order", "target_cost": COST, "count": 2},
    {"name": "volume", "goal": "volume", "budget": 300, "end_hour": 48, "count": 1},
    {"name": "net", "goal": "net_roi", "target_roi": 4, "count": 2},
    {"name": "gross", "goal": "target_roi", "target_roi": 4, "count": 2},
]


@pytest.fixture(scope="module")
def plans(lived: Callable[..., dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found = lived(**BASE, plans=PLANS)
    assert found["ledger"]["balanced"]
    return {
        goal: [one for one in found["plans"] if one["goal"] == goal]
        for goal in {one["goal"] for one in found["plans"]}
    }


def test_an_order_costs_what_was_promised(plans: dict[str, list[dict[str, Any]]]) -> None:
    spend = sum(one["spend_minor"] for one in plans["cost_per_order"])
    expected = sum(one["expected_orders"] for one in plans["cost_per_order"])
    assert spend > 0
    assert 0.5 < spend / expected / (COST * 100) < 1.15


def test_volume_spends_its_budget_over_the_whole_time(
    plans: dict[str, list[dict[str, Any]]],
) -> None:
    (plan,) = plans["volume"]
    assert 0.85 < plan["budget_use"] <= 1
    halves = [
        sum(hour["spend_minor"] for hour in plan["hours"][:24]),
        sum(hour["spend_minor"] for hour in plan["hours"][24:]),
    ]
    assert min(halves) > 0.25 * sum(halves)


def test_a_net_target_is_kept_after_returns(plans: dict[str, list[dict[str, Any]]]) -> None:
    net = plans["net_roi"]
    assert all(one["attainment"] == one["attainment_net"] for one in net)
    assert sum(one["expected_net_minor"] for one in net) > 0.77 * 4 * sum(
        one["spend_minor"] for one in net
    )


def test_a_scenario_says_what_a_goal_lacks() -> None:
    for plan in ({"goal": "volume"}, {"goal": "cost_per_order"}, {"target_cost": 5}):
        with pytest.raises(AdUnionError, match="goal"):
            parse({**BASE, "plans": [plan]})
