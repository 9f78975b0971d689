"""The ledger: postings in, balances and proofs out.

Every account's balance is credits minus debits ("credit-positive"): a wallet or a payable, which
the platform owes to someone, is positive; `platform:cash`, where outside money comes in, is
negative by just as much. All balances of one currency sum to zero.

Only `:held` and `:paid` accounts are bounded at zero. A wallet may go below zero, but only by what
was already earned at its cost (impressions seen, commissions of orders): the merchant then owes it,
it is set off against the next top-up, and plans should not bid while it lasts. A payable goes below
zero when a commission that was already paid out is refunded: the publisher owes it, and it is set
off against what is earned next.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from adunion.kernel.clock import Clock
from adunion.kernel.errors import conflict, invalid, not_found
from adunion.kernel.ids import Ids
from adunion.kernel.money import MINOR_MAX, exponent

from . import repository
from .moves import Account, Effect, Pending, apply, effects
from .types import PLATFORM_CASH, Balance, CheckReport, Entry, Posting, Totals, merchant_wallet


class Ledger:
    """Posts transfers and reads the books; the caller owns the transaction of `conn`."""

    def __init__(self, ids: Ids, clock: Clock) -> None:
        self._ids = ids
        self._clock = clock

    def post(self, conn: Connection, postings: Sequence[Posting]) -> list[str]:
        """Write all postings or none; returns the transfer id of each, in order.

        A key posted before with the same content is not posted again and answers with the id it
        has. Bounds are judged after the whole batch. Missing accounts are opened. The accounts
        stay locked until the transaction ends, so `conn` should be committed soon; two
        transactions that each call this more than once may deadlock, PostgreSQL then ends one,
        and it can be run again.

        Raises `key_reused` (409) for a known key with other content, `balance_too_low` (409) for
        a bounded account, `pending_*` (404, 409) for a bad settlement of a pending transfer, and
        `invalid` (422) for an amount, currency, kind or account that cannot be.
        """
        wanted = _distinct(postings)
        if not wanted:
            return []
        sides = {(p.debit, p.currency) for p in wanted} | {(p.credit, p.currency) for p in wanted}
        accounts = repository.lock_accounts(conn, sorted(sides))
        rows = [(self._ids("txn"), p) for p in wanted]
        written = repository.insert_transfers(conn, rows, accounts, self._clock.now())
        fresh = [p for p in wanted if p.key in written]
        if fresh:
            repository.add_to_balances(conn, self._judged(conn, fresh, accounts))
        known = {} if len(fresh) == len(wanted) else _known(conn, wanted, written)
        id_of = {p.key: id_ for id_, p in rows} | known
        return [id_of[p.key] for p in postings]

    def _judged(
        self,
        conn: Connection,
        fresh: list[Posting],
        accounts: dict[tuple[str, str], Account],
    ) -> dict[int, Effect]:
        keys = sorted({p.pending_key for p in fresh if p.pending_key is not None})
        pendings = repository.pendings(conn, keys) if keys else {}
        _check_pendings(fresh, pendings)
        changes = effects(fresh, accounts)
        for account in accounts.values():
            after = apply(account, changes.get(account.id, Effect()))
            if after.bounded and after.posted_minor < after.pending_out_minor:
                short = after.pending_out_minor - after.posted_minor
                raise conflict(
                    "balance_too_low",
                    f"{account.code} would be {short} {account.currency} minor units short.",
                    "Lower the amount, or credit the account first.",
                    account=account.code,
                    short_minor=short,
                )
        return changes

    def top_up(
        self, conn: Connection, merchant_id: str, amount_minor: int, currency: str, key: str
    ) -> str:
        """Outside money into a merchant's wallet; `key` names the incoming payment."""
        return self.post(
            conn,
            [
                Posting(
                    f"top_up:{key}",
                    PLATFORM_CASH,
                    merchant_wallet(merchant_id),
                    amount_minor,
                    currency,
                    memo="top-up",
                    reference=key,
                )
            ],
        )[0]

    def balances(self, conn: Connection, prefix: str = "") -> list[Balance]:
        """All accounts whose code starts with the prefix, by code and currency."""
        return repository.balances(conn, prefix)

    def balances_of(self, conn: Connection, codes: Sequence[str], currency: str) -> list[Balance]:
        """Accounts of one currency by code; those that nothing was posted to yet are left out."""
        return repository.balances_of(conn, codes, currency)

    def balance(self, conn: Connection, code: str, currency: str) -> Balance:
        """One account; zeros where nothing was posted yet."""
        return repository.balance(conn, code, currency) or Balance(code, currency, 0, 0, 0)

    def history(
        self, conn: Connection, account: str, limit: int = 50, before: str | None = None
    ) -> list[Entry]:
        """An account's transfers, newest first; `before` is the id of the last one already seen."""
        seq = None
        if before is not None:
            seq = repository.seq_of(conn, before)
            if seq is None:
                raise not_found("transfer", before)
        return repository.history(conn, account, limit, seq)

    def totals(self, conn: Connection) -> list[Totals]:
        """Debits, credits, open pendings and counts by currency."""
        return repository.totals(conn)

    def check(self, conn: Connection) -> CheckReport:
        """Prove the books from the transfers alone: reads every transfer once."""
        return CheckReport(repository.totals(conn), repository.problems(conn))


def _distinct(postings: Sequence[Posting]) -> list[Posting]:
    by_key: dict[str, Posting] = {}
    for posting in postings:
        first = by_key.setdefault(posting.key, posting)
        if first is posting:
            _check_shape(posting)
        elif first != posting:
            raise _reused(posting.key)
    return list(by_key.values())


def _check_shape(p: Posting) -> None:
    if type(p.amount_minor) is not int or not 0 < p.amount_minor <= MINOR_MAX:
        raise invalid("amount_minor", f"{p.amount_minor!r} is not between 1 and {MINOR_MAX}.")
    if not p.key or not p.debit or not p.credit:
        raise invalid("key", f"A posting needs a key and two accounts: {p}.")
    if p.debit == p.credit:
        raise invalid("credit", f"{p.debit} is on both sides of {p.key}.")
    if p.kind not in ("post", "pending", "post_pending", "void_pending"):
        raise invalid("kind", f"{p.kind!r} is not a kind of posting.")
    if (p.kind in ("post_pending", "void_pending")) != (p.pending_key is not None):
        raise invalid("pending_key", f"{p.kind} of {p.key}: pending_key is {p.pending_key!r}.")
    exponent(p.currency)


def _reused(key: str) -> Exception:
    return conflict(
        "key_reused",
        f"Key {key!r} was already posted with other content.",
        "Use a new key for a new transfer; a posted one is never changed.",
        key=key,
    )


def _known(conn: Connection, wanted: list[Posting], written: set[str]) -> dict[str, str]:
    """Ids of what had been posted before, or the conflict of the first that differs."""
    before = repository.find(conn, [p.key for p in wanted if p.key not in written])
    for posting in wanted:
        if posting.key in before and before[posting.key][1] != posting:
            raise _reused(posting.key)
    return {key: id_ for key, (id_, _) in before.items()}


def _check_pendings(fresh: list[Posting], pendings: dict[str, Pending]) -> None:
    for p in fresh:
        if p.pending_key is None:
            continue
        pending = pendings.get(p.pending_key)
        if pending is None:
            raise not_found("pending transfer", p.pending_key)
        if (p.debit, p.credit, p.currency) != (pending.debit, pending.credit, pending.currency):
            raise conflict(
                "pending_differs",
                f"{p.key} names other accounts than {p.pending_key}, which it settles.",
                "Repeat debit, credit and currency of the pending transfer.",
            )
        if pending.settled_minor > pending.amount_minor:
            raise conflict(
                "pending_exceeded",
                f"{p.pending_key} reserved {pending.amount_minor}; {pending.settled_minor} would "
                "be posted and voided.",
                "Post or void at most what is left.",
                pending_key=p.pending_key,
            )
