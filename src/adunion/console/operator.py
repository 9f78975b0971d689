"""The operator's pages: market, plans, publishers, ledger, events, health."""

from __future__ import annotations

from functools import partial
from typing import Any

from fastapi import APIRouter, Request

from adunion.insight.types import MarketPoint

from . import repository
from .components import Chart, Column, Empty, Series, Stat, Table
from .context import Context
from .i18n import N_
from .messages import STATES
from .reports import major, market_stats, plan_rows, plan_table, plans_asked_for, span_of, time_axis
from .security import Operator

router = APIRouter()
_PARTS = {
    "postgres": N_("PostgreSQL"),
    "event log": N_("Events in the log"),
    "consumer": N_("Events waiting to be applied"),
    "models": N_("Prediction models"),
    "items": N_("Live items"),
    "plans": N_("Live plans"),
}


@router.get("/operator")
def market(request: Request, _who: Operator) -> Any:
    """The whole market: sales by origin, spend, orders, where."""
    it, span = Context(request), span_of(request, "1d")
    insight = it.services.insight
    points = insight.market_points(span.since, span.until, span.unit)
    places = _placements(it, insight.market_placements(span.since, span.until))
    return it.page(
        "report.html",
        heading=it.say(N_("Market")),
        span=span.key,
        live_url=f"/live/market?span={span.key}",
        figures=market_stats(it.say, it.fmt, insight.market_total(span.since, span.until)),
        graph=_chart(it, points),
        placements=places,
        tables=[(it.say(N_("By kind of place")), places)],
    )


@router.get("/operator/plans")
def plans(request: Request, _who: Operator) -> Any:
    """Every plan."""
    it = Context(request)
    results = plans_asked_for(request)
    with it.services.engine.connect() as conn:
        names = repository.merchant_names(conn, [one.merchant_id for one in results], it.lang)
    empty = Empty(N_("No plans here"), N_("Merchants start plans in three steps."))
    table = plan_table(
        plan_rows(results, names), it.services.currency, "/operator/plans", empty, merchant=True
    )
    return it.page("plans.html", span=span_of(request).key, chosen=it.text("status"), plans=table)


@router.get("/operator/publishers")
def publishers(request: Request, _who: Operator) -> Any:
    """Every publisher with links and earnings."""
    it = Context(request)
    with it.services.engine.connect() as conn:
        rows = repository.publisher_rows(conn, it.lang)
        earned = {row["publisher_id"]: row for row in repository.earnings(conn)}
    for row in rows:
        mine = earned.get(row["id"], {})
        row["kind"] = it.say(str(STATES.get(row["kind"], row["kind"])))
        row["orders"] = mine.get("lines", 0)
        for name in ("base_minor", "estimated_minor", "held_minor", "payable_minor"):
            row[name] = int(mine.get(name, 0))
    table = Table(
        "publishers",
        (
            Column("name", N_("Publisher")),
            Column("kind", N_("Kind")),
            Column("links", N_("Links"), "number"),
            Column("orders", N_("Order lines"), "number"),
            Column("base_minor", N_("Sales (GMV)"), "money"),
            Column("estimated_minor", N_("Estimated"), "money"),
            Column("held_minor", N_("Held"), "money"),
            Column("payable_minor", N_("Payable"), "money"),
        ),
        rows,
        it.services.currency,
        Empty(N_("No publishers yet"), N_("Add one over the API: POST /v1/publishers.")),
    )
    return it.page(
        "report.html",
        heading=it.say(N_("Publishers")),
        tables=[(it.say(N_("All publishers")), table)],
        publishers=table,
    )


@router.get("/operator/ledger")
def ledger(request: Request, _who: Operator) -> Any:
    """Do the books balance, and every account."""
    it = Context(request)
    with it.services.engine.connect() as conn:
        report = it.services.ledger.check(conn)
        balances = it.services.ledger.balances(conn)
        names = repository.party_names(conn, it.lang)
    figures = []
    for sums in report.totals:
        money = partial(it.fmt.money, currency=sums.currency)
        figures += [
            Stat(it.say(N_("Debits")), money(sums.debits_minor), sums.currency),
            Stat(it.say(N_("Credits")), money(sums.credits_minor), sums.currency),
            Stat(it.say(N_("Reserved")), money(sums.pending_minor), sums.currency),
            Stat(
                it.say(N_("Transfers")),
                it.fmt.number(sums.transfers),
                it.say(N_("in %(count)s accounts"), count=it.fmt.number(sums.accounts)),
            ),
        ]
    accounts = Table(
        "accounts",
        (
            Column("owner", N_("Owner")),
            Column("code", N_("Account"), "code"),
            Column("posted_minor", N_("Balance"), "money"),
            Column("pending_in_minor", N_("Reserved for it"), "money"),
            Column("pending_out_minor", N_("Reserved from it"), "money"),
        ),
        [
            {
                "owner": names.get(b.code.split(":")[1], it.say(N_("Platform"))),
                "code": b.code,
                "posted_minor": b.posted_minor,
                "pending_in_minor": b.pending_in_minor,
                "pending_out_minor": b.pending_out_minor,
            }
            for b in balances
            if b.currency == it.services.currency
        ],
        it.services.currency,
        Empty(N_("No accounts yet"), N_("The first top-up opens the first two.")),
    )
    notice = it.say(
        N_(
            "The books balance: debits equal credits, and every balance is the sum of its "
            "transfers."
        )
    )
    if not report.ok:
        notice = it.say(
            N_("The books do not balance: %(problems)s"), problems="; ".join(report.problems[:5])
        )
    return it.page(
        "report.html",
        heading=it.say(N_("Ledger")),
        figures=figures,
        notice=notice,
        notice_tone="good" if report.ok else "bad",
        accounts=accounts,
        tables=[(it.say(N_("Accounts")), accounts)],
    )


@router.get("/operator/health")
def health(request: Request, _who: Operator) -> Any:
    """How every part of the program is."""
    it = Context(request)
    checks = it.services.health()
    table = Table(
        "health",
        (
            Column("name", N_("Part")),
            Column("state", N_("State"), "state"),
            Column("detail", N_("Detail"), "long", sortable=False),
        ),
        [
            {
                "name": it.say(_PARTS.get(c.name, c.name)),
                "state": "ok" if c.ok else "failed",
                "detail": c.detail,
            }
            for c in checks
        ],
        it.services.currency,
        Empty(N_("Nothing reports"), N_("Parts of the program report here.")),
    )
    good = all(c.ok for c in checks)
    return it.page(
        "report.html",
        heading=it.say(N_("Health")),
        tables=[(it.say(N_("Parts of the program")), table)],
        health=table,
        notice=it.say(N_("Every part is well.")) if good else it.say(N_("A part needs attention.")),
        notice_tone="good" if good else "bad",
    )


def _chart(it: Context, points: list[MarketPoint]) -> Chart:
    currency = it.services.currency
    x, kind = time_axis([p.at for p in points if p.at])
    return Chart(
        "market",
        it.say(N_("Sales by origin, and spend")),
        x,
        [
            Series(
                it.say(N_("Organic sales")),
                [major(p.gmv_organic_minor, currency) for p in points],
                "organic",
                "bar",
            ),
            Series(
                it.say(N_("Sales through plans")),
                [major(p.gmv_promoted_minor, currency) for p in points],
                "gmv",
                "bar",
            ),
            Series(
                it.say(N_("Spend on media")),
                [major(p.spend_minor, currency) for p in points],
                "spend",
            ),
        ],
        (currency,),
        x_kind=kind,
        empty=it.say(N_("The first hour with traffic will be drawn here.")),
    )


def _placements(it: Context, rows: list[tuple[str, MarketPoint]]) -> Table:
    return Table(
        "placements",
        (
            Column("kind", N_("Where")),
            Column("requests", N_("Requests"), "number"),
            Column("impressions", N_("Impressions"), "number"),
            Column("sponsored", N_("Sponsored"), "rate"),
            Column("ctr", N_("CTR"), "rate"),
            Column("orders", N_("Orders"), "number"),
            Column("gmv_minor", N_("Sales (GMV)"), "money"),
            Column("spend_minor", N_("Spend"), "money"),
        ),
        [
            {
                "kind": it.say(STATES.get(kind, kind)),
                "requests": p.requests,
                "impressions": p.impressions,
                "sponsored": p.sponsored_impressions / p.impressions if p.impressions else None,
                "ctr": p.clicks / p.impressions if p.impressions else None,
                "orders": p.orders,
                "gmv_minor": p.gmv_minor,
                "spend_minor": p.spend_minor,
            }
            for kind, p in rows
        ],
        it.services.currency,
        Empty(N_("No traffic yet"), N_("Open the store and search for something.")),
    )
