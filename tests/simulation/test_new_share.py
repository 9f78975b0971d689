"""A least share of new customers, in the same small market with and without it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.simulation

BASE: dict[str, Any] = {
    "history_days": 3,
    "days": 4,
    "drain_hours": 48,
    "requests_per_day": 5_000,
    "control": False,
    "world": {"items": 400, "merchants": 8, "shoppers": 350, "seed": 5},
    "publishers": {"count": 0},
}
LEAST = 0.65
PLANS: list[dict[str, Any]] = [
    {"name": "can", "count": 4, "min_new_share": LEAST},
    {"name": "cannot", "count": 1, "min_new_share": 0.99},
]
FREE = [{name: value for name, value in plan.items() if "new" not in name} for plan in PLANS]


def share(plans: list[dict[str, Any]]) -> float:
    orders = sum(one["orders"] for one in plans)
    assert orders >= 150
    return float(sum(one["new_orders"] for one in plans) / orders)


def test_the_share_is_held_where_it_can_be_and_said_where_it_cannot(
    lived: Callable[..., dict[str, Any]],
) -> None:
    asked, free = (
        {one["name"]: one for one in lived(**BASE, plans=plans)["plans"]} for plans in (PLANS, FREE)
    )
    can = [name for name in asked if name != "cannot"]
    assert share([free[name] for name in can]) < LEAST - 0.08
    assert share([asked[name] for name in can]) >= LEAST - 0.01
    assert {asked[name]["new_share_status"] for name in can} <= {"held", "short"}
    assert asked["cannot"]["new_share_status"] == "unreachable"
    assert asked["cannot"]["new_share"] > free["cannot"]["new_share"] + 0.1
    assert all(one["new_share_status"] is None for one in free.values())
    # The return is not paid for with it.
    spend, sold = (
        [sum(each[name][key] for name in can) for each in (asked, free)]
        for key in ("spend_minor", "expected_gmv_minor")
    )
    assert sold[0] / spend[0] > 0.95 * sold[1] / spend[1]
