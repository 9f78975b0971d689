"""All SQL of the room."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    TextClause,
    bindparam,
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Text

from adunion.engines import paging
from adunion.engines.arrays import insert_columns

from .rates import Agreed
from .tables import (
    commission_changes,
    commission_receipts,
    commission_refunds,
    commission_terms,
    commissions,
)
from .types import Commission, CreditedLine, RefundedLine, Shares, Terms

_ONE_WRITER: TextClause = text("select pg_advisory_xact_lock(720318)")


def lock(conn: Connection) -> None:
    """One writer at a time, so that each sees all facts the other has written."""
    conn.execute(_ONE_WRITER)


def add_terms(conn: Connection, id_: str, agreed: Agreed) -> None:
    """Write one row of terms."""
    conn.execute(
        commission_terms.insert(),
        {
            "id": id_,
            "merchant_id": agreed.merchant_id,
            "category": agreed.category,
            "since": agreed.since,
            "rate_bps": agreed.terms.rate_bps,
            "fee_bps": agreed.terms.fee_bps,
            "hold_days": agreed.terms.hold_days,
        },
    )


def agreed_terms(conn: Connection, merchant_ids: Sequence[str]) -> list[Agreed]:
    """All terms of some merchants."""
    t = commission_terms.c
    rows = conn.execute(select(commission_terms).where(t.merchant_id.in_(merchant_ids)))
    return [
        Agreed(r.merchant_id, r.category, r.since, Terms(r.rate_bps, r.fee_bps, r.hold_days))
        for r in rows
    ]


def add_lines(conn: Connection, lines: Sequence[tuple[str, CreditedLine, Terms]]) -> None:
    """Write commissions of lines that have none yet."""
    ids, given, terms = zip(*lines, strict=True)
    same = ("order_id", "line", "link_id", "publisher_id", "merchant_id", "category", "currency")
    agreed = ("rate_bps", "fee_bps", "hold_days")
    columns: dict[str, list[Any]] = {
        "id": list(ids),
        **{name: [getattr(line, name) for line in given] for name in (*same, "at")},
        "base_minor": [line.amount_minor for line in given],
        **{name: [getattr(one, name) for one in terms] for name in agreed},
    }
    insert_columns(conn, commissions, columns, keep=True)


def add_receipts(conn: Connection, received: dict[str, datetime]) -> None:
    """Write receipts of orders; the first one told stays."""
    columns: dict[str, list[Any]] = {"order_id": list(received), "at": list(received.values())}
    insert_columns(conn, commission_receipts, columns, keep=True)


def add_refunds(conn: Connection, refunds: Sequence[RefundedLine]) -> None:
    """Write refunds; the first of a number stays."""
    names = ("order_id", "line", "number", "amount_minor", "at")
    columns = {name: [getattr(refund, name) for refund in refunds] for name in names}
    insert_columns(conn, commission_refunds, columns, keep=True)


def add_changes(
    conn: Connection, changes: Sequence[tuple[Commission, Shares]], kind: str, at: datetime
) -> None:
    """Write what each commission's next change adds to its shares."""
    sums = ("estimated_minor", "held_minor", "payable_minor", "fee_minor")
    columns: dict[str, list[Any]] = {
        "commission_id": [commission.id for commission, _ in changes],
        "number": [commission.changes + 1 for commission, _ in changes],
        "kind": [kind] * len(changes),
        **{name: [getattr(added, name) for _, added in changes] for name in sums},
        "at": [at] * len(changes),
    }
    insert_columns(conn, commission_changes, columns)


def of_orders(conn: Connection, order_ids: Sequence[str]) -> list[Commission]:
    """Commissions of orders as they stand."""
    mine = _any(commissions.c.order_id, order_ids)
    return _stand(conn, conn.execute(_in_order().where(mine)).all())


def due(conn: Connection, until: datetime) -> list[Commission]:
    """Commissions whose hold ended by then and that are not released."""
    released = select(commission_changes.c.commission_id).where(
        commission_changes.c.commission_id == commissions.c.id,
        commission_changes.c.kind == "released",
    )
    ended = commission_receipts.c.at + commissions.c.hold_days * timedelta(days=1)
    received = commission_receipts.c.order_id == commissions.c.order_id
    query = _in_order().join(commission_receipts, received)
    return _stand(conn, conn.execute(query.where(ended <= until, ~released.exists())).all())


def page(
    conn: Connection,
    publisher_id: str | None,
    merchant_id: str | None,
    limit: int,
    starting_after: str | None,
    ending_before: str | None,
) -> tuple[list[Commission], bool]:
    """Newest commissions first, of a party where one is given, and whether more follow."""
    query = select(commissions)
    if publisher_id is not None:
        query = query.where(commissions.c.publisher_id == publisher_id)
    if merchant_id is not None:
        query = query.where(commissions.c.merchant_id == merchant_id)
    found = paging.page(conn, query, commissions.c.id, limit, starting_after, ending_before)
    return _stand(conn, found.rows), found.has_more


def get(conn: Connection, id_: str) -> Commission | None:
    """One commission."""
    rows = conn.execute(select(commissions).where(commissions.c.id == id_)).all()
    return next(iter(_stand(conn, rows)), None)


def _any(column: ColumnElement[str], values: Sequence[str]) -> ColumnElement[bool]:
    return column == func.any(bindparam(None, list(values), ARRAY(Text)))


def _in_order() -> Select[Any]:
    return select(commissions).order_by(commissions.c.order_id, commissions.c.line)


def _stand(conn: Connection, rows: Sequence[Row[Any]]) -> list[Commission]:
    """Commissions with the sums of their changes and refunds, by a few flat queries."""
    if not rows:
        return []
    order_ids = sorted({r.order_id for r in rows})
    received = _receipts(conn, order_ids)
    refunded = _refunded(conn, order_ids)
    changed = _changed(conn, [r.id for r in rows])
    return [
        Commission(
            r.id, r.order_id, r.line, r.link_id, r.publisher_id, r.merchant_id, r.category,
            r.base_minor, min(refunded.get((r.order_id, r.line), 0), r.base_minor), r.currency,
            Terms(r.rate_bps, r.fee_bps, r.hold_days), r.at, received.get(r.order_id),
            *changed.get(r.id, (False, 0, Shares())),
        )
        for r in rows
    ]  # fmt: skip


def _receipts(conn: Connection, order_ids: Sequence[str]) -> dict[str, datetime]:
    query = select(commission_receipts).where(_any(commission_receipts.c.order_id, order_ids))
    return {r.order_id: r.at for r in conn.execute(query)}


def _refunded(conn: Connection, order_ids: Sequence[str]) -> dict[tuple[str, int], int]:
    c = commission_refunds.c
    query = select(c.order_id, c.line, func.sum(c.amount_minor)).where(_any(c.order_id, order_ids))
    rows = conn.execute(query.group_by(c.order_id, c.line))
    return {(order_id, line): int(minor) for order_id, line, minor in rows}


def _changed(conn: Connection, ids: Sequence[str]) -> dict[str, tuple[bool, int, Shares]]:
    """Released or not, how many changes, and their sums, by commission."""
    c = commission_changes.c
    query = select(
        c.commission_id,
        func.bool_or(c.kind == "released"),
        func.count(),
        func.sum(c.estimated_minor),
        func.sum(c.held_minor),
        func.sum(c.payable_minor),
        func.sum(c.fee_minor),
    ).where(_any(c.commission_id, ids))
    return {
        id_: (released, changes, Shares(*map(int, sums)))
        for id_, released, changes, *sums in conn.execute(query.group_by(c.commission_id))
    }
