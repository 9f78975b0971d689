"""New customers, a boost and a shared budget, in a small market."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from adunion.kernel.errors import AdUnionError
from adunion.simulation.scenario import parse

pytestmark = pytest.mark.simulation

NEW, SHARED = 40.0, 150.0
BASE: dict[str, Any] = {
    "history_days": 2,
    "days": 2,
    "drain_hours": 24,
    "requests_per_day": 3_000,
    "control": False,
    "world": {"items": 300, "merchants": 6, "shoppers": 1_000, "seed": 5},
    "publishers": {"count": 0},
    "shared_budgets": [{"name": "both", "amount": SHARED}],
}
BOOST = {"at_hour": 10, "until_hour": 34, "budget": 80, "factor": 3, "floor_roi": 0.5}
NEW_PLAN = {
    "name": "new", "goal": "new_customers", "target_roi": 4, "new_customer": NEW,
    "items": {"merchant": 0, "share": 0.4}, "shared_budget": "both",
}  # fmt: skip
PLANS: list[dict[str, Any]] = [
    {"name": "pushed", "target_roi": 25, "boosts": [BOOST]},
    NEW_PLAN,
    {"name": "beside", "target_roi": 2, "items": {"merchant": 0}, "shared_budget": "both"},
]


@pytest.fixture(scope="module")
def report(lived: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    return lived(**BASE, plans=PLANS)


def test_new_customers_are_counted_and_weighed(report: dict[str, Any]) -> None:
    (new,) = [one for one in report["plans"] if one["goal"] == "new_customers"]
    assert 0 < new["new_orders"] <= new["orders"]
    counted = new["gmv_minor"] + new["new_orders"] * NEW * 100
    assert new["attainment"] == pytest.approx(counted / new["spend_minor"] / 4, rel=1e-3)


def test_plans_that_share_a_budget_keep_it_each_day(report: dict[str, Any]) -> None:
    both = [one for one in report["plans"] if one["shared_budget"]]
    assert len(both) == 2
    for day in (slice(0, 24), slice(24, 48)):
        spent = sum(hour["spend_minor"] for one in both for hour in one["hours"][day])
        assert 0.3 * SHARED * 100 < spent <= SHARED * 100
    assert report["ledger"]["balanced"]


def test_a_boost_is_told_apart_and_keeps_to_its_budget(report: dict[str, Any]) -> None:
    (boost,) = report["plans"][0]["boosts"]
    assert boost["status"] == "ended"
    assert 0 < boost["spend_minor"] <= boost["budget_minor"]
    assert boost["moved_impressions"] > 0


@pytest.mark.parametrize(
    ("plan", "word"),
    [
        ({"goal": "new_customers"}, "new_customer"),
        ({"new_customer": 5}, "new_customer"),
        ({"shared_budget": "none", "items": {"merchant": 0}}, "none"),
        ({"shared_budget": "both"}, "merchant"),
        ({"boosts": [{**BOOST, "until_hour": 5}]}, "until_hour"),
        ({"boosts": [{**BOOST, "factor": 1}]}, "factor"),
        ({"target_roi": 0}, "target_roi"),
        ({"target_roi": -1}, "target_roi"),
        ({"target_roi": float("nan")}, "target_roi"),
        ({"target_roi": 10_000}, "target_roi"),
        ({"start_hour": 5, "end_hour": 4}, "end_hour"),
    ],
)
def test_a_bad_plan_is_named_by_the_key_to_mend(plan: dict[str, Any], word: str) -> None:
    with pytest.raises(AdUnionError, match=word):
        parse({**BASE, "plans": [plan]})
