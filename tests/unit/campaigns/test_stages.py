"""Stages and what counts as a large edit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from adunion.campaigns.stages import is_large, next_stage
from adunion.campaigns.types import Stage

NOW = datetime(2026, 11, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("stage", "hours", "orders", "after"),
    [
        ("learning", 1, 19, "learning"),
        ("learning", 1, 20, "stable"),
        ("stable", 500, 0, "stable"),
        ("adjusting", 23, 500, "adjusting"),
        ("adjusting", 24, 20, "stable"),
        ("adjusting", 24, 19, "learning"),
    ],
)
def test_stages_follow_orders_and_time(stage: Stage, hours: int, orders: int, after: Stage) -> None:
    assert next_stage(stage, NOW - timedelta(hours=hours), orders, NOW) == after


@pytest.mark.parametrize(
    ("target", "budgets", "large"),
    [
        ("4.8", (None, None), False),
        ("4.801", (None, None), True),
        ("3.199", (None, None), True),
        ("4", (100, 150), False),
        ("4", (100, 151), True),
        ("4", (100, 49), True),
        ("4", (100, None), True),
        ("4", (None, 100), True),
    ],
)
def test_a_fifth_of_the_target_or_half_the_budget_is_large(
    target: str, budgets: tuple[int | None, int | None], large: bool
) -> None:
    assert is_large(Decimal(4), Decimal(target), *budgets) == large
