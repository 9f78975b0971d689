"""The tables of a plan's page: where it was shown, its items, its history of changes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from adunion.campaigns import Edit, Plan

from . import repository
from .components import Column, Empty, Table
from .context import Context
from .formats import zone_of
from .i18n import N_
from .messages import STATES
from .reports import Span

ROWS = 8
"""Of a table that stands among others on a page."""
_UNDOABLE = frozenset(
    "status name target_roi budget_minor end_at start_at "
    "dayparts item_ids target_cost_minor new_customer_minor shared_budget_id".split()
)


def placement_table(it: Context, plan: Plan, span: Span) -> Table:
    """Results by kind of place."""
    rows = [
        {
            "kind": it.say(STATES.get(kind, kind)),
            "paid": result.moved_impressions,
            "clicks": result.clicks,
            "orders": result.orders,
            "spend_minor": result.spend_minor,
            "gmv_minor": result.gmv_minor,
            "roi": result.roi,
        }
        for kind, result in it.services.insight.plan_placements(plan.id, span.since, span.until)
        if result.impressions
    ]
    columns = (
        Column("kind", N_("Where")),
        Column("paid", N_("Paid impressions"), "number"),
        Column("clicks", N_("Clicks"), "number"),
        Column("orders", N_("Orders"), "number"),
        Column("spend_minor", N_("Spend"), "money"),
        Column("gmv_minor", N_("Sales (GMV)"), "money"),
        Column("roi", N_("ROI"), "ratio"),
    )
    empty = Empty(
        N_("Not shown yet"),
        N_("Each kind of place will be listed here once an item was seen there."),
    )
    return Table("placements", columns, rows, plan.currency, empty)


def item_table(it: Context, plan: Plan, span: Span) -> Table:
    """The plan's items with their results, up to 500."""
    sums = dict(it.services.insight.plan_items(plan.id, span.since.date(), span.until.date()))
    ids = list(it.services.plans.item_ids(plan.id))
    shown = [*sums, *(one for one in ids if one not in sums)][:500]
    with it.services.engine.connect() as conn:
        known = repository.items_by_id(conn, shown, it.lang)
    rows = [
        {
            "id": id_,
            "title": known[id_]["title"],
            "image_url": known[id_]["image_url"],
            "item_id": id_,
            "price_minor": known[id_]["price_minor"],
            "impressions": sums[id_].impressions if id_ in sums else 0,
            "clicks": sums[id_].clicks if id_ in sums else 0,
            "orders": sums[id_].orders if id_ in sums else 0,
            "spend_minor": sums[id_].spend_minor if id_ in sums else 0,
            "gmv_minor": sums[id_].gmv_minor if id_ in sums else 0,
        }
        for id_ in shown
        if id_ in known
    ]
    columns = (
        Column("title", N_("Item"), "item", "/store/item/{id}"),
        Column("price_minor", N_("Price"), "money"),
        Column("impressions", N_("Impressions"), "number"),
        Column("clicks", N_("Clicks"), "number"),
        Column("orders", N_("Order lines"), "number"),
        Column("spend_minor", N_("Spend"), "money"),
        Column("gmv_minor", N_("Sales (GMV)"), "money"),
    )
    empty = Empty(N_("No items"), N_("The items of the plan are listed here."))
    return Table("items", columns, rows, plan.currency, empty, total=len(ids), page_rows=ROWS)


def edit_table(it: Context, plan: Plan, edits: list[Edit]) -> Table:
    """Every change, by whom, and whether it can be undone."""
    rows = [
        {
            "id": edit.id,
            "at": edit.at,
            "by": _by(it, edit.by),
            "what": _what(it, plan, edit),
            "undoable": set(edit.changes) <= _UNDOABLE
            and edit.changes.get("status", [""])[0] is not None
            and (plan.status != "ended" or edit.changes.get("status", ["", ""])[1] == "ended"),
        }
        for edit in edits
    ]
    columns = (
        Column("at", N_("Time"), "time"),
        Column("what", N_("Change"), "long", sortable=False),
        Column("by", N_("By")),
        Column("act", N_("Undo"), "actions", sortable=False),
    )
    empty = Empty(N_("No changes yet"), N_("Every change of the plan is kept here."))
    return Table("edits", columns, rows, plan.currency, empty, page_rows=ROWS)


def _by(it: Context, by: str) -> str:
    return it.say(N_("the clock")) if by == "clock" else it.say(N_("the merchant"))


def _what(it: Context, plan: Plan, edit: Edit) -> str:
    if edit.changes.get("status", [""])[0] is None:
        return it.say(N_("Created"))
    return "; ".join(
        it.say(
            N_("%(field)s: %(before)s → %(after)s"),
            field=it.say(STATES.get(field, field)),
            before=_value(it, plan, field, before),
            after=_value(it, plan, field, after),
        )
        for field, (before, after) in edit.changes.items()
    )


def _value(it: Context, plan: Plan, field: str, value: Any) -> str:
    if value is None:
        return it.say(N_("none"))
    if field == "status":
        return it.say(STATES.get(value, value))
    if field in ("budget_minor", "target_cost_minor", "new_customer_minor"):
        return it.fmt.money(int(value), plan.currency)
    if field == "target_roi":
        return it.fmt.ratio(float(value))
    if field in ("item_ids", "dayparts"):
        return it.fmt.number(len(value))
    if field in ("start_at", "end_at"):
        zone = zone_of(it.request.cookies.get("tz"))
        return it.fmt.time(datetime.fromisoformat(str(value)), zone)
    return str(value)
