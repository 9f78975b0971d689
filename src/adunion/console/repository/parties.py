"""Merchants, publishers and plans by name, in the reader's language."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import Connection, func, select

from adunion.campaigns.tables import plans
from adunion.catalog.tables import merchants
from adunion.publishers.tables import links, publishers

from .rows import Rows, name_in, rows_of


def party_names(conn: Connection, lang: str) -> dict[str, str]:
    """Id -> name of all merchants and publishers."""
    tables = (merchants, publishers)
    each = (select(table.c.id, name_in(table, lang).label("name")) for table in tables)
    return {row.id: row.name for row in conn.execute(sa.union_all(*each))}


def merchant_names(conn: Connection, ids: Sequence[str], lang: str) -> dict[str, str]:
    """Merchant id -> name."""
    query = select(merchants.c.id, name_in(merchants, lang).label("name"))
    return {row.id: row.name for row in conn.execute(query.where(_among(merchants, ids)))}


def plan_names(conn: Connection, ids: Sequence[str]) -> dict[str, str]:
    """Plan id -> name."""
    query = select(plans.c.id, plans.c.name).where(_among(plans, ids))
    return {row.id: row.name for row in conn.execute(query)}


def publisher_rows(conn: Connection, lang: str) -> Rows:
    """Every publisher with its number of links."""
    query = (
        select(
            publishers.c.id, name_in(publishers, lang).label("name"), publishers.c.kind,
            publishers.c.created_at, func.count(links.c.id).label("links"),
        )
        .outerjoin(links, links.c.publisher_id == publishers.c.id)
        .group_by(publishers.c.id)
        .order_by(publishers.c.id)
    )  # fmt: skip
    return rows_of(conn, query)


def _among(table: sa.Table, ids: Sequence[str]) -> sa.ColumnElement[bool]:
    wanted: sa.ColumnElement[bool] = table.c.id == sa.any_(sa.literal(list(ids), sa.ARRAY(sa.Text)))
    return wanted
