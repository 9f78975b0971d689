"""Budgets leased to deciding nodes: a node promises only money that it holds.

A node holds slices of the plans' budgets. Deciding a sponsored slot promises its price, which is
taken from the slice at once; the node reports its promises every second and gets its slices filled
up. A promise waits `CHARGE_SECONDS` for its impression, and for the log to be applied: seen in
time it is spend, and otherwise it is free again. So for every plan, at all times,

    spend + slices held + promises that still wait <= budget,

and the same over the plans of a merchant for its wallet, and over those that share a budget. A
slice is held for `LEASE_SECONDS`. Of a node that is not heard of until then all that it held counts
as promised in the last minute of the lease: whatever its log brings to light later is covered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, text

from adunion.engines.direct import ask
from adunion.kernel.ids import Ids
from adunion.kernel.money import micros_per_minor
from adunion.trust.token import CHARGE_SECONDS

from . import repository, shared_budgets

LEASE_SECONDS = 10
LAG_MINUTES = 5
"""How late the log may be applied: a promise is held so much longer than it can be charged."""
SLICES = 4
"""All nodes together hold this part of what is free, so that no bid is bent by a small slice."""

_MERCHANTS_PLANS = text("""
    select id from plans where (status = 'active' or shared_budget_id is not null)
       and merchant_id in (select merchant_id from plans where id = any(:plans)) order by id
""")
_EXPIRE = text("""
    with gone as (
        select plan_id, node, left_micros, expires_at from budget_leases
         where left_micros > 0 and plan_id = any(:plans) and (expires_at < :now or node = :node)
         for update
    ), emptied as (
        update budget_leases l set left_micros = 0 from gone
         where l.plan_id = gone.plan_id and l.node = gone.node
    )
    insert into promises (plan_id, minute, promised_micros, charged_micros)
    select plan_id, floor(extract(epoch from least(expires_at, :now)) / 60)::bigint,
           sum(left_micros)::bigint, 0
      from gone group by 1, 2 order by 1, 2
        on conflict (plan_id, minute)
        do update set promised_micros = promises.promised_micros + excluded.promised_micros
""")
_REPORT = text("""
    with told as (
        select * from unnest(cast(:plans as text[]), cast(:amounts as bigint[])) t(plan_id, amount)
    ), taken as (
        update budget_leases l set left_micros = greatest(left_micros - amount, 0) from told
         where l.plan_id = told.plan_id and l.node = :node returning l.plan_id
    )
    insert into promises (plan_id, minute, promised_micros, charged_micros)
    select plan_id, :minute, amount, 0 from told order by plan_id
        on conflict (plan_id, minute)
        do update set promised_micros = promises.promised_micros + excluded.promised_micros
""")
_STANDING = text("""
    select p.id, p.merchant_id, p.currency, p.budget_minor, p.shared_budget_id, s.spend_micros,
           coalesce(l.held, 0)::bigint as held, coalesce(l.own, 0)::bigint as own,
           coalesce(f.waiting, 0)::bigint as waiting
      from plans p join plan_spend s on s.plan_id = p.id
      left join (select plan_id, sum(left_micros) as held,
                        sum(left_micros) filter (where node = :node) as own
                   from budget_leases where plan_id = any(:plans) group by 1) l on l.plan_id = p.id
      left join (select plan_id, sum(greatest(promised_micros - charged_micros, 0)) as waiting
                   from promises where plan_id = any(:plans) and minute >= :since
                  group by 1) f on f.plan_id = p.id
     where p.id = any(:plans) order by p.id
""")
_NODES = text("select count(distinct node) from budget_leases where expires_at >= :now")
_GRANT = text("""
    insert into budget_leases (id, plan_id, node, left_micros, granted_micros, expires_at)
    select * from unnest(cast(:ids as text[]), cast(:plans as text[]),
                         array_fill(cast(:node as text), array[cardinality(:plans)]),
                         cast(:amounts as bigint[]), cast(:amounts as bigint[]),
                         array_fill(cast(:until as timestamptz), array[cardinality(:plans)]))
        on conflict (plan_id, node)
        do update set left_micros = budget_leases.left_micros + excluded.left_micros,
                      granted_micros = budget_leases.granted_micros + excluded.granted_micros,
                      expires_at = excluded.expires_at
""")
_SETTLE = text("""
    update promises p set charged_micros = p.charged_micros + t.amount
      from unnest(cast(:plans as text[]), cast(:minutes as bigint[]), cast(:amounts as bigint[]))
           t(plan_id, minute, amount)
     where p.plan_id = t.plan_id and p.minute = t.minute
""")
_WAITING = text("select exists (select from promises) as there")
_LET_GO = text("update budget_leases set left_micros = 0 where node = :node")
_FORGET = text("delete from promises where minute < :since")


@dataclass(frozen=True)
class Wish:
    """What a node tells and asks of one plan."""

    promised_micros: int  # since the last time
    wanted_micros: int  # to hold from now on


def renew(
    conn: Connection,
    ids: Ids,
    node: str,
    wishes: Mapping[str, Wish],
    wallets: Callable[[Connection], Mapping[str, int]],
    now: datetime,
) -> dict[str, int]:
    """Report a node's promises and fill up what it holds; micros held now, by plan.

    `wallets` reads the merchants' balances in micros, by merchant id. What the node held when its
    lease had run out is not its own any more, and it starts anew.
    """
    if not wishes:
        return {}
    plans = _lock(conn, list(wishes))
    until = now + timedelta(seconds=LEASE_SECONDS)
    conn.execute(_EXPIRE, {"plans": plans, "now": now, "node": ""})
    lively = {row.id for row in _standing(conn, node, plans, now) if row.own > 0}
    told = {id_: wish.promised_micros for id_, wish in wishes.items() if id_ in lively}
    told = {id_: amount for id_, amount in told.items() if amount}
    if told:
        minute = int(now.timestamp()) // 60
        conn.execute(
            _REPORT,
            {"plans": list(told), "amounts": list(told.values()), "node": node, "minute": minute},
        )
    standing = _standing(conn, node, plans, now)
    nodes = max(int(conn.execute(_NODES, {"now": now}).scalar_one()), 1)
    shared = [row.shared_budget_id for row in standing if row.shared_budget_id]
    locked = shared_budgets.lock(conn, shared, now)
    left = {id_: shared_budgets.left_micros(row) for id_, row in locked.items()}
    grants = _grants(standing, wishes, wallets(conn), left, nodes)
    chosen = list(grants)
    conn.execute(
        _GRANT,
        {
            "ids": [ids("lse") for _ in chosen], "plans": chosen, "node": node,
            "amounts": [grants[id_] for id_ in chosen], "until": until,
        },
    )  # fmt: skip
    own = {row.id: row.own for row in standing}
    return {id_: own[id_] + grant for id_, grant in grants.items()}


def _lock(conn: Connection, plan_ids: list[str]) -> list[str]:
    """Lock what all plans of these plans' merchants have spent; their ids, in order."""
    plans = list(conn.execute(_MERCHANTS_PLANS, {"plans": plan_ids}).scalars())
    repository.lock_spend(conn, plans)
    return plans


def retire(conn: Connection, node: str, now: datetime) -> None:
    """Take back what a node held that was killed: all of it may have been promised."""
    held = text("select plan_id from budget_leases where node = :node and left_micros > 0")
    plans = list(conn.execute(held, {"node": node}).scalars())
    if plans:
        repository.lock_spend(conn, plans)
        conn.execute(_EXPIRE, {"plans": plans, "now": now, "node": node})


def forget(conn: Connection, now: datetime) -> None:
    """Drop promises that are over for a day."""
    conn.execute(_FORGET, {"since": _since(now) - 1_440})


def give_back(conn: Connection, node: str, promised: Mapping[str, int], now: datetime) -> None:
    """A node ends in good order: its last promises, and all that it held is free at once."""
    plans = sorted(promised)
    repository.lock_spend(conn, plans)
    conn.execute(_EXPIRE, {"plans": plans, "now": now, "node": ""})
    told = {"plans": plans, "amounts": [promised[id_] for id_ in plans], "node": node}
    conn.execute(_REPORT, told | {"minute": int(now.timestamp()) // 60})
    conn.execute(
        text("update budget_leases set left_micros = 0 where node = :node"), {"node": node}
    )


def waiting(conn: Connection) -> bool:
    """Whether nodes have promised anything that may still be settled."""
    return bool(ask(conn, _WAITING, {})[0].there)


def settle(conn: Connection, charged: Mapping[tuple[str, int], int]) -> None:
    """Promises that were seen and charged, by (plan, minute of the decision since the epoch)."""
    if charged:
        plans, minutes = zip(*charged, strict=True)
        amounts = {"plans": list(plans), "minutes": list(minutes), "amounts": [*charged.values()]}
        conn.execute(_SETTLE, amounts)


def _since(now: datetime) -> int:
    return (int(now.timestamp()) - CHARGE_SECONDS) // 60 - LAG_MINUTES


def _standing(conn: Connection, node: str, plans: list[str], now: datetime) -> Sequence[Row[Any]]:
    """What each plan has spent, holds in slices and waits for, in id order."""
    return conn.execute(_STANDING, {"plans": plans, "node": node, "since": _since(now)}).all()


def _grants(
    standing: Sequence[Row[Any]],
    wishes: Mapping[str, Wish],
    wallets_micros: Mapping[str, int],
    shared_micros: Mapping[str, int],
    nodes: int,
) -> dict[str, int]:
    """What to add to each wished-for slice; never more than is free of the plan and the wallet."""
    purse, shared = dict(wallets_micros), dict(shared_micros)
    for row in standing:
        unposted = row.spend_micros % micros_per_minor(row.currency)
        owed = row.held + row.waiting
        purse[row.merchant_id] = purse.get(row.merchant_id, 0) - owed - unposted
        if row.shared_budget_id:
            shared[row.shared_budget_id] -= owed
    out = {}
    for row in standing:
        wish = wishes.get(row.id)
        if wish is None:
            continue
        free = purse[row.merchant_id]
        if row.budget_minor is not None:
            budget = row.budget_minor * micros_per_minor(row.currency)
            free = min(free, budget - row.spend_micros - row.held - row.waiting)
        if row.shared_budget_id:
            free = min(free, shared[row.shared_budget_id])
        free = max(free, 0)
        need = max(wish.wanted_micros, free // (SLICES * nodes)) - row.own
        fair = max(free // (2 * nodes), min(free, wish.wanted_micros // 16))
        out[row.id] = max(min(need, fair), 0)
        purse[row.merchant_id] -= out[row.id]
        if row.shared_budget_id:
            shared[row.shared_budget_id] -= out[row.id]
    return out
