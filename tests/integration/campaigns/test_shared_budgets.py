"""A shared budget is a hard cap over its plans, by day or in all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from adunion.campaigns import PlanDraft, Plans, SharedBudgets
from adunion.kernel.clock import SystemClock
from adunion.kernel.errors import AdUnionError
from adunion.kernel.ids import IdFactory

pytestmark = pytest.mark.integration
Make = Callable[..., Any]
DAY = datetime(2026, 11, 2, 12, tzinfo=UTC)


@pytest.fixture
def budgets(engine: Engine) -> SharedBudgets:
    clock = SystemClock()
    return SharedBudgets(engine, clock, IdFactory(clock), "CNY")


@settings(
    max_examples=20, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(
    period=st.sampled_from(["day", "total"]),
    parts=st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 1), st.integers(1, 900_000)), max_size=25
    ),
)
def test_no_part_of_the_log_bills_more(
    plans: Plans, budgets: SharedBudgets, shop: Make, engine: Engine, period: str, parts: list[Any]
) -> None:
    mine = shop(4, price_minor=1_000)
    pool = budgets.create(mine.merchant_id, "both", 100, period).id
    made = [
        plans.create(
            PlanDraft(mine.merchant_id, 4, tuple(mine.items[2 * n : 2 * n + 2]),
                      shared_budget_id=pool)
        ).id
        for n in range(2)
    ]  # fmt: skip
    billed: dict[int, int] = {}
    asked: dict[int, int] = {}
    for key, (day, plan, micros) in enumerate(sorted(parts)):
        span = day if period == "day" else 0
        with engine.begin() as conn:
            for _ in range(2):  # a chunk that is applied again bills nothing more
                postings = plans.charge(
                    conn, {made[plan]: micros}, str(key), DAY + timedelta(days=day)
                )
        asked[span] = asked.get(span, 0) + micros
        billed[span] = billed.get(span, 0) + sum(one.amount_minor for one in postings)
    assert all(minor <= 100 for minor in billed.values())
    total = sum(min(asked[span], 100 * 10_000) for span in asked)
    assert abs(sum(billed.values()) - total // 10_000) <= 2  # each plan carries part of a unit


def test_plans_join_and_leave_by_edits_that_can_be_undone(
    plans: Plans, budgets: SharedBudgets, shop: Make
) -> None:
    mine, other = shop(), shop()
    pool = budgets.create(mine.merchant_id, "together", 500, "day")
    assert pool.plan_ids == ()
    plan = plans.create(PlanDraft(mine.merchant_id, 4, tuple(mine.items)))
    joined = plans.update(plan.id, {"shared_budget_id": pool.id})
    assert joined.stage == "learning"  # no large edit
    assert budgets.get(pool.id).plan_ids == (plan.id,)
    newest = plans.edits(plan.id, limit=1)[0]
    assert plans.undo(newest.id).shared_budget_id is None
    theirs = plans.create(PlanDraft(other.merchant_id, 4, tuple(other.items)))
    with pytest.raises(AdUnionError, match="no shared budget"):
        plans.update(theirs.id, {"shared_budget_id": pool.id})
    for amount in (0, -1, 1.5, True, None, 1 << 70):
        with pytest.raises(AdUnionError) as wrong:
            budgets.create(mine.merchant_id, "x", amount)
        assert wrong.value.hint
    assert budgets.change(pool.id, amount_minor=900).amount_minor == 900


def test_a_shared_budget_pays_for_a_click_of_a_plan_that_shares_it(
    plans: Plans, budgets: SharedBudgets, shop: Make
) -> None:
    mine, dear = shop(), 10_000  # at the usual target of 4 a click costs about 2.50
    with pytest.raises(AdUnionError, match=r"0.01 CNY is below one click, about 2.50 CNY") as wrong:
        budgets.create(mine.merchant_id, "x", 1)
    assert (wrong.value.field, wrong.value.hint) == ("amount", "Raise the budget.")
    pool = budgets.create(mine.merchant_id, "x", 250)
    with pytest.raises(AdUnionError, match="below one click"):
        budgets.change(pool.id, amount_minor=249)
    with pytest.raises(AdUnionError, match=r"about 10.00 CNY") as small:
        plans.create(
            PlanDraft(mine.merchant_id, 1, tuple(mine.items[:1]), shared_budget_id=pool.id)
        )
    assert small.value.field == "shared_budget_id"
    plan = plans.create(
        PlanDraft(mine.merchant_id, 40, tuple(mine.items[:1]), shared_budget_id=pool.id)
    )
    assert budgets.change(pool.id, amount_minor=dear // 400).plan_ids == (plan.id,)
    with pytest.raises(AdUnionError, match=r"about 0.25 CNY"):
        budgets.change(pool.id, amount_minor=24)
