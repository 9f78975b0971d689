"""The guarantee's arithmetic, which day counts, and when it is final."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adunion.attribution.last_click import PLAN_WINDOW_DAYS
from adunion.settlement.guarantee import (
    WINDOW_DAYS,
    Change,
    Sales,
    Spend,
    covered_minor,
    edited_on,
    final_at,
    final_before,
    judge,
    target_on,
)

DAY = date(2026, 11, 11)


def spend(minor: int) -> Spend:
    return Spend("cmp_1", DAY, minor)


def change(day: int, hour: int, by: str = "usr_1", **changes: list[object]) -> Change:
    return Change(datetime(2026, 11, day, hour, tzinfo=UTC), by, changes)


def test_a_days_credit_is_what_its_sales_do_not_justify() -> None:
    day = judge(spend(100_000), Sales(270_000, 0, 21), "target_roi", Decimal("4.000"), edited=False)
    assert day.covered_minor == 75_000  # 270,000 / (0.9 * 4)
    assert (day.outcome, day.credit_minor) == ("credited", 25_000)


@pytest.mark.parametrize(
    ("gmv", "orders", "edited", "outcome"),
    [
        (360_000, 21, False, "kept"),
        (0, 20, False, "few_orders"),
        (0, 21, True, "edited"),
        (359_999, 21, False, "credited"),
    ],
)
def test_nothing_is_owed_where_the_promise_was_kept_or_not_given(
    gmv: int, orders: int, edited: bool, outcome: str
) -> None:
    day = judge(spend(100_000), Sales(gmv, 0, orders), "target_roi", Decimal(4), edited=edited)
    assert day.outcome == outcome
    assert day.credit_minor == (1 if outcome == "credited" else 0)  # a fen short is paid


@given(
    st.integers(0, 10**12),
    st.integers(0, 10**12),
    st.integers(100, 1_000_000).map(lambda thousandths: Decimal(thousandths) / 1_000),
)
def test_the_credit_is_exact_to_a_minor_unit_in_the_merchants_favour(
    spent: int, gmv: int, target: Decimal
) -> None:
    credit = judge(spend(spent), Sales(gmv, 0, 21), "target_roi", target, edited=False).credit_minor
    exact = max(Fraction(0), spent - Fraction(gmv) / (Fraction(9, 10) * Fraction(target)))
    assert exact <= credit < exact + 1
    assert credit <= spent
    assert covered_minor(gmv + 1, target) >= covered_minor(gmv, target)


def test_returns_count_only_where_the_promise_is_of_net_sales() -> None:
    sales = Sales(400_000, 130_000, 30)
    gross = judge(spend(100_000), sales, "target_roi", Decimal(4), edited=False)
    net = judge(spend(100_000), sales, "net_roi", Decimal(4), edited=False)
    assert (gross.outcome, gross.credit_minor) == ("kept", 0)
    assert (net.gmv_minor, net.credit_minor) == (270_000, 25_000)


@pytest.mark.parametrize("goal", ["volume", "cost_per_order"])
def test_a_plan_that_was_promised_no_return_is_owed_none(goal: str) -> None:
    day = judge(spend(100_000), Sales(0, 0, 30), goal, Decimal(1), edited=False)
    assert (day.outcome, day.credit_minor) == ("other_goal", 0)


def test_a_person_s_change_of_target_or_state_ends_the_days_guarantee() -> None:
    assert edited_on(DAY, [change(11, 23, target_roi=["4.000", "3.900"])])
    assert edited_on(DAY, [change(11, 0, status=["active", "paused"])])
    assert not edited_on(DAY, [change(12, 0, target_roi=["4.000", "3.900"])])
    assert not edited_on(DAY, [change(11, 5, name=["a", "b"], budget_minor=[None, 500])])
    assert not edited_on(DAY, [change(11, 5, status=[None, "active"])])  # it was started
    assert not edited_on(DAY, [change(11, 5, "clock", status=["active", "ended"])])


def test_the_target_is_that_of_the_day_whatever_came_later() -> None:
    changes = [
        change(10, 9, target_roi=["3.000", "4.000"]),
        change(13, 9, target_roi=["4.500", "6.000"]),
        change(12, 9, target_roi=["4.000", "4.500"]),
        change(12, 8, name=["a", "b"]),
    ]
    assert target_on(DAY, Decimal(6), changes) == 4
    assert target_on(date(2026, 11, 9), Decimal(6), changes) == 3
    assert target_on(date(2026, 11, 14), Decimal(6), changes) == 6


def test_a_day_is_final_when_the_last_order_of_its_clicks_may_have_come() -> None:
    assert WINDOW_DAYS == PLAN_WINDOW_DAYS
    at = final_at(DAY)
    assert at == datetime(2026, 11, 20, tzinfo=UTC)  # the day ends, 7 days for orders, 1 for delay
    assert final_before(at) > DAY
    assert final_before(at - timedelta(microseconds=1)) <= DAY
