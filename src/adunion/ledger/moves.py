"""What postings do to balances: pure arithmetic on integers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from .types import Posting


@dataclass(frozen=True, slots=True)
class Account:
    """A locked account as it stands."""

    id: int
    code: str
    currency: str
    bounded: bool
    posted_minor: int
    pending_in_minor: int
    pending_out_minor: int


@dataclass(slots=True)
class Effect:
    """What a batch adds to one account."""

    posted_minor: int = 0
    pending_in_minor: int = 0
    pending_out_minor: int = 0


@dataclass(frozen=True, slots=True)
class Pending:
    """A pending transfer and how much of it is posted or voided."""

    debit: str
    credit: str
    currency: str
    amount_minor: int
    settled_minor: int


def is_bounded(code: str) -> bool:
    """Whether an account may never owe: commissions held, and what was paid out."""
    return code.endswith((":held", ":paid"))


def effects(
    postings: Iterable[Posting], accounts: Mapping[tuple[str, str], Account]
) -> dict[int, Effect]:
    """The sum of the postings on each account, by account id."""
    sums: dict[int, Effect] = {account.id: Effect() for account in accounts.values()}
    for p in postings:
        debit = sums[accounts[p.debit, p.currency].id]
        credit = sums[accounts[p.credit, p.currency].id]
        if p.kind in ("post", "post_pending"):
            debit.posted_minor -= p.amount_minor
            credit.posted_minor += p.amount_minor
        if p.kind != "post":
            reserved = p.amount_minor if p.kind == "pending" else -p.amount_minor
            debit.pending_out_minor += reserved
            credit.pending_in_minor += reserved
    return sums


def apply(account: Account, effect: Effect) -> Account:
    """The account after the effect."""
    return replace(
        account,
        posted_minor=account.posted_minor + effect.posted_minor,
        pending_in_minor=account.pending_in_minor + effect.pending_in_minor,
        pending_out_minor=account.pending_out_minor + effect.pending_out_minor,
    )
