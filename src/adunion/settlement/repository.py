"""All SQL of the room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, case, func, select, text, true
from sqlalchemy.dialects.postgresql import insert

from adunion.attribution.tables import credits
from adunion.campaigns.tables import plan_edits, plans
from adunion.catalog.tables import merchants
from adunion.engines import paging
from adunion.publishers.tables import publishers
from adunion.tracking.tables import order_steps

from .guarantee import Change, Judgement, Sales, midnight
from .lines import Movement
from .tables import payouts, plan_guarantees, statement_lines, statements
from .types import Payout, Role, Statement, StatementLine

# Every posting locks its accounts before it writes, so with the accounts locked their transfers
# are all visible and in the order of seq.
_LOCK = text(
    """
    select id from accounts
    where (split_part(code, ':', 1), split_part(code, ':', 3))
          in (('merchant', 'wallet'), ('publisher', 'held'), ('publisher', 'payable'))
    order by id for no key update
    """
)
_MOVEMENTS = text(
    """
    with party as materialized (
        select a.id, split_part(a.code, ':', 1) as role, split_part(a.code, ':', 2) as party_id,
               split_part(a.code, ':', 3) as pot, a.currency, coalesce(s.cut, 0) as cut
        from accounts a
        left join lateral (
            select cut, until from statements s
            where s.role = split_part(a.code, ':', 1) and s.party_id = split_part(a.code, ':', 2)
              and s.currency = a.currency
            order by until desc limit 1
        ) s on true
        where a.id = any(:accounts) and (s.until is null or s.until < :until)
    ), moved as (
        select p.*, t.seq, t.at, t.kind, t.amount_minor, t.debit_id as other_id, true as inward
        from party p join transfers t on t.credit_id = p.id and t.seq > p.cut
        union all
        select p.*, t.seq, t.at, t.kind, -t.amount_minor, t.credit_id, false
        from party p join transfers t on t.debit_id = p.id and t.seq > p.cut
    ), ends as (
        select role, party_id, currency, min(seq) filter (where at >= :until) as first_after
        from moved group by 1, 2, 3
    )
    select m.role, m.party_id, m.currency, m.pot, m.kind, m.inward,
           case when split_part(o.code, ':', 3) = '' then o.code
                else split_part(o.code, ':', 1) || ':' || split_part(o.code, ':', 3) end as other,
           cast(m.at at time zone 'UTC' as date) as day, count(*) as transfers,
           sum(m.amount_minor) as amount_minor, max(m.seq) as cut
    from moved m
    join ends e using (role, party_id, currency)
    join accounts o on o.id = m.other_id
    where e.first_after is null or m.seq < e.first_after
    group by 1, 2, 3, 4, 5, 6, 7, 8
    order by 1, 2, 3, 8
    """
)
_PAYABLES = text(
    "select split_part(code, ':', 2) as party_id, currency, posted_minor from accounts"
    " where split_part(code, ':', 1) = 'publisher' and split_part(code, ':', 3) = 'payable'"
)


@dataclass(frozen=True, slots=True)
class Party:
    """Whose statement, in which currency."""

    role: Role
    id: str
    currency: str


def movements(conn: Connection, until: datetime) -> dict[Party, tuple[list[Movement], int]]:
    """Lock all parties' accounts; their movements since their last statement, and where they end.

    Parties that already have a statement up to `until` or later are left out.
    """
    ids = list(conn.execute(_LOCK).scalars())
    found: dict[Party, tuple[list[Movement], int]] = {}
    for r in conn.execute(_MOVEMENTS, {"accounts": ids, "until": until}):
        party = Party(r.role, r.party_id, r.currency)
        moves, cut = found.get(party, ([], 0))
        moves.append(
            Movement(r.pot, r.other, r.kind, r.inward, r.day, r.transfers, int(r.amount_minor))
        )
        found[party] = (moves, max(cut, r.cut))
    return found


def last_statements(conn: Connection) -> dict[Party, Statement]:
    """The newest statement of every party that has one, without its lines."""
    later = statements.alias("later")
    of_same = [later.c[name] == statements.c[name] for name in ("role", "party_id", "currency")]
    newer = select(later.c.id).where(*of_same, later.c.until > statements.c.until)
    newest = _statements().where(~newer.exists())
    found = [_statement(row, ()) for row in conn.execute(newest)]
    return {Party(s.role, s.party_id, s.currency): s for s in found}


def closed_until(conn: Connection) -> datetime | None:
    """Where the last period that was closed ends; None where none was."""
    found: datetime | None = conn.execute(select(func.max(statements.c.until))).scalar()
    return found


def add_statements(
    conn: Connection, written: Sequence[tuple[Statement, int]], at: datetime
) -> None:
    """Write statements, each with the seq it covers, and their lines."""
    if not written:
        return
    conn.execute(
        statements.insert(),
        [
            {
                "id": s.id,
                "role": s.role,
                "party_id": s.party_id,
                "currency": s.currency,
                "since": s.since,
                "until": s.until,
                "cut": cut,
                "opening_minor": s.opening_minor,
                "closing_minor": s.closing_minor,
                "payable_minor": s.payable_minor,
                "estimated_minor": s.estimated_minor,
                "written_at": at,
            }
            for s, cut in written
        ],
    )
    lines = [
        {
            "statement_id": s.id,
            "day": line.day,
            "kind": line.kind,
            "transfers": line.count,
            "amount_minor": line.amount_minor,
        }
        for s, _ in written
        for line in s.lines
    ]
    if lines:
        conn.execute(statement_lines.insert(), lines)


def payables(conn: Connection) -> dict[tuple[str, str], int]:
    """What each publisher could be paid now, by (publisher, currency)."""
    return {(r.party_id, r.currency): r.posted_minor for r in conn.execute(_PAYABLES)}


def add_payouts(conn: Connection, made: Sequence[Payout]) -> None:
    """Write payouts."""
    if made:
        conn.execute(
            payouts.insert(),
            [
                {
                    "id": p.id,
                    "statement_id": p.statement_id,
                    "publisher_id": p.publisher_id,
                    "currency": p.currency,
                    "amount_minor": p.amount_minor,
                    "at": p.at,
                }
                for p in made
            ],
        )


def of_period(conn: Connection, until: datetime) -> list[Statement]:
    """All statements up to that moment, with lines."""
    query = _statements().where(statements.c.until == until)
    ordered = query.order_by(statements.c.role, statements.c.party_id, statements.c.currency)
    return _with_lines(conn, list(conn.execute(ordered)))


def page(
    conn: Connection,
    role: Role | None,
    party_id: str | None,
    limit: int,
    starting_after: str | None,
    ending_before: str | None,
) -> tuple[list[Statement], bool]:
    """Newest statements first, of a party where one is given, and whether more follow."""
    query = _statements()
    if role is not None:
        query = query.where(statements.c.role == role)
    if party_id is not None:
        query = query.where(statements.c.party_id == party_id)
    found = paging.page(conn, query, statements.c.id, limit, starting_after, ending_before)
    return _with_lines(conn, found.rows), found.has_more


def get(conn: Connection, id_: str) -> Statement | None:
    """One statement."""
    rows = list(conn.execute(_statements().where(statements.c.id == id_)))
    return next(iter(_with_lines(conn, rows)), None)


def payouts_of(conn: Connection, publisher_id: str, limit: int) -> list[Payout]:
    """A publisher's payouts, newest first."""
    query = select(payouts).where(payouts.c.publisher_id == publisher_id)
    rows = conn.execute(query.order_by(payouts.c.id.desc()).limit(limit))
    return [Payout(*row) for row in rows]


def names(conn: Connection, parties: Sequence[Party]) -> dict[Party, str]:
    """Names of parties; the id of one that is in no table."""
    known: dict[tuple[str, str], str] = {}
    for role, table in (("merchant", merchants), ("publisher", publishers)):
        ids = {p.id for p in parties if p.role == role}
        rows = conn.execute(select(table.c.id, table.c.name).where(table.c.id.in_(ids)))
        known |= {(role, row.id): row.name for row in rows}
    return {p: known.get((p.role, p.id), p.id) for p in parties}


@dataclass(frozen=True, slots=True)
class Guaranteed:
    """A plan as the guarantee needs it."""

    merchant_id: str
    currency: str
    goal: str
    target_roi: Decimal  # now
    changes: tuple[Change, ...]
    boost: bool = False


def guaranteed(conn: Connection, plan_ids: Sequence[str]) -> dict[str, Guaranteed]:
    """Plans with every edit of them, by id."""
    edits: dict[str, list[Change]] = {id_: [] for id_ in plan_ids}
    for row in conn.execute(select(plan_edits).where(plan_edits.c.plan_id.in_(plan_ids))):
        edits[row.plan_id].append(Change(row.at, row.by, row.changes))
    rows = conn.execute(select(plans).where(plans.c.id.in_(plan_ids)))
    return {
        row.id: Guaranteed(
            row.merchant_id,
            row.currency,
            row.goal,
            row.target_roi,
            tuple(edits[row.id]),
            row.parent_id is not None,
        )
        for row in rows
    }


def sales_of_clicks(
    conn: Connection, plan_ids: Sequence[str], first: date, last: date
) -> dict[tuple[str, date], Sales]:
    """What the clicks of each plan's day brought, by plan and day (UTC)."""
    day = func.date(func.timezone("UTC", credits.c.click_at)).label("day")
    of_line = and_(
        order_steps.c.order_id == credits.c.order_id,
        order_steps.c.line == credits.c.line,
        order_steps.c.step == "refund",
    )
    refunded = (
        select(func.coalesce(func.sum(order_steps.c.amount_minor), 0).label("minor"))
        .where(of_line)
        .lateral()
    )
    query = (
        select(
            credits.c.plan_id,
            day,
            func.sum(credits.c.amount_minor).label("gmv_minor"),
            func.sum(refunded.c.minor).label("refunds_minor"),
            func.count(credits.c.order_id.distinct()).label("orders"),
        )
        .select_from(credits.join(refunded, true()))
        .where(
            credits.c.plan_id.in_(plan_ids),
            credits.c.ordered_at >= midnight(first),
            credits.c.click_at >= midnight(first),
            credits.c.click_at < midnight(last + timedelta(days=1)),
        )
        .group_by(credits.c.plan_id, day)
    )
    return {
        (r.plan_id, r.day): Sales(int(r.gmv_minor), int(r.refunds_minor), int(r.orders))
        for r in conn.execute(query)
    }


def add_judgements(
    conn: Connection, judged: Sequence[Judgement], at: datetime
) -> set[tuple[str, date]]:
    """Write judgements; the plan-days that were not judged before."""
    if not judged:
        return set()
    written = conn.execute(
        insert(plan_guarantees)
        .on_conflict_do_nothing()
        .returning(plan_guarantees.c.plan_id, plan_guarantees.c.day),
        [
            {
                "plan_id": one.plan_id,
                "day": one.day,
                "target_roi": one.target_roi,
                "spend_minor": one.spend_minor,
                "gmv_minor": one.gmv_minor,
                "orders": one.orders,
                "outcome": one.outcome,
                "credit_minor": one.credit_minor,
                "judged_at": at,
            }
            for one in judged
        ],
    )
    return {(row.plan_id, row.day) for row in written}


def judged_days(conn: Connection, plan_id: str) -> list[Judgement]:
    """All judged days of a plan, newest first."""
    g = plan_guarantees.c
    rows = conn.execute(select(plan_guarantees).where(g.plan_id == plan_id).order_by(g.day.desc()))
    return [Judgement(**row._mapping) for row in rows]


def _statements() -> Select[Any]:
    s = statements.c
    name = case((s.role == "merchant", merchants.c.name), else_=publishers.c.name)
    joined = statements.outerjoin(
        merchants, and_(s.role == "merchant", merchants.c.id == s.party_id)
    ).outerjoin(publishers, and_(s.role == "publisher", publishers.c.id == s.party_id))
    return select(statements, func.coalesce(name, s.party_id).label("name")).select_from(joined)


def _with_lines(conn: Connection, rows: Sequence[Row[Any]]) -> list[Statement]:
    lines: dict[str, list[StatementLine]] = {row.id: [] for row in rows}
    query = select(statement_lines).where(statement_lines.c.statement_id.in_(list(lines)))
    for r in conn.execute(query.order_by("statement_id", "day", "kind")):
        lines[r.statement_id].append(StatementLine(r.day, r.kind, r.transfers, r.amount_minor))
    return [_statement(row, tuple(lines[row.id])) for row in rows]


def _statement(r: Row[Any], lines: tuple[StatementLine, ...]) -> Statement:
    return Statement(
        r.id, r.role, r.party_id, r.name, r.currency, r.since, r.until, r.opening_minor,
        r.closing_minor, r.payable_minor, r.estimated_minor, lines,
    )  # fmt: skip
