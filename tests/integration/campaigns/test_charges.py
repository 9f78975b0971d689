"""Charges add up to the micro, whatever the chunks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from adunion.campaigns import PlanDraft, Plans
from adunion.campaigns.tables import plan_spend
from adunion.kernel.clock import SystemClock
from adunion.kernel.errors import AdUnionError
from adunion.kernel.ids import IdFactory

pytestmark = pytest.mark.integration
Make = Callable[..., Any]


def make(plans: Plans, shop: Make, **changes: Any) -> str:
    mine = shop()
    return plans.create(PlanDraft(mine.merchant_id, 4, tuple(mine.items), **changes)).id


def test_parts_of_a_cent_are_carried_until_they_are_one(
    plans: Plans, shop: Make, engine: Engine
) -> None:
    plan = make(plans, shop)
    with engine.begin() as conn:
        posted = [plans.charge(conn, {plan: 4_000}, f"{part}") for part in range(6)]
    assert [[one.amount_minor for one in part] for part in posted] == [[], [], [1], [], [1], []]
    posting = posted[2][0]
    assert posting.key == f"media:{plan}:2"
    assert posting.debit.startswith("merchant:mer_")
    assert (posting.credit, posting.currency) == ("platform:media", "CNY")


def test_the_same_key_again_changes_nothing(plans: Plans, shop: Make, engine: Engine) -> None:
    plan = make(plans, shop)
    with engine.begin() as conn:
        first = plans.charge(conn, {plan: 1_234_567}, "chunk:7")
        assert plans.charge(conn, {plan: 1_234_567}, "chunk:7") == first
        assert conn.execute(select(plan_spend.c.spend_micros)).scalar_one() == 1_234_567
        with pytest.raises(AdUnionError, match="chunk:7"):
            plans.charge(conn, {plan: 1}, "chunk:7")


def test_a_plan_is_never_billed_beyond_its_budget(plans: Plans, shop: Make, engine: Engine) -> None:
    plan = make(plans, shop, budget_minor=1_000)
    with engine.begin() as conn:
        first = plans.charge(conn, {plan: 9_999_999}, "a")
        second = plans.charge(conn, {plan: 5_000_000}, "b")
        row = conn.execute(select(plan_spend)).one()
        live = plans.live(conn, "CNY", SystemClock().now())
    assert [one.amount_minor for one in first + second] == [999, 1]
    assert (row.spend_micros, row.over_micros) == (10_000_000, 4_999_999)
    assert live[0].budget_left_micros == 0


def test_a_charge_to_nobody_or_of_less_than_nothing_is_refused(
    plans: Plans, engine: Engine
) -> None:
    with engine.begin() as conn:
        assert plans.charge(conn, {}, "a") == []
    for spend in ({"cmp_none": 5}, {"cmp_none": -5}):
        with pytest.raises(AdUnionError), engine.begin() as conn:
            plans.charge(conn, spend, "a")


@settings(
    max_examples=25, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(parts=st.lists(st.integers(0, 50_000), max_size=12))
def test_posted_units_are_the_floor_of_the_sum_in_any_currency(
    plans: Plans, shop: Make, engine: Engine, parts: list[int]
) -> None:
    shops = {currency: shop(2, currency=currency) for currency in ("CNY", "JPY", "KWD")}
    unit = {"CNY": 10_000, "JPY": 1_000_000, "KWD": 1_000}
    service = Plans(engine, SystemClock(), IdFactory(SystemClock()))
    made = {
        currency: service.create(PlanDraft(one.merchant_id, 4, tuple(one.items))).id
        for currency, one in shops.items()
    }
    posted = dict.fromkeys(made, 0)
    with engine.begin() as conn:
        for row, micros in enumerate(parts):
            spend = {id_: micros * unit[currency] // 1_000 for currency, id_ in made.items()}
            for posting in service.charge(conn, spend, str(row)):
                posted[posting.currency] += posting.amount_minor
    for currency in made:
        total = sum(micros * unit[currency] // 1_000 for micros in parts)
        assert posted[currency] == total // unit[currency]
