"""All SQL of the room: merchants, items, and the catalog as columns."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Select
from sqlalchemy.dialects.postgresql import insert

from adunion.engines.direct import ask
from adunion.kernel.errors import invalid, not_found
from adunion.kernel.ids import Ids

from .snapshot import build_snapshot
from .tables import items, merchants
from .types import CatalogSnapshot, Item, ItemPage, ItemQuery, Merchant

_ITEM_COLUMNS = [column for column in items.c if column.name != "content_hash"]
_LIMIT_MAX = 200
_MERCHANT = sa.select(merchants).where(merchants.c.id == sa.bindparam("merchant"))


def snapshot(conn: Connection, currency: str) -> CatalogSnapshot:
    """All items of one currency that can be shown (not withdrawn, not out of stock), as columns."""
    rows = conn.execute(
        sa.select(
            items.c.id,
            items.c.title,
            sa.func.coalesce(items.c.translations["en"].astext, ""),
            items.c.brand,
            items.c.category,
            items.c.merchant_id,
            items.c.item_group,
            items.c.price_minor,
            items.c.rating,
            items.c.rating_count,
        )
        .where(
            items.c.currency == currency,
            items.c.withdrawn_at.is_(None),
            items.c.availability != "out_of_stock",
        )
        .order_by(items.c.id.collate("C"))
    ).all()
    return build_snapshot(currency, rows)


def out_of_stock(conn: Connection) -> set[str]:
    """Ids of live items that cannot be had now."""
    found = conn.execute(
        sa.select(items.c.id).where(
            items.c.withdrawn_at.is_(None), items.c.availability == "out_of_stock"
        )
    )
    return set(found.scalars())


def currencies(conn: Connection) -> dict[str, int]:
    """Live items by currency, most first: the market's currency is usually the first."""
    count = sa.func.count()
    rows = conn.execute(
        sa.select(items.c.currency, count)
        .where(items.c.withdrawn_at.is_(None))
        .group_by(items.c.currency)
        .order_by(count.desc(), items.c.currency)
    )
    return {row[0]: row[1] for row in rows}


def get_item(conn: Connection, item_id: str) -> Item:
    """One item, withdrawn or not; 404 if there is none."""
    row = conn.execute(sa.select(*_ITEM_COLUMNS).where(items.c.id == item_id)).first()
    if row is None:
        raise not_found("item", item_id)
    return Item(*row)


def get_items(conn: Connection, item_ids: Iterable[str]) -> dict[str, Item]:
    """Several items by id; those that do not exist are absent."""
    rows = conn.execute(sa.select(*_ITEM_COLUMNS).where(items.c.id.in_(list(item_ids))))
    return {row.id: Item(*row) for row in rows}


def list_items(conn: Connection, query: ItemQuery) -> ItemPage:
    """A page of items, newest first; `starting_after` and `ending_before` are item ids."""
    limit = min(max(query.limit, 1), _LIMIT_MAX)
    backwards = query.ending_before is not None
    if backwards and query.starting_after is not None:
        raise invalid("ending_before", "Give starting_after or ending_before, not both.")
    chosen = _matching(sa.select(*_ITEM_COLUMNS), query)
    if query.starting_after is not None:
        chosen = chosen.where(items.c.id < query.starting_after)
    if query.ending_before is not None:
        chosen = chosen.where(items.c.id > query.ending_before)
    order = items.c.id.asc() if backwards else items.c.id.desc()
    found = [Item(*row) for row in conn.execute(chosen.order_by(order).limit(limit + 1))]
    page = found[:limit]
    return ItemPage(page[::-1] if backwards else page, len(found) > limit)


def count_items(conn: Connection, query: ItemQuery) -> int:
    """How many items a query finds in all pages."""
    chosen = _matching(sa.select(sa.func.count()).select_from(items), query)
    return int(conn.execute(chosen).scalar_one())


def list_categories(conn: Connection, merchant_id: str | None = None) -> dict[str, int]:
    """Live items by category path, by name."""
    chosen = sa.select(items.c.category, sa.func.count()).where(items.c.withdrawn_at.is_(None))
    if merchant_id is not None:
        chosen = chosen.where(items.c.merchant_id == merchant_id)
    rows = conn.execute(chosen.group_by(items.c.category).order_by(items.c.category))
    return {row[0]: row[1] for row in rows}


def item_ids(conn: Connection, merchant_id: str) -> dict[str, str]:
    """Of one merchant, external id -> item id, withdrawn ones too."""
    rows = conn.execute(
        sa.select(items.c.external_id, items.c.id).where(items.c.merchant_id == merchant_id)
    )
    return {row[0]: row[1] for row in rows}


def set_price(conn: Connection, item_id: str, price_minor: int, at: datetime) -> Item:
    """Change a price; the content hash is cleared, so that the next import decides again."""
    return _change(conn, item_id, {"price_minor": price_minor, "content_hash": b""}, at)


def set_withdrawn(conn: Connection, item_id: str, withdrawn: bool, at: datetime) -> Item:
    """Take an item out of the market, or bring it back."""
    return _change(conn, item_id, {"withdrawn_at": at if withdrawn else None}, at)


def get_merchant(conn: Connection, merchant_id: str) -> Merchant:
    """One merchant; 404 if there is none."""
    found = ask(conn, _MERCHANT, {"merchant": merchant_id})
    if not found:
        raise not_found("merchant", merchant_id)
    return Merchant(*found[0])


def find_merchant(conn: Connection, external_id: str) -> Merchant | None:
    """A merchant by the name or number its files carry."""
    found = conn.execute(sa.select(merchants).where(merchants.c.external_id == external_id)).first()
    return None if found is None else Merchant(*found)


def list_merchants(
    conn: Connection, text: str = "", starting_after: str | None = None, limit: int = 200
) -> list[Merchant]:
    """Merchants newest first, those whose name holds `text`."""
    chosen = sa.select(merchants)
    if text:
        chosen = chosen.where(merchants.c.name.icontains(text, autoescape=True))
    if starting_after is not None:
        chosen = chosen.where(merchants.c.id < starting_after)
    rows = conn.execute(chosen.order_by(merchants.c.id.desc()).limit(limit))
    return [Merchant(*row) for row in rows]


def upsert_merchants(
    conn: Connection,
    names: dict[str, str],
    ids: Ids,
    at: datetime,
    names_en: dict[str, str] | None = None,
) -> dict[str, str]:
    """Make or rename merchants: external id -> name in, external id -> our id out.

    `names_en` are their names in English by external id; None keeps those known.
    """
    if not names:
        return {}
    new = insert(merchants)
    change = {"name": new.excluded.name}
    if names_en is not None:
        change["name_en"] = new.excluded.name_en
    made = conn.execute(
        new.on_conflict_do_update(index_elements=["external_id"], set_=change).returning(
            merchants.c.external_id, merchants.c.id
        ),
        [
            {
                "id": ids("mer"),
                "external_id": external_id,
                "name": name,
                "name_en": (names_en or {}).get(external_id, ""),
                "created_at": at,
            }
            for external_id, name in names.items()
        ],
    )
    return {row[0]: row[1] for row in made}


def ensure_merchants(
    conn: Connection, external_ids: Iterable[str], ids: Ids, at: datetime
) -> dict[str, str]:
    """External id -> our id; those that are missing are made, named by their external id."""
    wanted = sorted(set(external_ids))
    chosen = sa.select(merchants.c.external_id, merchants.c.id).where(
        merchants.c.external_id == sa.any_(sa.literal(wanted, sa.ARRAY(sa.Text)))
    )
    known = {row[0]: row[1] for row in conn.execute(chosen)}
    missing = {name: name for name in wanted if name not in known}
    return known | upsert_merchants(conn, missing, ids, at)


def _change(conn: Connection, item_id: str, values: dict[str, Any], at: datetime) -> Item:
    conn.execute(items.update().where(items.c.id == item_id).values(**values, updated_at=at))
    return get_item(conn, item_id)


def _matching(chosen: Select[Any], query: ItemQuery) -> Select[Any]:
    for word in query.text.replace("\0", " ").split():
        chosen = chosen.where(
            sa.or_(
                items.c.title.icontains(word, autoescape=True),
                items.c.translations["en"].astext.icontains(word, autoescape=True),
                items.c.brand.icontains(word, autoescape=True),
            )
        )
    if query.merchant_id is not None:
        chosen = chosen.where(items.c.merchant_id == query.merchant_id)
    if query.category is not None:
        below = items.c.category.startswith(query.category + " > ", autoescape=True)
        chosen = chosen.where(sa.or_(items.c.category == query.category, below))
    if query.currency is not None:
        chosen = chosen.where(items.c.currency == query.currency)
    if query.withdrawn is not None:
        gone = items.c.withdrawn_at.is_not(None)
        chosen = chosen.where(gone if query.withdrawn else ~gone)
    return chosen
