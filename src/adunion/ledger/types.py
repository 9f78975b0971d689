"""Types of the room: what is asked to be posted, and what the books say."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Kind = Literal["post", "pending", "post_pending", "void_pending"]

PLATFORM_CASH = "platform:cash"  # outside money in: its balance is minus all that came
PLATFORM_MEDIA = "platform:media"  # what plans paid for moved impressions
PLATFORM_GUARANTEE = "platform:guarantee"  # what missed returns cost: its balance is minus that
PLATFORM_FEE = "platform:fee"  # the platform's share of commissions


def merchant_wallet(merchant_id: str) -> str:
    """The account of what the platform holds for a merchant; negative: the merchant owes."""
    return f"merchant:{merchant_id}:wallet"


def publisher_account(publisher_id: str, state: Literal["held", "payable", "paid"]) -> str:
    """The account of a publisher's commissions in one state; negative payable: they owe."""
    return f"publisher:{publisher_id}:{state}"


@dataclass(frozen=True, slots=True)
class Posting:
    """One wish to move money from `debit` to `credit` (account codes); `key` names it for ever.

    `post` moves at once. `pending` only reserves; `post_pending` moves all or part of what the
    pending transfer of key `pending_key` reserved, `void_pending` gives all or part back. Both
    repeat the accounts of the pending one. The rest of a part stays reserved.
    """

    key: str
    debit: str
    credit: str
    amount_minor: int
    currency: str
    kind: Kind = "post"
    pending_key: str | None = None
    memo: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Balance:
    """What an account holds, credit-positive, in minor units."""

    code: str
    currency: str
    posted_minor: int
    pending_in_minor: int  # reserved for it
    pending_out_minor: int  # reserved from it

    @property
    def pending_minor(self) -> int:
        """Net of what is reserved for it and from it."""
        return self.pending_in_minor - self.pending_out_minor

    @property
    def available_minor(self) -> int:
        """What could leave it now."""
        return self.posted_minor - self.pending_out_minor


@dataclass(frozen=True, slots=True)
class Entry:
    """A transfer as one of its two accounts sees it: money in is positive."""

    id: str
    key: str
    at: datetime
    kind: Kind
    amount_minor: int
    currency: str
    other: str  # the account on the other side
    memo: str
    reference: str


@dataclass(frozen=True, slots=True)
class Totals:
    """One currency's books."""

    currency: str
    accounts: int
    transfers: int
    debits_minor: int  # of posted transfers
    credits_minor: int
    pending_minor: int  # reserved and not yet posted or voided


@dataclass(frozen=True)
class CheckReport:
    """The proof that the books balance; `problems` says in words what does not."""

    totals: list[Totals]
    problems: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.problems
