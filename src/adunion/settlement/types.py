"""Types of the room: statements, payouts, and what a settlement did."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Literal

from .guarantee import Judgement

Role = Literal["merchant", "publisher"]
KINDS = (
    "top_up",
    "media",
    "media_credit",
    "guarantee",
    "commission",
    "fee",
    "commission_refund",
    "payout",
    "other",
)
"""Kinds of lines, in the order they are shown."""

PAYOUT_MIN_MAJOR = 10  # in units of the currency, such as yuan


@dataclass(frozen=True, slots=True)
class StatementLine:
    """All movements of one kind on one day (UTC); money in is positive."""

    day: date
    kind: str  # see `lines.line_kind`
    count: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Statement:
    """A party's account of one period: `opening_minor` plus its lines is `closing_minor`.

    A merchant's is of the wallet. A publisher's is of commissions held and payable together, of
    which `payable_minor` could be paid out. `estimated_minor` is reserved and not yet earned.
    """

    id: str
    role: Role
    party_id: str
    name: str
    currency: str
    since: datetime | None  # end of the statement before; none: from the beginning
    until: datetime
    opening_minor: int
    closing_minor: int
    payable_minor: int
    estimated_minor: int
    lines: tuple[StatementLine, ...]

    def by_kind(self) -> list[tuple[str, int, int]]:
        """(kind, count, amount_minor) of the period, in the order of KINDS."""
        sums = dict.fromkeys(KINDS, (0, 0))
        for line in self.lines:
            count, amount = sums[line.kind]
            sums[line.kind] = (count + line.count, amount + line.amount_minor)
        return [(kind, count, amount) for kind, (count, amount) in sums.items() if count]


@dataclass(frozen=True, slots=True)
class Payout:
    """Money sent to a publisher."""

    id: str
    statement_id: str
    publisher_id: str
    currency: str
    amount_minor: int
    at: datetime


@dataclass(frozen=True)
class SettleReport:
    """What one run did; a second run for the same `until` finds nothing to do."""

    until: datetime
    released: int  # commissions that became payable
    statements: list[Statement] = field(default_factory=list)
    payouts: list[Payout] = field(default_factory=list)
    guaranteed: list[Judgement] = field(default_factory=list)  # plan-days, owed or not
    files: list[Path] = field(default_factory=list)
