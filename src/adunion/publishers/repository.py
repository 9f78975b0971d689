"""All SQL of the room."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, or_, select, true, update
from sqlalchemy.dialects.postgresql import insert

from adunion.catalog.tables import items
from adunion.engines import paging

from .tables import links, placements, publishers
from .types import Link, PlacementRecord, Publisher


def add(conn: Connection, table: Table, unique: list[str], **columns: Any) -> bool:
    """Insert a row of one of the room's tables; False where its unique columns are taken."""
    new = insert(table).values(**columns).on_conflict_do_nothing(index_elements=unique)
    return conn.execute(new.returning(table.c.id)).first() is not None


def publisher(conn: Connection, where: ColumnElement[bool]) -> Publisher | None:
    """The publisher that the condition finds."""
    row = conn.execute(select(publishers).where(where)).first()
    return None if row is None else _publisher(row)


def publishers_page(
    conn: Connection, limit: int, starting_after: str | None, ending_before: str | None
) -> tuple[list[Publisher], bool]:
    """Publishers newest first."""
    found = paging.page(
        conn, select(publishers), publishers.c.id, limit, starting_after, ending_before
    )
    return [_publisher(row) for row in found.rows], found.has_more


def placement(conn: Connection, where: ColumnElement[bool]) -> PlacementRecord | None:
    """The placement that the condition finds."""
    row = conn.execute(select(placements).where(where)).first()
    return None if row is None else _placement(row)


def all_placements(conn: Connection) -> list[PlacementRecord]:
    """Every placement in the order made."""
    return [_placement(row) for row in conn.execute(select(placements).order_by(placements.c.id))]


def placements_page(
    conn: Connection,
    publisher_id: str | None,
    limit: int,
    starting_after: str | None,
    ending_before: str | None,
) -> tuple[list[PlacementRecord], bool]:
    """Placements newest first; with a publisher, its own and the on-site ones."""
    query = select(placements)
    if publisher_id is not None:
        query = query.where(
            or_(placements.c.publisher_id == publisher_id, placements.c.publisher_id.is_(None))
        )
    found = paging.page(conn, query, placements.c.id, limit, starting_after, ending_before)
    return [_placement(row) for row in found.rows], found.has_more


def item_offer(conn: Connection, item_id: str) -> tuple[bool, str] | None:
    """Whether an item is live, and its currency; None where there is no such item."""
    chosen = select(items.c.withdrawn_at, items.c.currency).where(items.c.id == item_id)
    row = conn.execute(chosen).first()
    return None if row is None else (row.withdrawn_at is None, row.currency)


def link(conn: Connection, where: ColumnElement[bool]) -> Link | None:
    """The link that the condition finds."""
    row = conn.execute(select(links).where(where)).first()
    return None if row is None else _link(row)


def links_page(
    conn: Connection,
    publisher_id: str | None,
    item_id: str | None,
    limit: int,
    starting_after: str | None,
    ending_before: str | None,
) -> tuple[list[Link], bool]:
    """Links newest first, of a publisher and an item where given."""
    where = and_(
        true() if publisher_id is None else links.c.publisher_id == publisher_id,
        true() if item_id is None else links.c.item_id == item_id,
    )
    found = paging.page(
        conn, select(links).where(where), links.c.id, limit, starting_after, ending_before
    )
    return [_link(row) for row in found.rows], found.has_more


def set_disabled(conn: Connection, link_id: str, at: datetime | None) -> None:
    """Disable a link at a time (the first stands), or with None enable it."""
    change = update(links).where(links.c.id == link_id)
    if at is not None:
        change = change.where(links.c.disabled_at.is_(None))
    conn.execute(change.values(disabled_at=at))


def _publisher(row: Any) -> Publisher:
    return Publisher(
        row.id,
        row.external_id,
        row.name,
        row.kind,
        row.created_at,
        dict(row.audience),
        row.name_en,
    )


def _placement(row: Any) -> PlacementRecord:
    return PlacementRecord(
        row.id, row.code, row.kind, row.publisher_id, row.name, row.slots, tuple(row.exposures)
    )


def _link(row: Any) -> Link:
    return Link(
        row.id,
        row.code,
        row.publisher_id,
        row.item_id,
        row.sub_id,
        row.created_at,
        row.disabled_at,
    )
