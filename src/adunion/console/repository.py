"""All SQL of the console: what pages show across rooms, and the drafts of the wizard."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, Select, func, select
from sqlalchemy.dialects.postgresql import insert

from adunion.campaigns.tables import plan_items, plans
from adunion.catalog.tables import items, merchants
from adunion.commission.tables import commission_changes, commissions
from adunion.publishers.tables import links, placements, publishers
from adunion.settlement.tables import statement_lines, statements
from adunion.tracking.tables import order_lines, order_steps, orders

from .tables import plan_drafts, store_visits

Rows = list[dict[str, Any]]
ITEM_SORTS: dict[str, ColumnElement[Any]] = {
    "title": items.c.title,
    "category": items.c.category,
    "price_minor": items.c.price_minor,
    "rating": items.c.rating,
    "plan_id": plans.c.id.is_not(None),
}
DRAFT_ITEMS_MAX = 20_000


@dataclass(frozen=True)
class ItemFilter:
    """Which items a page shows."""

    merchant_id: str | None = None
    text: str = ""
    category: str = ""  # this path and all below it
    free_only: bool = False  # in no running plan
    ids: Sequence[str] | None = None


@dataclass(frozen=True)
class Draft:
    """A plan being drafted."""

    id: str
    merchant_id: str
    item_ids: tuple[str, ...]
    target_roi: Decimal | None
    budget_minor: int | None


@dataclass
class Visit:
    """A visitor of the demo store."""

    id: str  # the pseudonym, from the cookie
    consent: bool = False
    tokens: dict[str, str] = field(default_factory=dict)  # item -> token of its last click
    cart: dict[str, int] = field(default_factory=dict)  # item -> quantity
    orders: list[tuple[str, str]] = field(default_factory=list)  # (id, "external id|merchant")


def items_page(
    conn: Connection,
    wanted: ItemFilter,
    lang: str,
    sort: str = "",
    offset: int = 0,
    limit: int = 50,
) -> Rows:
    """Live items with the plan that holds each, in the order asked (default: newest first).

    `plan_id` brings those first that no plan holds.
    """
    order = ITEM_SORTS.get(sort.removeprefix("-"), items.c.id)
    falling = sort.startswith("-") or order is items.c.id
    query = (
        _matching(_items(lang), wanted)
        .order_by(
            order.desc().nulls_last() if falling else order.asc().nulls_last(), items.c.id.desc()
        )
        .offset(offset)
        .limit(limit)
    )
    return _rows(conn, query)


def count_items(conn: Connection, wanted: ItemFilter) -> int:
    """How many items match."""
    query = _matching(select(func.count()).select_from(_items_from()), wanted)
    return int(conn.execute(query).scalar_one())


def matching_item_ids(conn: Connection, wanted: ItemFilter) -> list[str]:
    """Ids of all live items that match, at most `DRAFT_ITEMS_MAX`."""
    query = _matching(select(items.c.id).select_from(_items_from()), wanted)
    found = conn.execute(query.order_by(items.c.id).limit(DRAFT_ITEMS_MAX))
    return list(found.scalars())


def items_by_id(conn: Connection, ids: Sequence[str], lang: str) -> dict[str, dict[str, Any]]:
    """Items by id, withdrawn ones too."""
    query = _items(lang).where(items.c.id == sa.any_(sa.literal(list(ids), sa.ARRAY(sa.Text))))
    return {row["id"]: row for row in _rows(conn, query)}


def categories(
    conn: Connection, lang: str, merchant_id: str | None = None
) -> list[tuple[str, str, int]]:
    """(path, path in the reader's language, count) of live items, parents included, by name."""
    query = select(items.c.category, func.max(_named("category", lang)), func.count()).where(
        items.c.withdrawn_at.is_(None)
    )
    if merchant_id is not None:
        query = query.where(items.c.merchant_id == merchant_id)
    counts: dict[str, int] = defaultdict(int)
    names: dict[str, str] = {}
    for path, name, count in conn.execute(query.group_by(items.c.category)):
        parts, named = path.split(" > ") if path else [], name.split(" > ")
        for depth in range(1, len(parts) + 1):
            above = " > ".join(parts[:depth])
            counts[above] += count
            names[above] = " > ".join(named[:depth]) if len(named) == len(parts) else above
    return sorted(((path, names[path], counts[path]) for path in counts), key=lambda row: row[1])


def add_draft(conn: Connection, id_: str, merchant_id: str, at: datetime) -> None:
    """Start a draft without items."""
    conn.execute(plan_drafts.insert().values(id=id_, merchant_id=merchant_id, created_at=at))


def draft(conn: Connection, id_: str, merchant_id: str) -> Draft | None:
    """A merchant's own draft."""
    row = conn.execute(
        select(plan_drafts).where(plan_drafts.c.id == id_, plan_drafts.c.merchant_id == merchant_id)
    ).first()
    if row is None:
        return None
    return Draft(row.id, row.merchant_id, tuple(row.item_ids), row.target_roi, row.budget_minor)


def change_draft(conn: Connection, id_: str, **values: Any) -> None:
    """Set columns of a draft."""
    conn.execute(plan_drafts.update().where(plan_drafts.c.id == id_).values(**values))


def drop_draft(conn: Connection, id_: str) -> None:
    """Forget a draft, once its plan is made."""
    conn.execute(plan_drafts.delete().where(plan_drafts.c.id == id_))


def party_names(conn: Connection) -> dict[str, str]:
    """Id -> name of all merchants and publishers."""
    found = select(merchants.c.id, merchants.c.name).union_all(
        select(publishers.c.id, publishers.c.name)
    )
    return {row.id: row.name for row in conn.execute(found)}


def names(conn: Connection, table: sa.Table, ids: Sequence[str]) -> dict[str, str]:
    """Id -> name of merchants, publishers or plans."""
    wanted = sa.any_(sa.literal(list(ids), sa.ARRAY(sa.Text)))
    return {row.id: row.name for row in conn.execute(select(table).where(table.c.id == wanted))}


def merchant_names(conn: Connection, ids: Sequence[str]) -> dict[str, str]:
    """Merchant id -> name."""
    return names(conn, merchants, ids)


def plan_names(conn: Connection, ids: Sequence[str]) -> dict[str, str]:
    """Plan id -> name."""
    return names(conn, plans, ids)


def placement_names(conn: Connection) -> dict[str, str]:
    """Placement id -> code."""
    return {row.id: row.code for row in conn.execute(select(placements))}


def statements_of(conn: Connection, role: str, party_id: str) -> Rows:
    """A party's statements, newest first."""
    query = (
        select(statements)
        .where(statements.c.role == role, statements.c.party_id == party_id)
        .order_by(statements.c.until.desc())
    )
    return _rows(conn, query)


def statement(conn: Connection, role: str, party_id: str, id_: str) -> dict[str, Any] | None:
    """One of a party's statements."""
    found = [row for row in statements_of(conn, role, party_id) if row["id"] == id_]
    return found[0] if found else None


def statement_rows(conn: Connection, id_: str) -> Rows:
    """A statement's lines by day and kind."""
    query = select(statement_lines).where(statement_lines.c.statement_id == id_)
    return _rows(conn, query.order_by(statement_lines.c.day, statement_lines.c.kind))


def links_of(conn: Connection, publisher_id: str, lang: str) -> Rows:
    """A publisher's links with their items, newest first."""
    query = (
        select(
            links, _title(lang).label("title"), items.c.image_url, items.c.price_minor,
            items.c.currency,
        )
        .join(items, items.c.id == links.c.item_id)
        .where(links.c.publisher_id == publisher_id)
        .order_by(links.c.id.desc())
        .limit(500)
    )  # fmt: skip
    return _rows(conn, query)


def commission_rows(conn: Connection, publisher_id: str, lang: str, limit: int = 500) -> Rows:
    """A publisher's order lines with what each earns by state, newest first."""
    sums = _commission_sums()
    refunded = (
        select(func.coalesce(func.sum(order_steps.c.amount_minor), 0))
        .where(
            order_steps.c.order_id == commissions.c.order_id,
            order_steps.c.line == commissions.c.line,
            order_steps.c.step == "refund",
        )
        .scalar_subquery()
    )
    query = (
        select(
            commissions.c.id, commissions.c.order_id, commissions.c.line, commissions.c.at,
            commissions.c.base_minor, commissions.c.rate_bps, commissions.c.currency,
            links.c.code, links.c.sub_id, items.c.id.label("item_id"), items.c.image_url,
            _title(lang).label("title"), refunded.label("refunded_minor"),
            sums.c.estimated_minor, sums.c.held_minor, sums.c.payable_minor, sums.c.fee_minor,
        )
        .join(sums, sums.c.commission_id == commissions.c.id)
        .join(links, links.c.id == commissions.c.link_id)
        .join(
            order_lines,
            (order_lines.c.order_id == commissions.c.order_id)
            & (order_lines.c.line == commissions.c.line),
        )
        .join(items, items.c.id == order_lines.c.item_id)
        .where(commissions.c.publisher_id == publisher_id)
        .order_by(commissions.c.at.desc(), commissions.c.id.desc())
        .limit(limit)
    )  # fmt: skip
    return [row | {"state": _commission_state(row)} for row in _rows(conn, query)]


def earnings(conn: Connection, publisher_id: str | None = None) -> Rows:
    """By publisher and currency: what is estimated, held and payable by its commissions."""
    sums = _commission_sums()
    query = (
        select(
            commissions.c.publisher_id, commissions.c.currency,
            func.count().label("lines"), func.sum(commissions.c.base_minor).label("base_minor"),
            *(
                func.sum(sums.c[name]).label(name)
                for name in ("estimated_minor", "held_minor", "payable_minor", "fee_minor")
            ),
        )
        .join(sums, sums.c.commission_id == commissions.c.id)
        .group_by(commissions.c.publisher_id, commissions.c.currency)
    )  # fmt: skip
    if publisher_id is not None:
        query = query.where(commissions.c.publisher_id == publisher_id)
    return _rows(conn, query)


def publisher_rows(conn: Connection) -> Rows:
    """Every publisher with its number of links."""
    query = (
        select(
            publishers.c.id, publishers.c.name, publishers.c.kind, publishers.c.created_at,
            func.count(links.c.id).label("links"),
        )
        .outerjoin(links, links.c.publisher_id == publishers.c.id)
        .group_by(publishers.c.id)
        .order_by(publishers.c.id)
    )  # fmt: skip
    return _rows(conn, query)


def order(conn: Connection, order_id: str, lang: str) -> dict[str, Any] | None:
    """An order with its lines and steps; None until the event log was applied."""
    found = conn.execute(select(orders).where(orders.c.id == order_id)).first()
    if found is None:
        return None
    lines = (
        select(order_lines, _title(lang).label("title"), items.c.image_url)
        .outerjoin(items, items.c.id == order_lines.c.item_id)
        .where(order_lines.c.order_id == order_id)
        .order_by(order_lines.c.line)
    )
    steps = (
        select(order_steps)
        .where(order_steps.c.order_id == order_id)
        .order_by(order_steps.c.at, order_steps.c.number)
    )
    return dict(found._mapping) | {"lines": _rows(conn, lines), "steps": _rows(conn, steps)}


def visit(conn: Connection, id_: str) -> Visit:
    """A visit to the store; a new one where none is kept."""
    row = conn.execute(select(store_visits).where(store_visits.c.id == id_)).first()
    if row is None:
        return Visit(id_)
    return Visit(
        id_, row.consent, dict(row.tokens), dict(row.cart), [(a, b) for a, b in row.orders]
    )


def save_visit(conn: Connection, kept: Visit, at: datetime) -> None:
    """Keep a visit."""
    values = {
        "consent": kept.consent, "tokens": kept.tokens, "cart": kept.cart,
        "orders": kept.orders, "seen_at": at,
    }  # fmt: skip
    conn.execute(
        insert(store_visits)
        .values(id=kept.id, **values)
        .on_conflict_do_update(index_elements=["id"], set_=values)
    )


def _items(lang: str) -> Select[Any]:
    return select(
        items.c.id, _title(lang).label("title"), items.c.title.label("title_source"),
        _named("category", lang), items.c.category.label("category_path"), _named("brand", lang),
        items.c.price_minor, items.c.currency,
        items.c.image_url, items.c.rating, items.c.rating_count, items.c.availability,
        items.c.withdrawn_at, items.c.merchant_id, items.c.external_id, items.c.description,
        items.c.attributes, items.c.link, plans.c.id.label("plan_id"),
        plans.c.name.label("plan_name"),
    ).select_from(_items_from())  # fmt: skip


def _items_from() -> sa.FromClause:
    held = (plan_items.c.item_id == items.c.id) & plan_items.c.active
    return items.outerjoin(plan_items, held).outerjoin(plans, plans.c.id == plan_items.c.plan_id)


def _title(lang: str) -> ColumnElement[str]:
    if lang != "en":
        return items.c.title
    return func.coalesce(func.nullif(items.c.translations["en"].astext, ""), items.c.title)


def _named(column: str, lang: str) -> ColumnElement[str]:
    """A category or brand, in English where the item says how."""
    source = items.c[column]
    if lang != "en":
        return source
    return func.coalesce(func.nullif(items.c.attributes[f"{column}_en"].astext, ""), source).label(
        column
    )


def _matching(query: Select[Any], wanted: ItemFilter) -> Select[Any]:
    query = query.where(items.c.withdrawn_at.is_(None))
    for word in wanted.text.replace("\0", " ").split()[:8]:
        query = query.where(
            sa.or_(
                items.c.title.icontains(word, autoescape=True),
                items.c.translations["en"].astext.icontains(word, autoescape=True),
                items.c.brand.icontains(word, autoescape=True),
            )
        )
    if wanted.merchant_id is not None:
        query = query.where(items.c.merchant_id == wanted.merchant_id)
    if wanted.category:
        path = wanted.category.replace("\0", " ")
        below = items.c.category.startswith(f"{path} > ", autoescape=True)
        query = query.where((items.c.category == path) | below)
    if wanted.free_only:
        query = query.where(plan_items.c.plan_id.is_(None))
    if wanted.ids is not None:
        query = query.where(items.c.id == sa.any_(sa.literal(list(wanted.ids), sa.ARRAY(sa.Text))))
    return query


def _commission_sums() -> sa.Subquery:
    return (
        select(
            commission_changes.c.commission_id,
            *(
                func.sum(commission_changes.c[name]).label(name)
                for name in ("estimated_minor", "held_minor", "payable_minor", "fee_minor")
            ),
        )
        .group_by(commission_changes.c.commission_id)
        .subquery()
    )


def _commission_state(row: dict[str, Any]) -> str:
    for state in ("payable", "held", "estimated"):
        if row[f"{state}_minor"]:
            return state
    return "refunded"


def _rows(conn: Connection, query: Select[Any]) -> Rows:
    return [dict(row._mapping) for row in conn.execute(query)]
