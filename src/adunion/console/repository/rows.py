"""What the queries share: rows as mappings, and columns in the reader's language."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, Select, func

from adunion.catalog.tables import items

Rows = list[dict[str, Any]]


def rows_of(conn: Connection, query: Select[Any]) -> Rows:
    """The rows of a query."""
    return [dict(row._mapping) for row in conn.execute(query)]


def title_in(lang: str) -> ColumnElement[str]:
    """An item's title, in English where it has one and that is asked."""
    if lang != "en":
        return items.c.title
    return func.coalesce(func.nullif(items.c.translations["en"].astext, ""), items.c.title)


def name_in(table: sa.Table, lang: str) -> ColumnElement[str]:
    """A merchant's or publisher's name, in English where it has one and that is asked."""
    own: ColumnElement[str] = table.c.name
    return own if lang != "en" else func.coalesce(func.nullif(table.c.name_en, ""), own)
