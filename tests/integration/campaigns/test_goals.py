"""Goals other than a target ROI: what each needs, and what an edit of it does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine

from adunion.campaigns import PlanDraft, Plans
from adunion.kernel.clock import ManualClock
from adunion.kernel.errors import AdUnionError

from .conftest import Shop

pytestmark = pytest.mark.integration
Make = Callable[..., Shop]


def draft(shop: Shop, **changes: Any) -> PlanDraft:
    return PlanDraft(shop.merchant_id, item_ids=tuple(shop.items), **changes)


def test_each_goal_keeps_what_it_asks_for(plans: Plans, shop: Make, clock: ManualClock) -> None:
    end = clock.now() + timedelta(days=3)
    cost = plans.create(draft(shop(), goal="cost_per_order", target_cost_minor=1_500))
    assert (cost.goal, cost.target_roi, cost.target_cost_minor) == ("cost_per_order", 1, 1_500)
    volume = plans.create(draft(shop(), goal="volume", budget_minor=90_000, end_at=end))
    assert (volume.goal, volume.target_roi, volume.target_cost_minor) == ("volume", 1, None)
    net = plans.create(draft(shop(), goal="net_roi", target_roi=3))
    assert (net.goal, net.target_roi) == ("net_roi", 3)


def test_a_least_share_of_new_customers_is_kept_and_steered(
    plans: Plans, shop: Make, engine: Engine
) -> None:
    made = plans.create(draft(shop(), goal="net_roi", target_roi=3, min_new_share="0.4"))
    free = plans.create(draft(shop(), target_roi=3))
    assert (made.min_new_share, free.min_new_share) == (Decimal("0.4"), None)
    with engine.begin() as conn:
        plans.keep_handicaps(conn, {made.id: 0.25, free.id: 0.5})
    assert (plans.get(made.id).handicap, plans.get(free.id).handicap) == (0.25, 0)
    gone = plans.update(made.id, {"min_new_share": None})
    assert (gone.min_new_share, gone.handicap, gone.stage) == (None, 0, "adjusting")
    back = plans.undo(plans.edits(made.id)[0].id)
    assert back.min_new_share == Decimal("0.4")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"goal": "fame"}, "goal"),
        *(
            ({"target_roi": 4, "min_new_share": share}, "min_new_share")
            for share in (0, 1, float("nan"), "abc", -1, "1e999999999", True, "0.0004", "0.9999")
        ),
        ({}, "target_roi"),
        ({"goal": "net_roi"}, "target_roi"),
        ({"goal": "volume"}, "budget"),
        ({"goal": "volume", "budget_minor": 90_000}, "end_at"),
        ({"goal": "cost_per_order"}, "target_cost"),
        ({"goal": "cost_per_order", "target_cost_minor": 0}, "target_cost"),
        ({"goal": "cost_per_order", "target_cost_minor": 9, "target_roi": 4}, "target_roi"),
        ({"target_roi": 4, "target_cost_minor": 9}, "target_cost"),
        ({"goal": "cost_per_order", "target_cost_minor": 100, "budget_minor": 9}, "budget"),
    ],
)
def test_a_goal_without_what_it_needs_is_refused(
    plans: Plans, shop: Make, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(AdUnionError) as refused:
        plans.create(draft(shop(), **changes))
    assert (refused.value.status, refused.value.field) == (422, field)


def test_a_much_dearer_order_lets_the_plan_adjust(
    plans: Plans, shop: Make, clock: ManualClock
) -> None:
    plan = plans.create(draft(shop(), goal="cost_per_order", target_cost_minor=1_000))
    assert plans.update(plan.id, {"target_cost_minor": 1_100}).stage == "learning"
    clock.advance(timedelta(minutes=1))
    changed = plans.update(plan.id, {"target_cost_minor": 2_000})
    assert (changed.stage, changed.target_cost_minor) == ("adjusting", 2_000)
    undone = plans.undo(plans.edits(plan.id)[0].id)
    assert undone.target_cost_minor == 1_100


def test_a_plan_cannot_be_edited_out_of_its_goal(
    plans: Plans, shop: Make, clock: ManualClock
) -> None:
    end = clock.now() + timedelta(days=3)
    volume = plans.create(draft(shop(), goal="volume", budget_minor=90_000, end_at=end))
    for changes, field in (({"budget_minor": None}, "budget"), ({"end_at": None}, "end_at")):
        with pytest.raises(AdUnionError) as refused:
            plans.update(volume.id, changes)
        assert refused.value.field == field
    floor = plans.update(volume.id, {"target_roi": Decimal("1.5")})
    assert (floor.goal, floor.target_roi) == ("volume", Decimal("1.5"))
