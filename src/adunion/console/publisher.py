"""The publisher's pages: today, products, links with QR codes, orders, earnings."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from typing import Annotated, Any

import segno
from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from adunion.insight.types import LinkResult
from adunion.kernel.errors import not_found
from adunion.ledger import publisher_account
from adunion.publishers import Link
from adunion.trust import Principal

from . import repository
from .components import Chart, Column, Empty, Series, Stat, Table
from .context import Context, party
from .i18n import N_
from .merchant import items_page, statement_page, statement_table
from .reports import Span, major, span_of
from .repository import ItemFilter
from .security import Publisher
from .views import redirect

router = APIRouter(prefix="/publisher")
_NO_LINKS = Empty(
    N_("No links yet"),
    N_("Find a product that fits your audience and make a link to it in one click."),
    "/publisher/products",
    N_("Find products"),
)


@router.get("")
def today(request: Request, who: Publisher) -> Any:
    """Clicks, orders, sales and earnings."""
    it, span = Context(request), span_of(request)
    days = it.services.insight.publisher_days(party(who), span.since.date(), span.until.date())
    with it.services.engine.connect() as conn:
        earned = _earned(repository.earnings(conn, party(who)))
    return it.page(
        "publisher.html",
        span=span.key,
        publisher_name=_own_name(it, who),
        figures=_stats(it, days, earned),
        results=_chart(it, days),
        links=_link_table(it, _link_rows(it, party(who), span)),
    )


@router.get("/products")
def products(request: Request, who: Publisher) -> Any:
    """Everything that can be linked to."""
    del who
    it = Context(request)
    wanted = ItemFilter(currency=it.services.currency)
    return items_page(it, wanted, N_("Products"), merchant=False)


@router.get("/links")
def links(request: Request, who: Publisher) -> Any:
    """The publisher's links, to copy or to scan."""
    it, span = Context(request), span_of(request)
    rows = _link_rows(it, party(who), span)
    return it.page("publisher_links.html", span=span.key, links=_link_table(it, rows))


@router.post("/links")
def make_link(
    request: Request, who: Publisher, item: Annotated[str, Form(max_length=40)]
) -> Response:
    """A link to an item; asking twice gives the same one."""
    Context(request).services.publishers.create_link(party(who), item)
    return redirect("/publisher/links", done="link")


@router.post("/links/{id}/disable")
def disable(request: Request, who: Publisher, id: str) -> Response:
    """Switch a link off; `enable` undoes it."""
    link = _own_link(Context(request), id, who)
    Context(request).services.publishers.disable_link(link.id)
    return redirect("/publisher/links", done="disabled")


@router.post("/links/{id}/enable")
def enable(request: Request, who: Publisher, id: str) -> Response:
    """Switch a link on again."""
    link = _own_link(Context(request), id, who)
    Context(request).services.publishers.enable_link(link.id)
    return redirect("/publisher/links", done="enabled")


@router.get("/links/{id}/qr.svg")
def qr(request: Request, who: Publisher, id: str) -> Response:
    """The link as a QR code, error correction M."""
    it = Context(request)
    link = _own_link(it, id, who)
    out = BytesIO()
    code = segno.make(_address(it, link.code), error="m")
    code.save(out, kind="svg", scale=8, border=2, dark="#111827", light="#ffffff", xmldecl=False)
    return Response(
        out.getvalue(),
        media_type="image/svg+xml",
        headers={"Cache-Control": "private, max-age=3600"},
    )


@router.get("/orders")
def orders(request: Request, who: Publisher) -> Any:
    """Order lines that came over the publisher's links, and what each earns."""
    it = Context(request)
    with it.services.engine.connect() as conn:
        rows = repository.commission_rows(conn, party(who), it.lang)
    for row in rows:
        row["earned_minor"] = sum(
            int(row[f"{state}_minor"]) for state in ("estimated", "held", "payable")
        )
        row["rate"] = row["rate_bps"] / 10_000
    table = Table(
        "orders",
        (
            Column("title", N_("Item"), "item"),
            Column("at", N_("Ordered"), "time"),
            Column("base_minor", N_("Amount"), "money"),
            Column("refunded_minor", N_("Returned"), "money"),
            Column("rate", N_("Commission rate"), "rate"),
            Column("earned_minor", N_("You earn"), "money"),
            Column("state", N_("State"), "state"),
            Column("code", N_("Link"), "code"),
            Column("order_id", N_("Order"), "code"),
        ),
        rows,
        it.services.currency,
        Empty(
            N_("No orders yet"),
            N_("An order within 15 days of a click on your link shows up here."),
        ),
    )
    return it.page(
        "report.html",
        heading=it.say(N_("Orders")),
        tables=[(it.say(N_("Order lines over your links")), table)],
        orders=table,
    )


@router.get("/earnings")
def earnings(request: Request, who: Publisher) -> Any:
    """What is estimated, held, payable and paid; statements."""
    it = Context(request)
    with it.services.engine.connect() as conn:
        earned = _earned(repository.earnings(conn, party(who)))
        balances = {
            state: it.services.ledger.balance(
                conn, publisher_account(party(who), state), it.services.currency
            )
            for state in ("held", "payable", "paid")
        }
        statements = repository.statements_of(conn, "publisher", party(who))
        history = it.services.ledger.history(conn, publisher_account(party(who), "payable"), 200)
    figures = [
        Stat(
            it.say(N_("Estimated")),
            it.money(earned["estimated_minor"]),
            it.say(N_("ordered, not yet received")),
        ),
        Stat(
            it.say(N_("Held")),
            it.money(balances["held"].posted_minor),
            it.say(N_("received, may still be returned")),
        ),
        Stat(
            it.say(N_("Payable")),
            it.money(balances["payable"].posted_minor),
            it.say(N_("after the platform's fee")),
        ),
        Stat(
            it.say(N_("Paid out")),
            it.money(balances["paid"].posted_minor),
            it.say(N_("sent to you so far")),
        ),
    ]
    moves = Table(
        "payable",
        (
            Column("at", N_("Time"), "time"),
            Column("reference", N_("For"), "code"),
            Column("amount_minor", N_("Amount"), "money"),
            Column("id", N_("Transfer"), "code"),
        ),
        [
            {"at": e.at, "reference": e.reference, "amount_minor": e.amount_minor, "id": e.id}
            for e in history
        ],
        it.services.currency,
        Empty(
            N_("Nothing payable yet"),
            N_("A commission becomes payable some days after the goods were received."),
        ),
    )
    slips = statement_table(statements, "/publisher/statements", it.services.currency)
    return it.page(
        "report.html",
        heading=it.say(N_("Earnings")),
        figures=figures,
        payable=moves,
        statements=slips,
        tables=[(it.say(N_("Payable")), moves), (it.say(N_("Statements")), slips)],
    )


@router.get("/statements/{id}")
def statement(request: Request, who: Publisher, id: str) -> Any:
    """One statement."""
    return statement_page(Context(request), "publisher", party(who), id)


def _own_link(it: Context, link_id: str, who: Principal) -> Link:
    link = it.services.publishers.get_link(link_id)
    if link.publisher_id != party(who):
        raise not_found("link", link_id)
    return link


def _own_name(it: Context, who: Principal) -> str:
    publisher = it.services.publishers.get(party(who))
    return (publisher.name_en if it.lang == "en" else "") or publisher.name


def _address(it: Context, code: str) -> str:
    return f"{it.services.base_url}/l/{code}"


def _link_rows(it: Context, publisher_id: str, span: Span) -> list[dict[str, Any]]:
    found = it.services.insight.publisher_links(publisher_id, span.since.date(), span.until.date())
    sums = {one.key: one for one in found}
    with it.services.engine.connect() as conn:
        rows = repository.links_of(conn, publisher_id, it.lang)
    for row in rows:
        one = sums.get(row["id"], LinkResult(row["id"], 0, 0, 0, 0))
        row |= {
            "clicks": one.clicks,
            "orders": one.orders,
            "gmv_minor": one.gmv_minor,
            "refunds_minor": one.refunds_minor,
            "address": _address(it, row["code"]),
            "rate": one.orders / one.clicks if one.clicks else None,
        }
    return rows


def _link_table(it: Context, rows: list[dict[str, Any]]) -> Table:
    return Table(
        "links",
        (
            Column("title", N_("Item"), "item", "/publisher/links#{id}"),
            Column("address", N_("Link"), "code"),
            Column("clicks", N_("Clicks"), "number"),
            Column("orders", N_("Orders"), "number"),
            Column("rate", N_("Orders per click"), "rate"),
            Column("gmv_minor", N_("Sales (GMV)"), "money"),
            Column("refunds_minor", N_("Returned"), "money"),
        ),
        rows,
        it.services.currency,
        _NO_LINKS,
    )


def _earned(rows: list[dict[str, Any]]) -> dict[str, int]:
    names = ("estimated_minor", "held_minor", "payable_minor")
    return {name: sum(int(row[name]) for row in rows) for name in names}


def _stats(it: Context, days: list[LinkResult], earned: dict[str, int]) -> list[Stat]:
    clicks, orders = sum(d.clicks for d in days), sum(d.orders for d in days)
    rate = orders / clicks if clicks else None
    return [
        Stat(it.say(N_("Clicks")), it.fmt.number(clicks)),
        Stat(
            it.say(N_("Orders")),
            it.fmt.number(orders),
            it.say(N_("%(rate)s of clicks"), rate=it.fmt.rate(rate)),
        ),
        Stat(
            it.say(N_("Sales (GMV)")),
            it.money(sum(d.gmv_minor for d in days)),
            tone="gmv",
            note=it.say(
                N_("%(refunds)s returned"), refunds=it.money(sum(d.refunds_minor for d in days))
            ),
        ),
        Stat(
            it.say(N_("Earned so far")),
            it.money(sum(earned.values())),
            it.say(N_("estimated, held and payable, all time")),
        ),
    ]


def _chart(it: Context, days: list[LinkResult]) -> Chart:
    return Chart(
        "days",
        it.say(N_("Clicks and sales by day")),
        [date.fromisoformat(d.key).isoformat() for d in days],
        [
            Series(
                it.say(N_("Sales (GMV)")),
                [major(d.gmv_minor, it.services.currency) for d in days],
                "gmv",
                "bar",
            ),
            Series(it.say(N_("Clicks")), [float(d.clicks) for d in days], "organic", axis=1),
        ],
        (it.services.currency, it.say(N_("Clicks"))),
        x_kind="label",
        empty=it.say(N_("The first day with clicks will be drawn here.")),
    )
