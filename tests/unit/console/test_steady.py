"""How far an edit may go before it is a large one, as the plan page tells it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from adunion.campaigns import Edit
from adunion.campaigns.stages import changes_much
from adunion.console.steady import bounds

AT = datetime(2026, 1, 5, tzinfo=UTC)
PLAN = dict.fromkeys(("target_cost_minor", "new_customer_minor", "min_new_share"))


def edit(field: str, before: object, after: object) -> Edit:
    return Edit(id="e", plan_id="p", at=AT, by="m", changes={field: [before, after]}, large=False)


def test_the_ends_told_are_small_edits_and_what_lies_beyond_is_large() -> None:
    low, high = bounds("target_roi", Decimal("3.33"), ()) or (0, 0)
    assert (low, high) == (Decimal("2.67"), Decimal("3.99"))
    before = {**PLAN, "target_roi": Decimal("3.33"), "budget_minor": 1001}
    for target, large in ((low, False), (high, False), (low - 1, True), (high + 1, True)):
        assert changes_much(before, {**before, "target_roi": target}) is large
    least, most = bounds("budget_minor", 1001, ()) or (0, 0)
    assert (least, most) == (501, 1501)
    for budget, large in ((501, False), (1501, False), (500, True), (1502, True)):
        assert changes_much(before, {**before, "budget_minor": budget}) is large


def test_edits_of_a_day_add_up() -> None:
    grown = bounds("target_roi", Decimal("4.8"), [edit("target_roi", "4", "4.8")])
    assert grown == (Decimal("3.84"), Decimal("4.80"))


@pytest.mark.parametrize(
    ("field", "before", "now"), [("target_roi", "4", Decimal(8)), ("budget_minor", None, 900)]
)
def test_after_a_large_edit_none_is_small(field: str, before: str | None, now: Decimal) -> None:
    assert bounds(field, now, [edit(field, before, str(now))]) is None
