"""Items as pages list and choose them, with the plan that holds each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, Select, func, select

from adunion.campaigns.tables import plan_items, plans
from adunion.catalog.tables import items

from .rows import Rows, rows_of, title_in

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
    currency: str | None = None


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
    return rows_of(conn, query)


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
    return {row["id"]: row for row in rows_of(conn, query)}


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


def _items(lang: str) -> Select[Any]:
    return select(
        items.c.id, title_in(lang).label("title"), items.c.title.label("title_source"),
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
    if wanted.currency is not None:
        query = query.where(items.c.currency == wanted.currency)
    if wanted.free_only:
        query = query.where(plan_items.c.plan_id.is_(None))
    if wanted.ids is not None:
        query = query.where(items.c.id == sa.any_(sa.literal(list(wanted.ids), sa.ARRAY(sa.Text))))
    return query
