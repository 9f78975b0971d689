"""What publishers earn, and the statements of both sides."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, func, select

from adunion.catalog.tables import items
from adunion.commission.tables import commission_changes, commissions
from adunion.publishers.tables import links
from adunion.settlement.tables import statement_lines, statements
from adunion.tracking.tables import order_lines, order_steps

from .rows import Rows, rows_of, title_in


def statements_of(conn: Connection, role: str, party_id: str) -> Rows:
    """A party's statements, newest first."""
    query = (
        select(statements)
        .where(statements.c.role == role, statements.c.party_id == party_id)
        .order_by(statements.c.until.desc())
    )
    return rows_of(conn, query)


def statement(conn: Connection, role: str, party_id: str, id_: str) -> dict[str, Any] | None:
    """One of a party's statements."""
    found = [row for row in statements_of(conn, role, party_id) if row["id"] == id_]
    return found[0] if found else None


def statement_rows(conn: Connection, id_: str) -> Rows:
    """A statement's lines by day and kind."""
    query = select(statement_lines).where(statement_lines.c.statement_id == id_)
    return rows_of(conn, query.order_by(statement_lines.c.day, statement_lines.c.kind))


def links_of(conn: Connection, publisher_id: str, lang: str) -> Rows:
    """A publisher's links with their items, newest first."""
    query = (
        select(
            links, title_in(lang).label("title"), items.c.image_url, items.c.price_minor,
            items.c.currency,
        )
        .join(items, items.c.id == links.c.item_id)
        .where(links.c.publisher_id == publisher_id)
        .order_by(links.c.id.desc())
        .limit(500)
    )  # fmt: skip
    return rows_of(conn, query)


def commission_rows(conn: Connection, publisher_id: str, lang: str, limit: int = 500) -> Rows:
    """A publisher's order lines with what each earns by state, newest first."""
    sums = _commission_sums()
    refunded = (
        select(func.coalesce(func.sum(order_steps.c.amount_minor), 0))
        .where(
            order_steps.c.order_id == commissions.c.order_id,
            order_steps.c.line == commissions.c.line,
            order_steps.c.step == "refund",
        )
        .scalar_subquery()
    )
    query = (
        select(
            commissions.c.id, commissions.c.order_id, commissions.c.line, commissions.c.at,
            commissions.c.base_minor, commissions.c.rate_bps, commissions.c.currency,
            links.c.code, links.c.sub_id, items.c.id.label("item_id"), items.c.image_url,
            title_in(lang).label("title"), refunded.label("refunded_minor"),
            sums.c.estimated_minor, sums.c.held_minor, sums.c.payable_minor, sums.c.fee_minor,
        )
        .join(sums, sums.c.commission_id == commissions.c.id)
        .join(links, links.c.id == commissions.c.link_id)
        .join(
            order_lines,
            (order_lines.c.order_id == commissions.c.order_id)
            & (order_lines.c.line == commissions.c.line),
        )
        .join(items, items.c.id == order_lines.c.item_id)
        .where(commissions.c.publisher_id == publisher_id)
        .order_by(commissions.c.at.desc(), commissions.c.id.desc())
        .limit(limit)
    )  # fmt: skip
    return [row | {"state": _commission_state(row)} for row in rows_of(conn, query)]


def earnings(conn: Connection, publisher_id: str | None = None) -> Rows:
    """By publisher and currency: what is estimated, held and payable by its commissions."""
    sums = _commission_sums()
    query = (
        select(
            commissions.c.publisher_id, commissions.c.currency,
            func.count().label("lines"), func.sum(commissions.c.base_minor).label("base_minor"),
            *(
                func.sum(sums.c[name]).label(name)
                for name in ("estimated_minor", "held_minor", "payable_minor", "fee_minor")
            ),
        )
        .join(sums, sums.c.commission_id == commissions.c.id)
        .group_by(commissions.c.publisher_id, commissions.c.currency)
    )  # fmt: skip
    if publisher_id is not None:
        query = query.where(commissions.c.publisher_id == publisher_id)
    return rows_of(conn, query)


def _commission_sums() -> sa.Subquery:
    return (
        select(
            commission_changes.c.commission_id,
            *(
                func.sum(commission_changes.c[name]).label(name)
                for name in ("estimated_minor", "held_minor", "payable_minor", "fee_minor")
            ),
        )
        .group_by(commission_changes.c.commission_id)
        .subquery()
    )


def _commission_state(row: dict[str, Any]) -> str:
    for state in ("payable", "held", "estimated"):
        if row[f"{state}_minor"]:
            return state
    return "refunded"
