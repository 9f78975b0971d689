"""From movements on a party's accounts to the lines of its statement: pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from .types import KINDS, Role, StatementLine


@dataclass(frozen=True, slots=True)
class Movement:
    """Sum of a party's transfers of one sort on one day.

    `pot` is the party's own account (wallet, held, payable), `other` the account across:
    `platform:cash`, or a role and pot such as `publisher:held`. `amount_minor` is signed.
    """

    pot: str
    other: str
    transfer_kind: str
    inward: bool
    day: date
    count: int
    amount_minor: int


def line_kind(role: Role, other: str, *, inward: bool) -> str:
    """The kind of line that a posted transfer belongs to."""
    if role == "merchant":
        if other == "platform:cash":
            return "top_up"
        if other == "platform:media":
            return "media_credit" if inward else "media"
        if other == "platform:guarantee":
            return "guarantee"
        if other.startswith("publisher:") or other == "platform:fee":
            return "commission_refund" if inward else "commission"
        return "other"
    if other == "merchant:wallet":
        return "commission" if inward else "commission_refund"
    return {"platform:fee": "fee", "publisher:paid": "payout"}.get(other, "other")


def statement_lines(role: Role, movements: Iterable[Movement]) -> tuple[StatementLine, ...]:
    """Lines by day and kind; what only moved between the party's own pots is left out."""
    sums: dict[tuple[date, str], list[int]] = defaultdict(lambda: [0, 0])
    for m in movements:
        if m.transfer_kind not in ("post", "post_pending") or _own(role, m.other):
            continue
        line = sums[m.day, line_kind(role, m.other, inward=m.inward)]
        line[0] += m.count
        line[1] += m.amount_minor
    return tuple(
        StatementLine(day, kind, count, amount)
        for (day, kind), (count, amount) in sorted(
            sums.items(), key=lambda item: (item[0][0], KINDS.index(item[0][1]))
        )
    )


def payable_change(movements: Iterable[Movement]) -> int:
    """What the movements add to the payable."""
    return sum(
        m.amount_minor
        for m in movements
        if m.pot == "payable" and m.transfer_kind in ("post", "post_pending")
    )


def estimated_change(movements: Iterable[Movement]) -> int:
    """What the movements add to the sum reserved and not yet earned, for either side of it."""
    sign = {"pending": 1, "post_pending": -1, "void_pending": -1}
    return sum(sign.get(m.transfer_kind, 0) * abs(m.amount_minor) for m in movements)


def _own(role: Role, other: str) -> bool:
    return role == "publisher" and other in ("publisher:held", "publisher:payable")
