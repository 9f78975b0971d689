"""SQL of the room."""

from __future__ import annotations

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.postgresql import insert

from .tables import forgotten_shoppers


def forget(conn: Connection, shopper: bytes, until_us: int) -> None:
    """Keep that a shopper asked to be forgotten; asking again moves the time forward."""
    new = insert(forgotten_shoppers).values(shopper=shopper, until_us=until_us)
    later = func.greatest(forgotten_shoppers.c.until_us, new.excluded.until_us)
    conn.execute(new.on_conflict_do_update(index_elements=["shopper"], set_={"until_us": later}))


def forgotten(conn: Connection) -> list[tuple[bytes, int]]:
    """Everybody who asked, with the time: give each to `ProfileStore.forget` before a replay."""
    rows = conn.execute(select(forgotten_shoppers).order_by(forgotten_shoppers.c.shopper))
    return [(bytes(row.shopper), row.until_us) for row in rows]
