from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from adunion.bootstrap.simulator import check
from adunion.kernel.errors import AdUnionError
from adunion.simulation.choose import Planned
from adunion.simulation.scenario import parse
from adunion.simulation.world import World, generate


@pytest.fixture(scope="module")
def small() -> World:
    return generate(3, items=300, merchants=4, shoppers=200)


def planned(world: World, **scenario: Any) -> list[Planned]:
    return check(parse(scenario), world)


def test_plans_without_a_merchant_go_to_the_largest_first(small: World) -> None:
    plans = planned(small, plans=[{"count": 4}])
    truth, items = small.truth, small.view.items
    sales = truth.leaf_popularity[items.leaf] * truth.item_popularity * items.price_minor
    by_merchant = np.bincount(items.merchant, sales)
    assert [plan.merchant for plan in plans] == np.argsort(-by_merchant).tolist()
    assert [plan.name for plan in plans] == ["plan 1", "plan 2", "plan 3", "plan 4"]
    assert sum(len(plan.items) for plan in plans) == 300


def test_a_merchant_that_a_plan_names_is_left_to_it(small: World) -> None:
    largest = planned(small, plans=[{}])[0].merchant
    other, named = planned(small, plans=[{}, {"items": {"merchant": largest}}])
    assert named.merchant == largest != other.merchant


def test_items_are_chosen_by_all_conditions_best_sellers_first(small: World) -> None:
    items = small.view.items
    text = items.title[int(np.flatnonzero(items.merchant == 1)[0])].split()[0]
    (plan,) = planned(small, plans=[{"items": {"merchant": 1, "text": text, "count_max": 3}}])
    assert 1 <= len(plan.items) <= 3
    assert all(text in items.title[row] and items.merchant[row] == 1 for row in plan.items)
    (half,) = planned(small, plans=[{"items": {"merchant": 1, "share": 0.5}}])
    assert len(half.items) == np.ceil((items.merchant == 1).sum() / 2)


def test_a_rival_of_a_shock_enters_at_its_hour_with_its_budget(small: World) -> None:
    shock = {"kind": "rival", "at_hour": 7.5, "until_hour": 20, "rival": {"budget": 99, "count": 2}}
    first, own, rival = planned(
        small, plans=[{"start_hour": 8}], rivals=[{}], shocks=[{**shock, "rival": {"budget": 99}}]
    )[0:3]
    assert (first.rival, first.start_hour) == (True, 0)
    assert (own.start_hour, own.rival, own.budget_minor) == (7.5, True, 9_900)
    assert (own.end_hour, rival.start_hour, rival.rival) == (20, 8, False)
    assert len(planned(small, shocks=[shock])) == 2


def test_items_may_be_taken_over_when_their_plan_is_over(small: World) -> None:
    items = {"merchant": 2}
    first, second = planned(
        small, plans=[{"items": items, "end_hour": 6}, {"items": items, "start_hour": 6}]
    )
    assert first.free_hour == 0
    assert second.free_hour == 6
    assert first.items.tolist() == second.items.tolist()


@pytest.mark.parametrize(
    ("scenario", "says"),
    [
        ({"plans": [{"count": 5}]}, "all 4 merchants have a plan"),
        ({"plans": [{"items": {"merchant": 4}}]}, "no merchant 4, the last is 3"),
        ({"plans": [{"items": {"text": "zzz"}}]}, "no items match"),
        (
            {
                "plans": [
                    {"items": {"merchant": 0}},
                    {"name": "b", "start_hour": 3, "items": {"merchant": 0}},
                ]
            },
            r"plans.1 \(b\): the items that match are in another plan in hour 3",
        ),
        ({"plans": [{"budget": 0.01}]}, r"plans.0 \(plan\): .* below one click"),
        ({"plans": [{"dayparts": [20], "end_hour": 12}]}, "the plan would never run"),
        ({"plans": [{"start_hour": 48}]}, "it starts in hour 48, when the run of 2 days is over"),
        (
            {"plans": [{"boosts": [{"at_hour": 50, "until_hour": 60, "budget": 500}]}]},
            "a boost begins in hour 50",
        ),
        ({"plans": [{"edits": [{"at_hour": 48, "target_roi": 5}]}]}, "an edit is made in hour 48"),
        ({"plans": [{"budget": 0.001}]}, "0.001 CNY is less than the least coin"),
        (
            {"plans": [{"goal": "cost_per_order", "target_cost": 1e9}]},
            "times the price of the dearest",
        ),
        ({"plans": [{"target_roi": 2.12345}]}, "more than 3 decimals"),
        ({"bidder": "wild"}, "No bidder named 'wild'"),
        ({"pricing": "free"}, "No pricing named 'free'"),
        ({"publishers": {"count": 61}}, "the world has 60"),
    ],
)
def test_what_cannot_run_is_refused_before_it_runs(
    small: World, scenario: dict[str, Any], says: str
) -> None:
    with pytest.raises(AdUnionError, match=says):
        planned(small, **scenario)
