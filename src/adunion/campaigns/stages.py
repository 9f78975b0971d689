"""Stages of a plan: learning -> stable -> adjusting; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from .types import Edit, Stage

ORDERS_STABLE = 20  # below it a plan's return is mostly chance
ADJUSTING = timedelta(hours=24)
LARGE_TARGET = Decimal("0.2")
LARGE_BUDGET = Decimal("0.5")
_DECIMALS = ("target_roi", "min_new_share")


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


def day_ago(now: Mapping[str, Any], edits: Iterable[Edit]) -> dict[str, Any]:
    """The values in force before some edits, newest first, each undone in turn."""
    values = dict(now)
    for edit in edits:
        for field, (before, _) in edit.changes.items():
            decimal = field in _DECIMALS and before is not None
            values[field] = Decimal(before) if decimal else before
    return values


def changes_much(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether an edit is large in any of the fields that say what a plan asks for."""
    targets, budgets = (
        [values[field] for values in (before, after)] for field in ("target_roi", "budget_minor")
    )
    return is_large(targets[0], targets[1], budgets[0], budgets[1]) or any(
        costs_much_else(before[field], after[field])
        for field in ("target_cost_minor", "new_customer_minor", "min_new_share")
    )


def costs_much_else(cost: Decimal | int | None, new_cost: Decimal | int | None) -> bool:
    """The same for what an order may cost, or anything else that is asked for."""
    if cost is None or new_cost is None:
        return cost != new_cost
    return abs(Decimal(new_cost) - cost) > LARGE_TARGET * cost
