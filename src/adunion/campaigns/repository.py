"""All SQL of the room; every function works in the caller's transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    Select,
    Text,
    bindparam,
    func,
    literal,
    or_,
    select,
    text,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert

from adunion.catalog.tables import items
from adunion.engines.direct import ask, insert_row, run
from adunion.kernel.errors import invalid
from adunion.kernel.money import micros_per_minor

from .tables import plan_edits, plan_items, plan_spend, plans
from .types import Edit, LivePlan, Plan, Selector, Stage

_COUNT = (
    select(func.count())
    .where(plan_items.c.plan_id == plans.c.id)
    .correlate(plans)
    .scalar_subquery()
    .label("item_count")
)
_SPEND = func.coalesce(plan_spend.c.spend_micros, 0).label("spend_micros")
_FROM = plans.outerjoin(plan_spend, plan_spend.c.plan_id == plans.c.id)

# What every tick asks is built once: building a statement takes as long as asking it.
_FIND = select(plans, _COUNT, _SPEND).select_from(_FROM).where(plans.c.id == bindparam("plan"))
_ADD_ITEMS = text(
    "insert into plan_items (plan_id, item_id)"
    " select :plan, item_id from unnest(cast(:items as text[])) as given(item_id)"
)
_GOODS = (
    select(
        items.c.id, items.c.merchant_id, items.c.title, items.c.price_minor, items.c.currency,
        items.c.withdrawn_at,
    )
    .where(items.c.id == func.any(bindparam("wanted", type_=ARRAY(Text))))
    .order_by(items.c.id)
)  # fmt: skip
_NOW = bindparam("now", type_=plans.c.end_at.type)
_HELD = (
    select(func.array_agg(plan_items.c.item_id).label("item_ids"))
    .where(plan_items.c.plan_id == plans.c.id, plan_items.c.active)
    .lateral("held")
)
_LIVE = (  # boosts hold no items, and come along
    select(plans, _SPEND, _HELD.c.item_ids)
    .select_from(_FROM.join(_HELD, true()))
    .where(
        plans.c.status == "active",
        plans.c.currency == bindparam("in_currency"),
        or_(plans.c.end_at.is_(None), plans.c.end_at > _NOW),
        or_(_HELD.c.item_ids.is_not(None), plans.c.parent_id.is_not(None)),
    )
    .order_by(plans.c.id)
)
_DUE = (
    select(plans.c.id)
    .where(plans.c.status != "ended", plans.c.end_at <= _NOW)
    .order_by(plans.c.id)
    .with_for_update()
)
_STARTED = (
    select(plans.c.id, plans.c.stage, plans.c.stage_since)
    .where(plans.c.status == "active", plans.c.start_at <= _NOW)
    .order_by(plans.c.id)
)
_LOCK_SPEND = (
    select(
        plans.c.id.label("plan_id"), plans.c.merchant_id, plans.c.currency,
        plans.c.budget_minor, plans.c.shared_budget_id, plan_spend.c.spend_micros,
        plan_spend.c.over_micros,
    )
    .join(plan_spend, plan_spend.c.plan_id == plans.c.id)
    .where(plans.c.id == func.any(bindparam("charged", type_=ARRAY(Text))))
    .order_by(plans.c.id)
    .with_for_update(of=plan_spend, key_share=True)
)  # fmt: skip


def find(conn: Connection, plan_id: str, *, lock: bool = False) -> Plan | None:
    """The plan of that id; `lock` keeps other edits out until the transaction ends."""
    if lock:
        conn.execute(select(plans.c.id).where(plans.c.id == plan_id).with_for_update())
    found = ask(conn, _FIND, {"plan": plan_id})
    return _plan(found[0]) if found else None


def page(
    conn: Connection,
    *,
    merchant_id: str | None,
    status: str | None,
    limit: int,
    starting_after: str | None,
    ending_before: str | None,
) -> list[Plan]:
    """Up to `limit` plans, newest first, on the asked side of a cursor."""
    chosen = select(plans, _COUNT, _SPEND).select_from(_FROM).limit(limit)
    chosen = chosen.where(plans.c.parent_id.is_(None))
    if merchant_id is not None:
        chosen = chosen.where(plans.c.merchant_id == merchant_id)
    if status is not None:
        chosen = chosen.where(plans.c.status == status)
    chosen = _cut(chosen, plans.c.id, starting_after, ending_before)
    found = [_plan(row) for row in conn.execute(chosen)]
    return found[::-1] if ending_before is not None else found


def edits(conn: Connection, plan_id: str, limit: int, before: str | None = None) -> list[Edit]:
    """The newest edits of a plan."""
    chosen = select(plan_edits).where(plan_edits.c.plan_id == plan_id).limit(limit)
    return [_edit(row) for row in conn.execute(_cut(chosen, plan_edits.c.id, before, None))]


def edits_since(conn: Connection, plan_id: str, since: datetime) -> list[Edit]:
    """The edits of a plan after a time, newest first."""
    of = plan_edits.c
    chosen = select(plan_edits).where(of.plan_id == plan_id, of.at > since)
    return [_edit(row) for row in conn.execute(chosen.order_by(of.id.desc()))]


def find_edit(conn: Connection, edit_id: str) -> Edit | None:
    """The edit of that id."""
    row = conn.execute(select(plan_edits).where(plan_edits.c.id == edit_id)).first()
    return None if row is None else _edit(row)


def insert_plan(conn: Connection, values: Mapping[str, Any]) -> None:
    """Write a new plan's row."""
    insert_row(conn, plans, values)


def change_plan(conn: Connection, plan_id: str, values: Mapping[str, Any]) -> None:
    """Overwrite columns of a plan."""
    conn.execute(update(plans).where(plans.c.id == plan_id).values(**values))


def insert_edit(conn: Connection, edit: Edit) -> None:
    """Record an edit."""
    insert_row(conn, plan_edits, vars(edit))


def item_ids(conn: Connection, plan_id: str) -> tuple[str, ...]:
    """The items of a plan, sorted."""
    chosen = select(plan_items.c.item_id).where(plan_items.c.plan_id == plan_id)
    return tuple(conn.execute(chosen.order_by(plan_items.c.item_id)).scalars())


def add_items(conn: Connection, plan_id: str, item_ids_: Sequence[str]) -> None:
    """Give items to a plan; in id order, so that two plans' writers cannot deadlock."""
    run(conn, _ADD_ITEMS, {"plan": plan_id, "items": sorted(item_ids_)})


def remove_items(conn: Connection, plan_id: str, item_ids_: Iterable[str]) -> None:
    """Take items from a plan."""
    conn.execute(
        plan_items.delete().where(
            plan_items.c.plan_id == plan_id, plan_items.c.item_id == func.any(list(item_ids_))
        )
    )


def hold_items(conn: Connection, plan_ids: Sequence[str], *, active: bool) -> None:
    """Mark the items of plans as theirs alone, or free them for other plans."""
    conn.execute(
        update(plan_items)
        .where(plan_items.c.plan_id == func.any(list(plan_ids)))
        .values(active=active)
    )


def taken(
    conn: Connection, item_ids_: Sequence[str], but: str | None = None
) -> list[tuple[str, str, str]]:
    """Which of the items are in an active plan: rows of (item id, plan id, plan name)."""
    chosen = (
        select(plan_items.c.item_id, plans.c.id, plans.c.name)
        .join(plans, plans.c.id == plan_items.c.plan_id)
        .where(plan_items.c.active, plan_items.c.item_id == func.any(list(item_ids_)))
        .order_by(plan_items.c.item_id)
    )
    if but is not None:
        chosen = chosen.where(plan_items.c.plan_id != but)
    return [(row[0], row[1], row[2]) for row in conn.execute(chosen)]


def goods(conn: Connection, item_ids_: Sequence[str]) -> list[Row[Any]]:
    """(id, merchant_id, title, price_minor, currency, withdrawn_at) of the items that exist."""
    return ask(conn, _GOODS, {"wanted": list(item_ids_)})


def select_items(
    conn: Connection, merchant_id: str, selector: Selector, currency: str | None = None
) -> tuple[str, ...]:
    """The merchant's live items that a selector matches, of one currency or any, sorted by id."""
    columns = items.c
    chosen = select(columns.id).where(
        columns.merchant_id == merchant_id, columns.withdrawn_at.is_(None)
    )
    if currency is not None:
        chosen = chosen.where(columns.currency == currency)
    if selector.category:
        below = columns.category.startswith(selector.category + " > ", autoescape=True)
        chosen = chosen.where(or_(columns.category == selector.category, below))
    if selector.brand:
        chosen = chosen.where(func.lower(columns.brand) == selector.brand.lower())
    if selector.text:
        titles = (columns.title, columns.translations.cast(columns.title.type))
        chosen = chosen.where(
            or_(*(title.icontains(selector.text, autoescape=True) for title in titles))
        )
    return tuple(conn.execute(chosen.order_by(columns.id)).scalars())


def live(conn: Connection, currency: str, now: datetime) -> list[LivePlan]:
    """Active plans of a currency that have not ended, with their items, by id."""
    rows = ask(conn, _LIVE, {"in_currency": currency, "now": now})
    found = [_live(row) for row in rows if row.parent_id is None]
    return found + _live_boosts(rows, {plan.id for plan in found})


def _live_boosts(rows: Sequence[Row[Any]], plan_ids: Collection[str]) -> list[LivePlan]:
    """The boost that each of the plans has now, or has next."""
    those = sorted((row for row in rows if row.parent_id in plan_ids), key=_soonest)
    first = {row.parent_id: row for row in reversed(those)}
    return sorted((_live(row) for row in first.values()), key=lambda plan: plan.id)


def _soonest(row: Row[Any]) -> tuple[datetime, str]:
    return row.start_at, row.id


def keep_handicaps(conn: Connection, handicaps: Mapping[str, float]) -> None:
    """Keep what plans take off their bids for people who bought before, by plan id."""
    for plan_id, handicap in sorted(handicaps.items()):
        steered = (plans.c.id == plan_id) & plans.c.min_new_share.is_not(None)
        conn.execute(update(plans).where(steered).values(handicap=handicap))


def boosts(conn: Connection, plan_id: str) -> list[Plan]:
    """The boosts of a plan, newest first."""
    chosen = select(plans, _COUNT, _SPEND).select_from(_FROM).where(plans.c.parent_id == plan_id)
    return [_plan(row) for row in conn.execute(chosen.order_by(plans.c.id.desc()))]


def end_boosts(conn: Connection, plan_id: str, now: datetime) -> None:
    """End what pushes a plan that ends."""
    chosen = update(plans).where(plans.c.parent_id == plan_id, plans.c.status != "ended")
    conn.execute(chosen.values(status="ended", updated_at=now))


def cheapest(conn: Connection, plan_id: str) -> int:
    """The lowest price among a plan's items."""
    chosen = select(func.min(items.c.price_minor)).select_from(
        items.join(plan_items, plan_items.c.item_id == items.c.id)
    )
    return int(conn.execute(chosen.where(plan_items.c.plan_id == plan_id)).scalar_one() or 0)


def cheapest_live(conn: Connection, merchant_id: str, currency: str) -> int:
    """The lowest price among a merchant's live items of a currency; 0 where it has none."""
    of = items.c
    live = (of.merchant_id == merchant_id) & (of.currency == currency) & of.withdrawn_at.is_(None)
    return int(conn.execute(select(func.min(of.price_minor)).where(live)).scalar_one() or 0)


def due(conn: Connection, now: datetime) -> list[str]:
    """Plans whose end has come, locked."""
    return [row.id for row in ask(conn, _DUE, {"now": now})]


def started(conn: Connection, now: datetime) -> list[tuple[str, Stage, datetime]]:
    """(id, stage, stage_since) of plans that are running."""
    return [(row[0], row[1], row[2]) for row in ask(conn, _STARTED, {"now": now})]


def lock_spend(conn: Connection, plan_ids: Sequence[str]) -> list[Row[Any]]:
    """Rows to charge, made where absent and locked in id order.

    (plan_id, merchant_id, currency, budget_minor, shared_budget_id, spend_micros, over_micros)
    """
    wanted = {"charged": list(plan_ids)}
    found: list[Row[Any]] = ask(conn, _LOCK_SPEND, wanted)
    if len(found) == len(set(plan_ids)):
        return found
    empty = select(plans.c.id, literal(0), literal(0)).where(plans.c.id == func.any(list(plan_ids)))
    columns = ["plan_id", "spend_micros", "over_micros"]
    fresh = insert(plan_spend).from_select(columns, empty.order_by(plans.c.id))
    conn.execute(fresh.on_conflict_do_nothing())
    found = ask(conn, _LOCK_SPEND, wanted)
    return found


def _cut(
    chosen: Select[Any], key: Any, starting_after: str | None, ending_before: str | None
) -> Select[Any]:
    if starting_after is not None and ending_before is not None:
        raise invalid("ending_before", "Give starting_after or ending_before, not both.")
    if ending_before is not None:
        return chosen.where(key > ending_before).order_by(key)
    if starting_after is not None:
        chosen = chosen.where(key < starting_after)
    return chosen.order_by(key.desc())


def _plan(row: Row[Any]) -> Plan:
    return Plan(
        id=row.id, merchant_id=row.merchant_id, name=row.name, kind=row.kind,
        goal=row.goal, target_roi=row.target_roi, target_cost_minor=row.target_cost_minor,
        currency=row.currency, budget_minor=row.budget_minor,
        start_at=row.start_at, end_at=row.end_at,
        dayparts=None if row.dayparts is None else tuple(row.dayparts),
        status=row.status, stage=row.stage, stage_since=row.stage_since,
        created_at=row.created_at, updated_at=row.updated_at, item_count=row.item_count,
        spend_minor=row.spend_micros // micros_per_minor(row.currency),
        new_customer_minor=row.new_customer_minor, shared_budget_id=row.shared_budget_id,
        min_new_share=row.min_new_share, handicap=row.handicap,
        parent_id=row.parent_id, factor=row.factor,
        regions=None if row.regions is None else tuple(row.regions),
    )  # fmt: skip


def _live(row: Row[Any]) -> LivePlan:
    left, unit = None, micros_per_minor(row.currency)
    if row.budget_minor is not None:
        left = row.budget_minor * unit - row.spend_micros
    return LivePlan(
        id=row.id, merchant_id=row.merchant_id, goal=row.goal, target_roi=row.target_roi,
        target_cost_micros=row.target_cost_minor and row.target_cost_minor * unit,
        budget_left_micros=left, start_at=row.start_at, end_at=row.end_at,
        dayparts=None if row.dayparts is None else tuple(row.dayparts), stage=row.stage,
        item_ids=tuple(row.item_ids or ()),
        new_customer_micros=row.new_customer_minor and row.new_customer_minor * unit,
        min_new_share=row.min_new_share, handicap=row.handicap,
        pool_id=row.shared_budget_id, boost_of=row.parent_id, factor=row.factor,
        regions=None if row.regions is None else tuple(row.regions),
    )  # fmt: skip


def _edit(row: Row[Any]) -> Edit:
    return Edit(row.id, row.plan_id, row.at, row.by, row.changes, row.large)
