"""All SQL of the room: orders across the rooms that know a part of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Select, and_, exists, select, true, tuple_

from adunion.commission.tables import commissions
from adunion.tracking.tables import order_lines, order_steps, orders

from .types import Order, OrderLine, OrderStep


def order(
    conn: Connection, order_id: str, merchant_id: str | None, publisher_id: str | None
) -> Order | None:
    """One order, if the party may see it; a publisher sees the lines that its links sold."""
    rows = _orders(conn, _seen(merchant_id, publisher_id).where(orders.c.id == order_id))
    found = _whole(conn, rows, publisher_id)
    return found[0] if found else None


def orders_page(
    conn: Connection,
    merchant_id: str | None,
    publisher_id: str | None,
    limit: int,
    starting_after: str | None,
    ending_before: str | None,
) -> tuple[list[Order], bool]:
    """Orders by time, newest first; cursors are order ids."""
    place = tuple_(orders.c.placed_at, orders.c.id)
    query = _seen(merchant_id, publisher_id)
    cursor = starting_after or ending_before
    if cursor is not None:
        edge = select(orders.c.placed_at, orders.c.id).where(orders.c.id == cursor)
        edge_row = conn.execute(edge).first()
        if edge_row is None:
            return [], False
        at = tuple_(*edge_row)
        query = query.where(place < at if starting_after is not None else place > at)
    backwards = starting_after is None and ending_before is not None
    order_by = (
        (orders.c.placed_at.asc(), orders.c.id.asc())
        if backwards
        else (orders.c.placed_at.desc(), orders.c.id.desc())
    )
    rows = _orders(conn, query.order_by(*order_by).limit(limit + 1))
    more, rows = len(rows) > limit, rows[:limit]
    return _whole(conn, rows[::-1] if backwards else rows, publisher_id), more


def _seen(merchant_id: str | None, publisher_id: str | None) -> Select[Any]:
    sold = exists().where(
        commissions.c.order_id == orders.c.id, commissions.c.publisher_id == publisher_id
    )
    return select(orders).where(
        and_(
            true() if merchant_id is None else orders.c.merchant_id == merchant_id,
            true() if publisher_id is None else sold,
        )
    )


def _orders(conn: Connection, query: Select[Any]) -> list[Any]:
    return list(conn.execute(query))


def _whole(conn: Connection, rows: Sequence[Any], publisher_id: str | None) -> list[Order]:
    ids = [row.id for row in rows]
    lines: dict[str, list[OrderLine]] = defaultdict(list)
    steps: dict[str, list[OrderStep]] = defaultdict(list)
    sold = _sold_lines(conn, ids, publisher_id)
    for line in conn.execute(
        select(order_lines).where(order_lines.c.order_id.in_(ids)).order_by(order_lines.c.line)
    ):
        if sold is None or (line.order_id, line.line) in sold:
            lines[line.order_id].append(
                OrderLine(line.line, line.item_id, line.quantity, line.amount_minor)
            )
    ordered = order_steps.c.at, order_steps.c.step, order_steps.c.line, order_steps.c.number
    for step in conn.execute(
        select(order_steps).where(order_steps.c.order_id.in_(ids)).order_by(*ordered)
    ):
        if sold is None or step.line == 0 or (step.order_id, step.line) in sold:
            steps[step.order_id].append(
                OrderStep(step.step, step.line, step.number, step.amount_minor, step.at)
            )
    return [
        Order(
            row.id,
            row.merchant_id,
            row.external_id,
            row.source,
            row.currency,
            row.total_minor if sold is None else sum(line.amount_minor for line in lines[row.id]),
            row.placed_at,
            tuple(lines[row.id]),
            tuple(_masked(step) for step in steps[row.id]) if sold else tuple(steps[row.id]),
        )
        for row in rows
    ]


def _sold_lines(
    conn: Connection, ids: Sequence[str], publisher_id: str | None
) -> set[tuple[str, int]] | None:
    """The (order, line) that a publisher's links sold; None: all may be seen."""
    if publisher_id is None:
        return None
    query = select(commissions.c.order_id, commissions.c.line).where(
        commissions.c.order_id.in_(ids), commissions.c.publisher_id == publisher_id
    )
    return {(row.order_id, row.line) for row in conn.execute(query)}


def _masked(step: OrderStep) -> OrderStep:
    """A step of the whole order, without the amount of lines that others sold."""
    if step.line:
        return step
    return OrderStep(step.step, step.line, step.number, 0, step.at)
