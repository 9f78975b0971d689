"""All SQL of the room, set-based: the number of statements does not grow with the batch."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import cast

from sqlalchemy import ARRAY, Connection, Text, bindparam, func, select, text
from sqlalchemy.engine import Row

from adunion.engines.direct import ask, ask_plain, run

from .moves import Account, Effect, Pending, is_bounded
from .tables import accounts, transfers
from .types import Balance, Entry, Kind, Posting, Totals

_LOCK = text(
    """
    select a.id, a.code, a.currency, a.bounded,
           a.posted_minor, a.pending_in_minor, a.pending_out_minor
    from accounts a
    join unnest(cast(:codes as text[]), cast(:currencies as text[])) w(code, currency)
      on a.code = w.code and a.currency = w.currency
    order by a.id
    for no key update of a
    """
)
_OPEN = text(
    """
    insert into accounts (code, currency, bounded)
    select * from unnest(cast(:codes as text[]), cast(:currencies as text[]),
                         cast(:bounded as boolean[]))
    on conflict do nothing
    """
)
_INSERT = text(
    """
    insert into transfers (id, key, debit_id, credit_id, amount_minor, currency, kind,
                           pending_key, memo, reference, at)
    select w.*, :at
    from unnest(cast(:id as text[]), cast(:key as text[]), cast(:debit as bigint[]),
                cast(:credit as bigint[]), cast(:amount as bigint[]), cast(:currency as text[]),
                cast(:kind as text[]), cast(:pending as text[]), cast(:memo as text[]),
                cast(:reference as text[])) w
    on conflict (key) do nothing
    returning key
    """
)
_ADD = text(
    """
    update accounts a
    set posted_minor = a.posted_minor + w.posted,
        pending_in_minor = a.pending_in_minor + w.pending_in,
        pending_out_minor = a.pending_out_minor + w.pending_out
    from unnest(cast(:id as bigint[]), cast(:posted as bigint[]), cast(:pending_in as bigint[]),
                cast(:pending_out as bigint[])) w(id, posted, pending_in, pending_out)
    where a.id = w.id
    """
)
_PENDINGS = text(
    """
    select t.key, d.code as debit, c.code as credit, t.currency, t.amount_minor,
           coalesce((select sum(s.amount_minor) from transfers s where s.pending_key = t.key), 0)
             as settled_minor
    from transfers t
    join accounts d on d.id = t.debit_id
    join accounts c on c.id = t.credit_id
    where t.key = any(cast(:keys as text[])) and t.kind = 'pending'
    """
)
_FIND = text(
    """
    select t.id, t.key, d.code as debit, c.code as credit, t.amount_minor, t.currency, t.kind,
           t.pending_key, t.memo, t.reference
    from transfers t
    join accounts d on d.id = t.debit_id
    join accounts c on c.id = t.credit_id
    where t.key = any(cast(:keys as text[]))
    """
)
_HISTORY = text(
    """
    select t.id, t.key, t.at, t.kind, t.currency, t.memo, t.reference, o.code as other,
           case when t.credit_id = a.id then t.amount_minor else -t.amount_minor end as amount_minor
    from accounts a
    cross join lateral (
        (select * from transfers where debit_id = a.id and seq < :before
         order by seq desc limit :limit)
        union all
        (select * from transfers where credit_id = a.id and seq < :before
         order by seq desc limit :limit)
    ) t
    join accounts o on o.id = t.debit_id + t.credit_id - a.id
    where a.code = :code
    order by t.seq desc
    limit :limit
    """
)
_TOTALS = text(
    """
    with t as (
        select currency, count(*) as transfers,
               coalesce(sum(amount_minor) filter (where kind in ('post', 'post_pending')), 0) moved,
               coalesce(sum(amount_minor) filter (where kind = 'pending'), 0)
               - coalesce(sum(amount_minor) filter (where pending_key is not null), 0) as pending
        from transfers group by currency
    )
    select a.currency, count(*) as accounts, coalesce(max(t.transfers), 0) as transfers,
           coalesce(max(t.moved), 0) as moved, coalesce(max(t.pending), 0) as pending
    from accounts a left join t on t.currency = a.currency
    group by a.currency order by a.currency
    """
)
_UNBALANCED = text(
    "select currency, sum(posted_minor) as left_over from accounts"
    " group by currency having sum(posted_minor) <> 0 order by currency"
)
_WRONG_BALANCE = text(
    """
    with sides as (
        select debit_id as id, kind, currency, -sum(amount_minor) as amount
        from transfers group by 1, 2, 3
        union all
        select credit_id, kind, currency, sum(amount_minor) from transfers group by 1, 2, 3
    ), sums as (
        select id, currency,
               coalesce(sum(amount) filter (where kind in ('post', 'post_pending')), 0) as posted,
               coalesce(sum(case when kind = 'pending' then amount else -amount end)
                        filter (where kind <> 'post' and amount > 0), 0) as pending_in,
               coalesce(-sum(case when kind = 'pending' then amount else -amount end)
                        filter (where kind <> 'post' and amount < 0), 0) as pending_out
        from sides group by id, currency
    )
    select a.code, a.currency, a.posted_minor, a.pending_in_minor, a.pending_out_minor,
           coalesce(s.posted, 0) as posted, coalesce(s.pending_in, 0) as pending_in,
           coalesce(s.pending_out, 0) as pending_out, s.currency as moved_in
    from accounts a left join sums s on s.id = a.id
    where (a.posted_minor, a.pending_in_minor, a.pending_out_minor)
          <> (coalesce(s.posted, 0), coalesce(s.pending_in, 0), coalesce(s.pending_out, 0))
       or a.currency <> s.currency
       or (a.bounded and a.posted_minor < a.pending_out_minor)
    order by a.code, a.currency limit 100
    """
)
_BAD_PENDINGS = text(
    """
    select s.pending_key, p.key is null as unknown, p.amount_minor, s.settled
    from (select pending_key, debit_id, credit_id, currency, sum(amount_minor) as settled
          from transfers where pending_key is not null group by 1, 2, 3, 4) s
    left join transfers p on p.key = s.pending_key and p.kind = 'pending'
         and p.debit_id = s.debit_id and p.credit_id = s.credit_id and p.currency = s.currency
    where p.key is null or s.settled > p.amount_minor
    order by s.pending_key limit 100
    """
)
_SEQ_MAX = 2**63 - 1


def lock_accounts(
    conn: Connection, sides: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], Account]:
    """Lock accounts of (code, currency) in id order, opening those that are missing."""
    wanted = {"codes": [code for code, _ in sides], "currencies": [cur for _, cur in sides]}
    found = ask(conn, _LOCK, wanted)
    if len(found) < len(sides):
        run(conn, _OPEN, wanted | {"bounded": [is_bounded(code) for code, _ in sides]})
        found = ask(conn, _LOCK, wanted)
    return {(row.code, row.currency): Account(*row) for row in found}


def insert_transfers(
    conn: Connection,
    rows: Sequence[tuple[str, Posting]],
    by_side: dict[tuple[str, str], Account],
    at: datetime,
) -> set[str]:
    """Write (id, posting) rows whose key is new; returns the keys written."""
    postings = [p for _, p in rows]
    written = ask_plain(
        conn,
        _INSERT,
        {
            "id": [id_ for id_, _ in rows],
            "key": [p.key for p in postings],
            "debit": [by_side[p.debit, p.currency].id for p in postings],
            "credit": [by_side[p.credit, p.currency].id for p in postings],
            "amount": [p.amount_minor for p in postings],
            "currency": [p.currency for p in postings],
            "kind": [p.kind for p in postings],
            "pending": [p.pending_key for p in postings],
            "memo": [p.memo for p in postings],
            "reference": [p.reference for p in postings],
            "at": at,
        },
    )
    return {key for (key,) in written}


def add_to_balances(conn: Connection, changes: dict[int, Effect]) -> None:
    """Add effects, by account id, to the cached balances."""
    run(
        conn,
        _ADD,
        {
            "id": list(changes),
            "posted": [e.posted_minor for e in changes.values()],
            "pending_in": [e.pending_in_minor for e in changes.values()],
            "pending_out": [e.pending_out_minor for e in changes.values()],
        },
    )


def pendings(conn: Connection, keys: Sequence[str]) -> dict[str, Pending]:
    """Pending transfers of these keys with all that was posted or voided of them, by key."""
    rows = ask(conn, _PENDINGS, {"keys": list(keys)})
    return {
        r.key: Pending(r.debit, r.credit, r.currency, r.amount_minor, int(r.settled_minor))
        for r in rows
    }


def find(conn: Connection, keys: Sequence[str]) -> dict[str, tuple[str, Posting]]:
    """Transfers by key: their id and what was asked."""
    rows = conn.execute(_FIND, {"keys": list(keys)})
    return {row.key: (row.id, Posting(*row[1:])) for row in rows}


def balances(conn: Connection, prefix: str) -> list[Balance]:
    """Accounts by prefix of their code."""
    query = _BALANCE.where(accounts.c.code.startswith(prefix, autoescape=True))
    return [Balance(*row) for row in conn.execute(query.order_by("code", "currency")).all()]


def balances_of(conn: Connection, codes: Sequence[str], currency: str) -> list[Balance]:
    """Accounts of one currency, by code."""
    asked = {"codes": list(codes), "in_currency": currency}
    return [Balance(*row) for row in ask(conn, _BALANCES_OF, asked)]


def balance(conn: Connection, code: str, currency: str) -> Balance | None:
    """One account."""
    one = _BALANCE.where(accounts.c.code == code, accounts.c.currency == currency)
    row = conn.execute(one).one_or_none()
    return None if row is None else Balance(*row)


_BALANCE = select(
    accounts.c.code,
    accounts.c.currency,
    accounts.c.posted_minor,
    accounts.c.pending_in_minor,
    accounts.c.pending_out_minor,
)
_BALANCES_OF = _BALANCE.where(
    accounts.c.code == func.any(bindparam("codes", type_=ARRAY(Text))),
    accounts.c.currency == bindparam("in_currency"),
).order_by(accounts.c.code)


def seq_of(conn: Connection, transfer_id: str) -> int | None:
    """The place of a transfer in the order of its accounts."""
    return conn.scalar(select(transfers.c.seq).where(transfers.c.id == transfer_id))


def history(conn: Connection, code: str, limit: int, before: int | None) -> list[Entry]:
    """Newest transfers of an account that come before a place in its order."""
    rows = conn.execute(
        _HISTORY, {"code": code, "limit": limit, "before": _SEQ_MAX if before is None else before}
    )
    return [
        Entry(
            row.id, row.key, row.at, cast(Kind, row.kind), row.amount_minor, row.currency,
            row.other, row.memo, row.reference,
        )
        for row in rows
    ]  # fmt: skip


def totals(conn: Connection) -> list[Totals]:
    """Sums by currency."""
    return [
        Totals(r.currency, r.accounts, r.transfers, int(r.moved), int(r.moved), int(r.pending))
        for r in conn.execute(_TOTALS)
    ]


def problems(conn: Connection) -> list[str]:
    """What contradicts the transfers, in words; each question is one statement, so one moment."""
    return [
        *(
            f"{r.currency}: debits and credits differ by {r.left_over} minor units"
            for r in conn.execute(_UNBALANCED)
        ),
        *(_wrong_balance(r) for r in conn.execute(_WRONG_BALANCE)),
        *(
            f"{r.pending_key}: {r.settled} settled of "
            + ("no such pending transfer" if r.unknown else f"{r.amount_minor} reserved")
            for r in conn.execute(_BAD_PENDINGS)
        ),
    ]


def _wrong_balance(r: Row[tuple[object, ...]]) -> str:
    return (
        f"{r.code} {r.currency}: balance {r.posted_minor} (in {r.pending_in_minor}, out "
        f"{r.pending_out_minor}), its transfers in {r.moved_in} give {r.posted} "
        f"(in {r.pending_in}, out {r.pending_out})"
    )
