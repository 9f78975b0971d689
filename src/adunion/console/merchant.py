"""The merchant's pages: overview, plans, items, wallet, statements."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from fastapi import APIRouter, Request

from adunion.insight.service import total
from adunion.kernel.errors import not_found
from adunion.ledger import merchant_wallet

from . import repository
from .components import Column, Empty, Stat, Table
from .context import Context, party
from .i18n import N_
from .reports import plan_rows, plan_table, plans_asked_for, result_chart, result_stats, span_of
from .repository import ItemFilter
from .security import Merchant

router = APIRouter(prefix="/merchant")
PAGE = 25
NO_PLANS = Empty(
    N_("No plans here"),
    N_("A plan promotes items over all traffic at the return you set. It takes three steps."),
    "/merchant/promote",
    N_("Promote items"),
)


@router.get("")
def overview(request: Request, who: Merchant) -> Any:
    """Spend, sales, ROI and orders of all plans."""
    it, span = Context(request), span_of(request)
    insight, merchant = it.services.insight, party(who)
    results = insight.plan_results(span.since, span.until, merchant)
    summary = total([one.result for one in results], insight.currency)
    points = insight.merchant_points(merchant, span.since, span.until, span.unit)
    with it.services.engine.connect() as conn:
        names = repository.merchant_names(conn, [merchant], it.lang)
    return it.page(
        "merchant.html",
        span=span.key,
        merchant_name=names.get(merchant, ""),
        figures=result_stats(it.say, it.fmt, summary),
        results=result_chart(it.say, points, insight.currency),
        plans=plan_table(plan_rows(results), insight.currency, "/merchant/plans", NO_PLANS),
    )


@router.get("/plans")
def plans(request: Request, who: Merchant) -> Any:
    """All plans, or those of one state."""
    it = Context(request)
    results = plans_asked_for(request, party(who))
    table = plan_table(plan_rows(results), it.services.currency, "/merchant/plans", NO_PLANS)
    return it.page("plans.html", span=span_of(request).key, chosen=it.text("status"), plans=table)


@router.get("/items")
def items(request: Request, who: Merchant) -> Any:
    """The merchant's live items, with the plan of each."""
    return items_page(Context(request), ItemFilter(party(who)), N_("Items"), merchant=True)


@router.get("/wallet")
def wallet(request: Request, who: Merchant) -> Any:
    """Balance, transactions, statements."""
    it = Context(request)
    account = merchant_wallet(party(who))
    with it.services.engine.connect() as conn:
        balance = it.services.ledger.balance(conn, account, it.services.currency)
        entries = it.services.ledger.history(conn, account, 500)
        statements = repository.statements_of(conn, "merchant", party(who))
    return it.page(
        "wallet.html",
        low=balance.posted_minor < 0,
        figures=[
            Stat(
                it.say(N_("Balance")),
                it.money(balance.posted_minor),
                tone="bad" if balance.posted_minor < 0 else "",
            ),
            Stat(
                it.say(N_("Reserved for commissions")),
                it.money(balance.pending_out_minor),
                it.say(N_("of orders not yet received")),
            ),
            Stat(it.say(N_("Available")), it.money(balance.available_minor)),
        ],
        transactions=Table(
            "transactions",
            (
                Column("at", N_("Time"), "time"),
                Column("memo", N_("What")),
                Column("reference", N_("For"), "code"),
                Column("kind", N_("Kind")),
                Column("amount_minor", N_("Amount"), "money"),
                Column("id", N_("Transfer"), "code"),
            ),
            [
                {
                    "at": e.at,
                    "memo": _memo(it, e.memo),
                    "reference": e.reference,
                    "kind": _kind(it, e.kind),
                    "amount_minor": e.amount_minor,
                    "id": e.id,
                }
                for e in entries
            ],
            balance.currency,
            Empty(
                N_("No transactions yet"),
                N_("Top-ups, media charges and commissions will be listed here."),
            ),
        ),
        statements=statement_table(statements, "/merchant/statements", it.services.currency),
    )


@router.get("/statements/{id}")
def statement(request: Request, who: Merchant, id: str) -> Any:
    """One statement."""
    return statement_page(Context(request), "merchant", party(who), id)


def items_page(it: Context, wanted: ItemFilter, heading: str, *, merchant: bool) -> Any:
    """The list of items with search, category and pages; for merchants and publishers."""
    text, category, page = it.text("q"), it.text("category"), it.number("page_items")
    wanted = replace(wanted, text=text, category=category)
    sort = it.text("sort_items")
    with it.services.engine.connect() as conn:
        rows = (
            repository.items_page(conn, wanted, it.lang, sort, 0, repository.DRAFT_ITEMS_MAX)
            if it.text("csv")
            else repository.items_page(conn, wanted, it.lang, sort, page * PAGE, PAGE)
        )
        count = repository.count_items(conn, wanted)
        known = repository.categories(conn, it.lang, wanted.merchant_id)
        names = repository.merchant_names(conn, [row["merchant_id"] for row in rows], it.lang)
    for row in rows:
        row["merchant"] = names.get(row["merchant_id"], "")
    columns = [
        Column("title", N_("Item"), "item", "/store/item/{id}"),
        Column("category", N_("Category"), "long"),
        Column("price_minor", N_("Price"), "money"),
        Column("rating", N_("Rating"), "ratio"),
        Column("plan_name", N_("Plan"), "text", "/merchant/plans/{plan_id}", sortable=False)
        if merchant
        else Column("merchant", N_("Merchant"), sortable=False),
        *([] if merchant else [Column("link_it", N_("Make a link"), "actions", sortable=False)]),
    ]
    empty = Empty(N_("No items match"), N_("Search for fewer words, or choose all categories."))
    if not (text or category):
        empty = Empty(N_("No items yet"), N_("Import a catalog with: adunion import catalog FILE"))
    table = Table(
        "items",
        columns,
        rows,
        it.services.currency,
        empty,
        sort or "",
        sorted_by_source=True,
        next_page=page + 1 if (page + 1) * PAGE < count else None,
        previous_page=page - 1 if page else None,
        total=count,
    )
    return it.page(
        "items.html",
        items=table,
        heading=it.say(heading),
        q=text,
        category=category,
        categories=known,
        make_link=not merchant,
    )


def statement_table(rows: list[dict[str, Any]], base: str, currency: str) -> Table:
    """A party's statements."""
    return Table(
        "statements",
        (
            Column("until", N_("Until"), "time", base + "/{id}"),
            Column("opening_minor", N_("Opening"), "money"),
            Column("closing_minor", N_("Closing"), "money"),
            Column("id", N_("Statement"), "code", base + "/{id}"),
        ),
        rows,
        currency,
        Empty(N_("No statements yet"), N_("The operator writes them with: adunion settle")),
    )


def statement_page(it: Context, role: str, party_id: str, statement_id: str) -> Any:
    """One statement with its lines; 404 for one of someone else."""
    with it.services.engine.connect() as conn:
        found = repository.statement(conn, role, party_id, statement_id)
        if found is None:
            raise not_found("statement", statement_id)
        rows = repository.statement_rows(conn, statement_id)
    money = partial(it.fmt.money, currency=found["currency"])
    for row in rows:
        row["kind"] = _memo(it, row["kind"])
        row["day"] = row["day"].isoformat()
    return it.page(
        "statement.html",
        it=found,
        party=it.say(N_("Merchant")) if role == "merchant" else it.say(N_("Publisher")),
        figures=[
            Stat(it.say(N_("Opening")), money(found["opening_minor"])),
            Stat(it.say(N_("Closing")), money(found["closing_minor"])),
            Stat(it.say(N_("Reserved or estimated")), money(found["estimated_minor"])),
        ],
        lines=Table(
            "lines",
            (
                Column("day", N_("Day")),
                Column("kind", N_("Kind")),
                Column("transfers", N_("Transfers"), "number"),
                Column("amount_minor", N_("Amount"), "money"),
            ),
            rows,
            found["currency"],
            Empty(N_("Nothing moved"), N_("No money moved in this period.")),
        ),
    )


_MEMOS = {
    "top-up": N_("Top-up"),
    "top_up": N_("Top-up"),
    "media": N_("Media charge"),
    "media_credit": N_("Media credit"),
    "commission": N_("Commission"),
    "commission_refund": N_("Commission returned"),
    "fee": N_("Platform fee"),
    "payout": N_("Payout"),
    "earned": N_("Earned"),
    "refund": N_("Refund"),
    "other": N_("Other"),
    "estimated": N_("Estimated"),
    "received": N_("Received"),
    "refunded": N_("Refunded"),
    "released": N_("Released"),
    "fee_refund": N_("Platform fee returned"),
    "commission estimated": N_("Commission reserved"),
    "commission held": N_("Commission"),
    "commission payable": N_("Commission"),
    "platform fee": N_("Platform fee"),
    "platform fee refunded": N_("Platform fee returned"),
    "commission received": N_("Commission"),
    "commission refunded": N_("Commission returned"),
    "commission released": N_("Commission"),
}
_KINDS = {
    "post": N_("Moved"),
    "pending": N_("Reserved"),
    "post_pending": N_("Moved from reserve"),
    "void_pending": N_("Reserve given back"),
}


def _memo(it: Context, memo: str) -> str:
    return it.say(_MEMOS[memo]) if memo in _MEMOS else memo


def _kind(it: Context, kind: str) -> str:
    return it.say(_KINDS[kind])
