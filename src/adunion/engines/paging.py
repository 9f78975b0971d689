"""Cursor pages over any query: newest first, by an id that sorts with time."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, Select

LIMIT_MAX = 500


class Rows(NamedTuple):
    """One page of rows, newest first, and whether more follow in the direction asked."""

    rows: list[Row[Any]]
    has_more: bool


def page(
    conn: Connection,
    query: Select[Any],
    key: ColumnElement[str],
    limit: int,
    starting_after: str | None = None,
    ending_before: str | None = None,
) -> Rows:
    """The rows after (older than) or before (newer than) an id, at most `limit`."""
    limit = max(1, min(limit, LIMIT_MAX))
    if starting_after is not None:
        query = query.where(key < starting_after)
    if ending_before is not None:
        query = query.where(key > ending_before)
    backwards = ending_before is not None and starting_after is None
    ordered = query.order_by(key.asc() if backwards else key.desc()).limit(limit + 1)
    found = list(conn.execute(ordered))
    rows = found[:limit]
    return Rows(rows[::-1] if backwards else rows, len(found) > limit)
