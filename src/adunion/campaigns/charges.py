"""What plans owe: micros add up, whole minor units are posted, the rest is carried."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from adunion.engines.arrays import insert_columns
from adunion.engines.direct import ask, run
from adunion.kernel.errors import conflict, invalid, not_found
from adunion.kernel.money import micros_per_minor
from adunion.ledger import PLATFORM_MEDIA, Posting, merchant_wallet

from . import repository, shared_budgets
from .tables import plan_charges

_KNOWN = text("""
    select plan_id, micros, amount_minor from plan_charges
     where key = :key and plan_id = any(cast(:plans as text[]))
""")
_SPENT = text("""
    update plan_spend s set spend_micros = e.spend, over_micros = e.over
      from unnest(cast(:plan_id as text[]), cast(:spend_micros as bigint[]),
                  cast(:over_micros as bigint[])) as e(id, spend, over)
     where s.plan_id = e.id
""")


def charge(
    conn: Connection, spend_micros: Mapping[str, int], key: str, at: datetime
) -> list[Posting]:
    """Charge plans for the part of the event log that `key` names; returns what to post.

    A plan is never billed beyond its budget, nor beyond one that it shares (of the day of `at`,
    where that is by day): what was shown over it is the platform's loss, kept in `over_micros`.
    The same key again returns the same postings and changes nothing.

    Raises: 404 for an unknown plan, 409 `charge_differs` for a key used with another amount.
    """
    wanted = {id_: micros for id_, micros in sorted(spend_micros.items()) if micros}
    if any(micros < 0 for micros in wanted.values()):
        raise invalid("micros", "A charge is not negative.", "Refund by a transfer of its own.")
    if not wanted:
        return []
    rows = {row.plan_id: row for row in repository.lock_spend(conn, list(wanted))}
    for id_ in wanted:
        if id_ not in rows:
            raise not_found("plan", id_)
    known = _known(conn, list(wanted), key)
    _check_same(known, wanted, key)
    new = {id_: micros for id_, micros in wanted.items() if id_ not in known}
    shared = {id_: rows[id_].shared_budget_id for id_ in new if rows[id_].shared_budget_id}
    budgets = shared_budgets.lock(conn, [*shared.values()], at)
    left = {id_: shared_budgets.left_micros(row) for id_, row in budgets.items()}
    fresh, billed = [], dict.fromkeys(budgets, 0)
    for id_, micros in new.items():
        budget = shared.get(id_)
        bill = _bill(rows[id_], micros, key, None if budget is None else left[budget])
        fresh.append(bill)
        if budget is not None:
            added = bill["spend_micros"] - rows[id_].spend_micros
            left[budget] -= added
            billed[budget] += added
    _write(conn, fresh)
    shared_budgets.add(conn, billed, budgets)
    minor = {id_: row.amount_minor for id_, row in known.items()}
    minor |= {bill["plan_id"]: bill["amount_minor"] for bill in fresh}
    return [_posting(rows[id_], minor[id_], key) for id_ in wanted if minor[id_]]


def _known(conn: Connection, plan_ids: list[str], key: str) -> dict[str, Row[Any]]:
    rows = ask(conn, _KNOWN, {"key": key, "plans": plan_ids})
    return {row.plan_id: row for row in rows}


def _check_same(known: Mapping[str, Row[Any]], wanted: Mapping[str, int], key: str) -> None:
    for id_, row in known.items():
        if row.micros != wanted[id_]:
            raise conflict(
                "charge_differs",
                f"Key {key!r} charged {row.micros} micros to {id_}, now {wanted[id_]}.",
                "One key names one part of the event log.",
            )


def _bill(row: Row[Any], micros: int, key: str, shared_left: int | None) -> dict[str, Any]:
    unit = micros_per_minor(row.currency)
    left = micros
    if row.budget_minor is not None:
        left = max(row.budget_minor * unit - row.spend_micros, 0)
    billed = min(micros, left) if shared_left is None else min(micros, left, shared_left)
    before, after = row.spend_micros // unit, (row.spend_micros + billed) // unit
    return {
        "plan_id": row.plan_id, "key": key, "micros": micros, "amount_minor": after - before,
        "spend_micros": row.spend_micros + billed, "over_micros": row.over_micros + micros - billed,
    }  # fmt: skip


def _write(conn: Connection, bills: list[dict[str, Any]]) -> None:
    if not bills:
        return
    names = ("plan_id", "key", "micros", "amount_minor")
    insert_columns(conn, plan_charges, {name: [bill[name] for bill in bills] for name in names})
    spent = ("plan_id", "spend_micros", "over_micros")
    run(conn, _SPENT, {name: [bill[name] for bill in bills] for name in spent})


def _posting(row: Row[Any], amount_minor: int, key: str) -> Posting:
    return Posting(
        key=f"media:{row.plan_id}:{key}",
        debit=merchant_wallet(row.merchant_id),
        credit=PLATFORM_MEDIA,
        amount_minor=amount_minor,
        currency=row.currency,
        memo="media",
        reference=row.plan_id,
    )
