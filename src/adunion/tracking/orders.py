"""Orders as the API and the console show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from adunion.engines.paging import page
from adunion.kernel.errors import not_found

from .tables import order_lines, order_steps, orders


@dataclass(frozen=True, slots=True)
class OrderHead:
    """One order without its lines."""

    id: str
    external_id: str
    merchant_id: str
    source: str
    shopper: str
    currency: str
    total_minor: int
    region: str
    placed_at: datetime


@dataclass(frozen=True, slots=True)
class OrderLineRow:
    """One line; `refunded_minor` is what went back."""

    line: int
    item_id: str | None
    quantity: int
    amount_minor: int
    refunded_minor: int


@dataclass(frozen=True, slots=True)
class OrderStepRow:
    """One payment, receipt or refund."""

    step: str
    line: int
    number: int
    amount_minor: int
    at: datetime


@dataclass(frozen=True, slots=True)
class OrderDetail:
    """An order, its lines and what became of them, in order of time."""

    head: OrderHead
    lines: list[OrderLineRow]
    steps: list[OrderStepRow]


@dataclass(frozen=True, slots=True)
class OrderPage:
    """A page of orders, newest id first."""

    orders: list[OrderHead]
    has_more: bool


def list_orders(
    conn: Connection,
    merchant_id: str | None = None,
    order_ids: list[str] | None = None,
    limit: int = 50,
    starting_after: str | None = None,
    ending_before: str | None = None,
) -> OrderPage:
    """A page of orders of a merchant, or of given ids (a publisher's: those its links earned)."""
    query = select(orders)
    if merchant_id is not None:
        query = query.where(orders.c.merchant_id == merchant_id)
    if order_ids is not None:
        query = query.where(orders.c.id.in_(order_ids))
    found = page(conn, query, orders.c.id, limit, starting_after, ending_before)
    return OrderPage([OrderHead(**row._mapping) for row in found.rows], found.has_more)


def regions(conn: Connection) -> list[str]:
    """The regions that imported orders name, sorted."""
    chosen = select(orders.c.region).where(orders.c.region != "").distinct()
    return sorted(conn.scalars(chosen))


def get_order(conn: Connection, order_id: str, merchant_id: str | None = None) -> OrderDetail:
    """An order with its lines and steps.

    Raises:
        AdUnionError: 404 where it is absent, or not the merchant's.
    """
    query = select(orders).where(orders.c.id == order_id)
    if merchant_id is not None:
        query = query.where(orders.c.merchant_id == merchant_id)
    head = conn.execute(query).one_or_none()
    if head is None:
        raise not_found("order", order_id)
    steps = [
        OrderStepRow(row.step, row.line, row.number, row.amount_minor, row.at)
        for row in conn.execute(
            select(order_steps)
            .where(order_steps.c.order_id == order_id)
            .order_by(order_steps.c.at, order_steps.c.line, order_steps.c.step)
        )
    ]
    lines = [
        OrderLineRow(
            row.line,
            row.item_id,
            row.quantity,
            row.amount_minor,
            sum(s.amount_minor for s in steps if s.step == "refund" and s.line == row.line),
        )
        for row in conn.execute(
            select(order_lines)
            .where(order_lines.c.order_id == order_id)
            .order_by(order_lines.c.line)
        )
    ]
    return OrderDetail(OrderHead(**head._mapping), lines, steps)
