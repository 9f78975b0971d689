"""All SQL of the room."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    TextClause,
    select,
    text,
)

from adunion.engines import paging
from adunion.engines.arrays import insert_columns
from adunion.engines.direct import ask, run

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
_TERMS = text("select * from commission_terms where merchant_id = any(cast(:merchants as text[]))")


def lock(conn: Connection) -> None:
    """One writer at a time, so that each sees all facts the other has written."""
    run(conn, _ONE_WRITER, {})


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
    rows = ask(conn, _TERMS, {"merchants": list(merchant_ids)})
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
    rows = ask(conn, _OF_ORDERS, {"orders": list(order_ids)})
    return [_standing(row) for row in rows]


def due(conn: Connection, until: datetime) -> list[Commission]:
    """Commissions whose hold ended by then and that are not released."""
    return [_standing(row) for row in ask(conn, _DUE, {"until": until})]


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
    return _as_they_stand(conn, [row.id for row in found.rows]), found.has_more


def get(conn: Connection, id_: str) -> Commission | None:
    """One commission."""
    return next(iter(_as_they_stand(conn, [id_])), None)


def _as_they_stand(conn: Connection, ids: Sequence[str]) -> list[Commission]:
    """Commissions by id, in that order."""
    found = {row.id: _standing(row) for row in conn.execute(_BY_ID, {"ids": list(ids)})}
    return [found[id_] for id_ in ids if id_ in found]


def _standing(r: Row[Any]) -> Commission:
    return Commission(
        r.id, r.order_id, r.line, r.link_id, r.publisher_id, r.merchant_id, r.category,
        r.base_minor, min(r.refunded, r.base_minor), r.currency,
        Terms(r.rate_bps, r.fee_bps, r.hold_days), r.at, r.received_at,
        r.released, r.changes, Shares(r.estimated, r.held, r.payable, r.fee),
    )  # fmt: skip


def _standing_of(which: str) -> TextClause:
    """Commissions with the sums of their changes and refunds, by order and line."""
    return text(
        f"""
        select c.*, r.at as received_at, coalesce(b.minor, 0)::bigint as refunded,
               coalesce(s.released, false) as released, coalesce(s.changes, 0) as changes,
               coalesce(s.estimated, 0)::bigint as estimated, coalesce(s.held, 0)::bigint as held,
               coalesce(s.payable, 0)::bigint as payable, coalesce(s.fee, 0)::bigint as fee
        from commissions c
        left join commission_receipts r on r.order_id = c.order_id
        left join lateral (
            select sum(amount_minor) as minor from commission_refunds
            where order_id = c.order_id and line = c.line
        ) b on true
        left join lateral (
            select bool_or(kind = 'released') as released, count(*) as changes,
                   sum(estimated_minor) as estimated, sum(held_minor) as held,
                   sum(payable_minor) as payable, sum(fee_minor) as fee
            from commission_changes where commission_id = c.id
        ) s on true
        where {which} order by c.order_id, c.line
        """
    )


_OF_ORDERS = _standing_of("c.order_id = any(cast(:orders as text[]))")
_BY_ID = _standing_of("c.id = any(cast(:ids as text[]))")
_DUE = _standing_of(
    "r.at + c.hold_days * interval '1 day' <= :until and not exists ("
    "select from commission_changes d where d.commission_id = c.id and d.kind = 'released')"
)
