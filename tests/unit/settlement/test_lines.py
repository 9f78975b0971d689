"""From movements to the lines of a statement."""

from datetime import date

import pytest

from adunion.settlement.lines import (
    Movement,
    estimated_change,
    line_kind,
    payable_change,
    statement_lines,
)
from adunion.settlement.types import StatementLine

DAY = date(2026, 11, 1)


def movement(pot, other, amount, kind="post", count=1, day=DAY) -> Movement:
    return Movement(pot, other, kind, amount > 0, day, count, amount)


@pytest.mark.parametrize(
    ("role", "other", "inward", "kind"),
    [
        ("merchant", "platform:cash", True, "top_up"),
        ("merchant", "platform:media", False, "media"),
        ("merchant", "platform:media", True, "media_credit"),
        ("merchant", "publisher:held", False, "commission"),
        ("merchant", "publisher:held", True, "commission_refund"),
        ("merchant", "publisher:payable", True, "commission_refund"),
        ("merchant", "platform:fee", True, "commission_refund"),
        ("merchant", "merchant:wallet", True, "other"),
        ("publisher", "merchant:wallet", True, "commission"),
        ("publisher", "merchant:wallet", False, "commission_refund"),
        ("publisher", "platform:fee", False, "fee"),
        ("publisher", "publisher:paid", False, "payout"),
        ("publisher", "platform:cash", True, "other"),
    ],
)
def test_the_kind_follows_from_the_other_side(role, other, inward, kind):
    assert line_kind(role, other, inward=inward) == kind


PUBLISHER = [
    movement("held", "merchant:wallet", 100, "post_pending", 2),
    movement("held", "publisher:payable", -90),
    movement("payable", "publisher:held", 90),
    movement("held", "platform:fee", -10),
    movement("payable", "merchant:wallet", -30),
    movement("held", "merchant:wallet", 60, "pending"),
    movement("held", "merchant:wallet", 100, "pending"),
    movement("held", "merchant:wallet", 15, "void_pending"),
]


def test_lines_add_up_and_leave_out_moves_between_own_pots():
    assert statement_lines("publisher", PUBLISHER) == (
        StatementLine(DAY, "commission", 2, 100),
        StatementLine(DAY, "fee", 1, -10),
        StatementLine(DAY, "commission_refund", 1, -30),
    )
    assert payable_change(PUBLISHER) == 60


def test_what_is_estimated_counts_alike_for_both_sides():
    assert estimated_change(PUBLISHER) == 160 - 100 - 15
    merchant = [movement("wallet", "publisher:held", -m.amount_minor, m.transfer_kind)
                for m in PUBLISHER if m.transfer_kind != "post"]  # fmt: skip
    assert estimated_change(merchant) == 45


def test_days_are_kept_apart_in_order():
    later = date(2026, 11, 2)
    moves = [movement("wallet", "platform:media", -2, day=later),
             movement("wallet", "platform:media", -1)]  # fmt: skip
    assert [(x.day, x.amount_minor) for x in statement_lines("merchant", moves)] == [
        (DAY, -1),
        (later, -2),
    ]
