"""Visits to the demo store, and their orders."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from adunion.catalog.tables import items
from adunion.console.tables import store_visits
from adunion.tracking.tables import order_lines, order_steps, orders

from .rows import rows_of, title_in


@dataclass
class Visit:
    """A visitor of the demo store."""

    id: str  # the pseudonym, from the cookie
    consent: bool = False
    tokens: dict[str, str] = field(default_factory=dict)  # item -> token of its last click
    cart: dict[str, int] = field(default_factory=dict)  # item -> quantity
    orders: list[tuple[str, str]] = field(default_factory=list)  # (id, "external id|merchant")


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


def order(conn: Connection, order_id: str, lang: str) -> dict[str, Any] | None:
    """An order with its lines and steps; None until the event log was applied."""
    found = conn.execute(select(orders).where(orders.c.id == order_id)).first()
    if found is None:
        return None
    lines = (
        select(order_lines, title_in(lang).label("title"), items.c.image_url)
        .outerjoin(items, items.c.id == order_lines.c.item_id)
        .where(order_lines.c.order_id == order_id)
        .order_by(order_lines.c.line)
    )
    steps = (
        select(order_steps)
        .where(order_steps.c.order_id == order_id)
        .order_by(order_steps.c.at, order_steps.c.number)
    )
    return dict(found._mapping) | {"lines": rows_of(conn, lines), "steps": rows_of(conn, steps)}
