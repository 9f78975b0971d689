"""Boosts: what may be asked for, and how they end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine

from adunion.campaigns import BoostDraft, Boosts, PlanDraft, Plans
from adunion.kernel.clock import SystemClock
from adunion.kernel.errors import AdUnionError
from adunion.kernel.ids import IdFactory

pytestmark = pytest.mark.integration
Make = Callable[..., Any]
CLOCK = SystemClock()


@pytest.fixture
def boosts(engine: Engine) -> Boosts:
    return Boosts(engine, CLOCK, IdFactory(CLOCK))


@pytest.fixture
def plan(plans: Plans, shop: Make) -> str:
    mine = shop()
    return plans.create(PlanDraft(mine.merchant_id, 4, tuple(mine.items))).id


def hours(count: float) -> Any:
    return CLOCK.now() + timedelta(hours=count)


def test_a_boost_is_charged_apart_and_never_beyond_its_budget(
    plans: Plans, boosts: Boosts, plan: str, engine: Engine
) -> None:
    boost = boosts.create(plan, BoostDraft(500, hours(3), factor="2", regions=("west", "east")))
    assert (boost.target_roi, boost.factor, boost.regions) == (1, 2, ("east", "west"))
    with engine.begin() as conn:
        live = plans.live(conn, "CNY", CLOCK.now())
        plans.charge(conn, {boost.id: 9_000_000, plan: 1_000_000}, "a")
    pushed = next(one for one in live if one.boost_of == plan)
    assert (pushed.budget_left_micros, pushed.item_ids) == (5_000_000, ())
    assert boosts.get(plan, boost.id).spend_minor == 500
    assert plans.get(plan).spend_minor == 100
    assert [one.id for one in plans.list().rows].count(boost.id) == 0
    with pytest.raises(AdUnionError, match="plan"):
        plans.get(boost.id)


def test_it_ends_by_its_cancelling_its_hours_or_its_plan(
    plans: Plans, boosts: Boosts, plan: str, engine: Engine
) -> None:
    first = boosts.create(plan, BoostDraft(500, hours(3)))
    with pytest.raises(AdUnionError) as taken:
        boosts.create(plan, BoostDraft(500, hours(2)))
    assert taken.value.code == "boost_running"
    assert [boosts.cancel(plan, first.id).status for _ in range(2)] == ["ended"] * 2
    second = boosts.create(plan, BoostDraft(500, hours(1)))
    with engine.begin() as conn:
        plans.advance(conn, hours(2), {})
    assert boosts.get(plan, second.id).status == "ended"
    third = boosts.create(plan, BoostDraft(500, hours(30)))
    plans.pause(plan)
    with engine.begin() as conn:
        assert not [one for one in plans.live(conn, "CNY", CLOCK.now()) if one.boost_of == plan]
    with pytest.raises(AdUnionError, match="paused"):
        boosts.create(plan, BoostDraft(500, hours(50), hours(40)))
    plans.end(plan)
    assert boosts.get(plan, third.id).status == "ended"
    with pytest.raises(AdUnionError, match="has ended") as over:
        boosts.create(plan, BoostDraft(500, hours(50)))
    assert "Resume" not in str(over.value)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"budget_minor": 0}, "budget"),
        ({"budget_minor": None}, "budget"),
        ({"factor": "NaN"}, "factor"),
        ({"factor": 1}, "factor"),
        ({"factor": 50}, "factor"),
        ({"floor_roi": 4.5}, "floor_roi"),
        ({"floor_roi": "-1"}, "floor_roi"),
        ({"regions": ()}, "regions"),
        ({"regions": ("x" * 33,)}, "regions"),
        ({"end_at": -1}, "end_at"),
        ({"end_at": 24 * 8}, "end_at"),
    ],
)
def test_a_bad_boost_says_what_to_mend(
    boosts: Boosts, plan: str, changes: dict[str, Any], field: str
) -> None:
    given = {"budget_minor": 500, "end_at": 3, **changes}
    with pytest.raises(AdUnionError) as wrong:
        boosts.create(plan, BoostDraft(**{**given, "end_at": hours(given["end_at"])}))
    assert wrong.value.field == field
    assert wrong.value.hint
    assert field == "regions" or "leave it out" not in wrong.value.hint
    assert boosts.list(plan) == []


def test_by_default_no_sale_is_bought_at_a_loss(boosts: Boosts, plan: str) -> None:
    assert boosts.create(plan, BoostDraft(500, hours(1))).target_roi == Decimal(1)
