"""The return guarantee: what a plan's day owes its merchant. Pure integers.

A day's credit is what was spent beyond what the day's sales justify at nine tenths of the target:

    credit = max(0, spend - GMV / (0.9 * target))      for more than 20 orders

A day is judged once, when the last order that its clicks may bring has come, and never again:
docs/adr/0005-return-guarantee.md says why.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Literal

ORDERS_LEAST = 20  # a day with more than these is guaranteed
WINDOW_DAYS = 7  # of attribution: `attribution.last_click.PLAN_WINDOW_DAYS`, held by a test
GRACE = timedelta(days=1)  # for orders that merchants report late

Outcome = Literal["credited", "kept", "few_orders", "edited", "other_goal", "boost"]
PROMISED = ("target_roi", "net_roi")  # goals that promise a return
_PEOPLES_CHANGES = frozenset(("target_roi", "status"))


@dataclass(frozen=True, slots=True)
class Spend:
    """What a plan was billed for the impressions of one day (UTC)."""

    plan_id: str
    day: date
    spend_minor: int


@dataclass(frozen=True, slots=True)
class Change:
    """An edit of a plan: `changes` is {field: [before, after]}."""

    at: datetime
    by: str
    changes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Sales:
    """What the clicks of a plan's day brought, and how much of it was returned since."""

    gmv_minor: int = 0
    refunds_minor: int = 0
    orders: int = 0

    def counted_minor(self, goal: str) -> int:
        """What counts towards the promise: a plan for net return bears its returns."""
        return self.gmv_minor - (self.refunds_minor if goal == "net_roi" else 0)


@dataclass(frozen=True, slots=True)
class Judgement:
    """A plan's day with its arithmetic; `judged_at` is none while orders may still come."""

    plan_id: str
    day: date
    target_roi: Decimal
    spend_minor: int
    gmv_minor: int  # of orders credited to the day's clicks, as the plan's goal counts them
    orders: int
    outcome: Outcome
    credit_minor: int
    judged_at: datetime | None = None

    @property
    def covered_minor(self) -> int:
        """What the sales justify: GMV / (0.9 * target), rounded down."""
        return covered_minor(self.gmv_minor, self.target_roi)


def covered_minor(gmv_minor: int, target_roi: Decimal) -> int:
    """The spend that sales justify at nine tenths of the target, rounded in the merchant's favour.

    A target has three decimals, so the division is exact: 10,000 / (9 * thousandths).
    """
    thousandths = int(target_roi * 1_000)
    return gmv_minor * 10_000 // (9 * thousandths)


def judge(
    spend: Spend, sales: Sales, goal: str, target_roi: Decimal, *, edited: bool, boost: bool = False
) -> Judgement:
    """The day of a plan, from what its clicks brought; a boost is promised no return."""
    gmv_minor = sales.counted_minor(goal)
    short_minor = max(spend.spend_minor - covered_minor(gmv_minor, target_roi), 0)
    outcome: Outcome = "credited" if short_minor else "kept"
    if boost:
        outcome = "boost"
    elif goal not in PROMISED:
        outcome = "other_goal"
    elif edited:
        outcome = "edited"
    elif sales.orders <= ORDERS_LEAST:
        outcome = "few_orders"
    credit_minor = short_minor if outcome == "credited" else 0
    return Judgement(
        spend.plan_id, spend.day, target_roi, spend.spend_minor, gmv_minor, sales.orders, outcome,
        credit_minor,
    )  # fmt: skip


def target_on(day: date, target_now: Decimal, changes: Sequence[Change]) -> Decimal:
    """The target in force at the end of a day."""
    return target_at(midnight(day + timedelta(days=1)), target_now, changes)


def target_at(at: datetime, target_now: Decimal, changes: Sequence[Change]) -> Decimal:
    """The target in force just before a time: what the first later edit of it found."""
    later = [change for change in changes if change.at >= at and "target_roi" in change.changes]
    first = min(later, key=lambda change: change.at, default=None)
    return target_now if first is None else Decimal(str(first.changes["target_roi"][0]))


def edited_on(day: date, changes: Iterable[Change]) -> bool:
    """Whether somebody edited the target, or paused, resumed or ended the plan, on that day.

    Starting a plan and its end by the clock are none.
    """
    start, end = midnight(day), midnight(day + timedelta(days=1))
    return any(
        start <= change.at < end
        and change.by != "clock"
        and not _PEOPLES_CHANGES.isdisjoint(change.changes)
        and change.changes.get("status", [""])[0] is not None
        for change in changes
    )


def final_before(now: datetime) -> date:
    """Days before this one are final: their clicks' orders have come, late reports included."""
    return (now.astimezone(UTC) - GRACE - timedelta(days=WINDOW_DAYS)).date()


def final_at(day: date) -> datetime:
    """When a day is judged."""
    return midnight(day + timedelta(days=1 + WINDOW_DAYS)) + GRACE


def midnight(day: date) -> datetime:
    """A day's first moment, UTC."""
    return datetime.combine(day, time(), UTC)
