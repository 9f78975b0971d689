"""The books: every account, and the proof that they balance. And the wallet of a merchant."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request
from pydantic import Field

from adunion.api.deps import Caller, Services, own_merchant
from adunion.api.fields import (
    Account,
    Body,
    Cursor,
    MerchantId,
    Money,
    NewMoney,
    Page,
    TransferId,
    View,
    When,
    money,
    page,
)
from adunion.api.route import allow, router
from adunion.catalog import repository as catalog
from adunion.kernel.errors import invalid
from adunion.ledger import Balance as BalanceRecord
from adunion.ledger import Entry as EntryRecord
from adunion.ledger import merchant_wallet
from adunion.trust import Role

ledger = router("ledger", "ledger")
wallet = router("wallet", "wallet")


class Balance(View):
    """An account; what the platform owes to someone is positive."""

    account: str = Field(examples=["merchant:mer_...:wallet"])
    posted: Money
    reserved_in: Money = Field(description="Reserved for it")
    reserved_out: Money = Field(description="Reserved from it")
    available: Money = Field(description="Posted less what is reserved from it")


class Entry(View):
    """A transfer as one of its two accounts sees it: money in is positive."""

    id: TransferId
    at: When
    kind: str = Field(description="`post`, `pending`, `post_pending` or `void_pending`")
    amount: Money
    other: str = Field(description="The account on the other side")
    memo: str
    reference: str


class Totals(View):
    """One currency's books."""

    currency: str
    accounts: int
    transfers: int
    debits: Money
    credits: Money
    pending: Money


class Check(View):
    """The proof: debits are credits, and every balance is the sum of its transfers."""

    ok: bool
    problems: list[str]
    totals: list[Totals]


class AccountSearch(View):
    """Which accounts to show."""

    prefix: Account | None = Field(None, description="How the codes begin")


class EntrySearch(Cursor):
    """Which transfers to show."""

    account: Account


class WalletSearch(Cursor):
    """Whose wallet's transfers to show."""

    merchant_id: MerchantId | None = Field(None, description="Only for operators")


class TopUp(Body):
    """Outside money that came in for a merchant."""

    merchant_id: MerchantId
    amount: NewMoney


class ToppedUp(View):
    """The transfer that a top-up made."""

    transfer_id: TransferId


def _balance(row: BalanceRecord) -> Balance:
    return Balance(
        account=row.code,
        posted=money(row.posted_minor, row.currency),
        reserved_in=money(row.pending_in_minor, row.currency),
        reserved_out=money(row.pending_out_minor, row.currency),
        available=money(row.available_minor, row.currency),
    )


def _entry(row: EntryRecord) -> Entry:
    columns = {n: getattr(row, n) for n in Entry.model_fields if n != "amount"}
    return Entry(amount=money(row.amount_minor, row.currency), **columns)


def _history(services: Services, account: str, cursor: Cursor) -> Page[Entry]:
    if cursor.backwards:
        raise invalid("ending_before", "Transfers are read forwards only.", "Use starting_after.")
    with services.engine.connect() as conn:
        rows = services.ledger.history(conn, account, cursor.limit + 1, cursor.starting_after)
    entries = [_entry(row) for row in rows[: cursor.limit]]
    return page(entries, len(rows) > cursor.limit, cursor)


@ledger.get("/accounts", openapi_extra=allow(Role.OPERATOR), summary="List accounts")
def list_accounts(services: Services, query: Annotated[AccountSearch, Query()]) -> list[Balance]:
    """All accounts whose code starts with the prefix, by code and currency."""
    with services.engine.connect() as conn:
        return [_balance(row) for row in services.ledger.balances(conn, query.prefix or "")]


@ledger.get("/entries", openapi_extra=allow(Role.OPERATOR), summary="List an account's transfers")
def list_entries(services: Services, query: Annotated[EntrySearch, Query()]) -> Page[Entry]:
    """Newest first."""
    return _history(services, query.account, query)


@ledger.get("/check", openapi_extra=allow(Role.OPERATOR), summary="Prove the books")
def check_ledger(services: Services) -> Check:
    """Reads every transfer once."""
    with services.engine.connect() as conn:
        report = services.ledger.check(conn)
    totals = [
        Totals(
            currency=t.currency,
            accounts=t.accounts,
            transfers=t.transfers,
            debits=money(t.debits_minor, t.currency),
            credits=money(t.credits_minor, t.currency),
            pending=money(t.pending_minor, t.currency),
        )
        for t in report.totals
    ]
    return Check(ok=report.ok, problems=report.problems, totals=totals)


class WalletOf(View):
    """Whose wallet."""

    merchant_id: MerchantId | None = Field(None, description="Only for operators")


@wallet.get("", openapi_extra=allow(Role.MERCHANT, Role.OPERATOR), summary="Get a wallet")
def get_wallet(
    services: Services, caller: Caller, query: Annotated[WalletOf, Query()]
) -> list[Balance]:
    """The balances of a merchant's wallet, one for each currency."""
    account = merchant_wallet(own_merchant(caller, query.merchant_id))
    with services.engine.connect() as conn:
        return [_balance(row) for row in services.ledger.balances(conn, account)]


@wallet.get(
    "/entries",
    openapi_extra=allow(Role.MERCHANT, Role.OPERATOR),
    summary="List a wallet's transfers",
)
def list_wallet_entries(
    services: Services, caller: Caller, query: Annotated[WalletSearch, Query()]
) -> Page[Entry]:
    """Newest first."""
    account = merchant_wallet(own_merchant(caller, query.merchant_id))
    return _history(services, account, query)


@wallet.post("/top-ups", status_code=201, openapi_extra=allow(Role.OPERATOR), summary="Top up")
def top_up(services: Services, request: Request, body: TopUp) -> ToppedUp:
    """Money in the market's currency that a merchant paid in; booked once for its key."""
    if body.amount.currency != services.insight.currency:
        raise invalid(
            "amount.currency",
            f"This market counts in {services.insight.currency}.",
            "Exchange the money first; a wallet in another currency could not be spent.",
        )
    with services.engine.begin() as conn:
        catalog.get_merchant(conn, body.merchant_id)
        transfer_id = services.ledger.top_up(
            conn,
            body.merchant_id,
            body.amount.amount_minor,
            body.amount.currency,
            request.state.idempotency_key,
        )
    return ToppedUp(transfer_id=transfer_id)
