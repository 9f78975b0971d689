"""Stages of a plan: learning -> stable -> adjusting; pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from .types import Stage

ORDERS_STABLE = 20  # below it a plan's return is mostly chance
ADJUSTING = timedelta(hours=24)
LARGE_TARGET = Decimal("0.2")
LARGE_BUDGET = Decimal("0.5")


def next_stage(stage: Stage, since: datetime, orders_7d: int, now: datetime) -> Stage:
    """The stage a running plan should be in, from its orders of the last 7 days."""
    if stage == "adjusting" and now - since < ADJUSTING:
        return "adjusting"
    if orders_7d >= ORDERS_STABLE:
        return "stable"
    return "stable" if stage == "stable" else "learning"


def is_large(
    target: Decimal, new_target: Decimal, budget: int | None, new_budget: int | None
) -> bool:
    """Whether an edit changes so much that what was learned no longer holds."""
    if abs(new_target - target) > LARGE_TARGET * target:
        return True
    if budget is None or new_budget is None:
        return budget != new_budget
    return abs(new_budget - budget) > LARGE_BUDGET * budget


def costs_much_else(cost: Decimal | int | None, new_cost: Decimal | int | None) -> bool:
    """The same for what an order may cost, or anything else that is asked for."""
    if cost is None or new_cost is None:
        return cost != new_cost
    return abs(Decimal(new_cost) - cost) > LARGE_TARGET * cost
