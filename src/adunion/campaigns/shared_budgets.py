"""Budgets that several plans of one merchant share: the money goes to where it earns most.

A shared budget is a hard cap over its plans together, a UTC day or in all. What is billed of it is
kept in `shared_spend`, beside what each plan was billed; plans join and leave by an edit of theirs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, get_args

from sqlalchemy import Connection, Engine, Row, text, update

from adunion.catalog.repository import get_merchant
from adunion.engines.direct import ask, run
from adunion.kernel.clock import Clock
from adunion.kernel.errors import AdUnionError, invalid, not_found
from adunion.kernel.ids import Ids
from adunion.kernel.money import MINOR_MAX, Money, micros_per_minor

from . import checks, repository
from .tables import shared_budgets
from .types import Period, Pool, SharedBudget

ALWAYS = date(1970, 1, 1)
"""The day under which a total is counted."""
TARGET_USUAL = Decimal(4)
_DAY = "case when b.period = 'day' then cast(:day as date) else date '1970-01-01' end"
_FOUND = f"""
    select b.*, coalesce(s.spend_micros, 0)::bigint as spend_micros,
           coalesce((select array_agg(p.id order by p.id) from plans p
                      where p.shared_budget_id = b.id and p.status <> 'ended'), '{{}}') as plan_ids
      from shared_budgets b
      left join shared_spend s on s.budget_id = b.id and s.day = {_DAY}
"""
_POOLS = text(f"{_FOUND} where b.currency = :currency order by b.id")
_LOCK = text(f"""
    select b.id, b.currency, b.amount_minor, s.day, s.spend_micros
      from shared_budgets b join shared_spend s on s.budget_id = b.id and s.day = {_DAY}
     where b.id = any(:ids) order by b.id for update of s
""")
_MAKE = text(f"""
    insert into shared_spend (budget_id, day, spend_micros)
    select b.id, {_DAY}, 0 from shared_budgets b where b.id = any(:ids) order by b.id
        on conflict do nothing
""")
_ADD = text("""
    update shared_spend s set spend_micros = s.spend_micros + t.amount
      from unnest(cast(:ids as text[]), cast(:days as date[]), cast(:amounts as bigint[]))
           t(id, day, amount)
     where s.budget_id = t.id and s.day = t.day
""")


class SharedBudgets:
    """Each method is one transaction."""

    def __init__(self, engine: Engine, clock: Clock, ids: Ids, currency: str) -> None:
        self._engine, self._clock, self._ids, self._currency = engine, clock, ids, currency

    def create(
        self, merchant_id: str, name: str, amount_minor: object, period: object = "day"
    ) -> SharedBudget:
        """A budget that no plan shares yet; raises 422 for a bad field."""
        now, id_, amount = self._clock.now(), self._ids("bud"), _amount(amount_minor)
        values = {
            "id": id_, "merchant_id": merchant_id, "name": checks.name(name),
            "currency": self._currency, "amount_minor": amount,
            "period": _period(period), "created_at": now, "updated_at": now,
        }  # fmt: skip
        with self._engine.begin() as conn:
            get_merchant(conn, merchant_id)
            _pays_a_click(conn, amount, merchant_id, self._currency)
            conn.execute(shared_budgets.insert().values(**values))
            return find(conn, id_, merchant_id, now)

    def get(self, budget_id: str, merchant_id: str | None = None) -> SharedBudget:
        """One; that of another merchant than the given is not found."""
        with self._engine.connect() as conn:
            return find(conn, budget_id, merchant_id, self._clock.now())

    def list(self, merchant_id: str | None = None) -> Sequence[SharedBudget]:
        """All of a merchant, or of all, newest first."""
        where = "" if merchant_id is None else "where b.merchant_id = :merchant"
        query = text(f"{_FOUND} {where} order by b.id desc")
        now = self._clock.now()
        with self._engine.connect() as conn:
            asked = {"day": _day(now)} | ({"merchant": merchant_id} if merchant_id else {})
            return [_budget(row) for row in conn.execute(query, asked)]

    def change(
        self, budget_id: str, merchant_id: str | None = None, *,
        name: str | None = None, amount_minor: object = None,
    ) -> SharedBudget:  # fmt: skip
        """Another name or amount; what is spent already stays spent."""
        now = self._clock.now()
        values: dict[str, Any] = {"updated_at": now}
        if name is not None:
            values["name"] = checks.name(name)
        if amount_minor is not None:
            values["amount_minor"] = _amount(amount_minor)
        with self._engine.begin() as conn:
            found = find(conn, budget_id, merchant_id, now)
            if "amount_minor" in values:
                _pays_a_click(
                    conn, values["amount_minor"], found.merchant_id, found.currency, found.plan_ids
                )
            chosen = update(shared_budgets).where(shared_budgets.c.id == budget_id)
            conn.execute(chosen.values(**values))
            return find(conn, budget_id, merchant_id, now)


def find(conn: Connection, budget_id: str, merchant_id: str | None, now: datetime) -> SharedBudget:
    """One, as it stands; raises 404."""
    query = text(f"{_FOUND} where b.id = :id")
    row = conn.execute(query, {"id": budget_id, "day": _day(now)}).first()
    if row is None or merchant_id not in (None, row.merchant_id):
        raise not_found("shared budget", budget_id)
    return _budget(row)


def joinable(
    conn: Connection, budget_id: str, merchant_id: str, currency: str, now: datetime,
    click_minor: int,
) -> None:  # fmt: skip
    """Raise unless a plan of this merchant and currency, of such clicks, may share the budget."""
    try:
        budget = find(conn, budget_id, merchant_id, now)
    except AdUnionError:
        raise invalid(
            "shared_budget_id", f"The merchant has no shared budget {budget_id[:40]!r}.",
            "Make one, or choose one of its own: GET /v1/shared-budgets lists them.",
        ) from None  # fmt: skip
    if budget.currency != currency:
        raise invalid("shared_budget_id", f"That budget is in {budget.currency}.")
    if budget.amount_minor < click_minor:
        raise _below("shared_budget_id", budget.amount_minor, click_minor, currency)


def pools(conn: Connection, currency: str, now: datetime) -> list[Pool]:
    """What is left of every shared budget that a plan may spend now."""
    rows = ask(conn, _POOLS, {"currency": currency, "day": _day(now)})
    midnight = datetime.combine(_day(now) + timedelta(days=1), time(), UTC)
    return [
        Pool(
            row.id,
            max(row.amount_minor * micros_per_minor(row.currency) - row.spend_micros, 0),
            midnight if row.period == "day" else None,
        )
        for row in rows
        if row.plan_ids
    ]


def lock(conn: Connection, budget_ids: Sequence[str], now: datetime) -> dict[str, Row[Any]]:
    """Rows to charge, made where absent and locked in id order: amount, day, spend."""
    if not budget_ids:
        return {}
    asked = {"ids": sorted(set(budget_ids)), "day": _day(now)}
    run(conn, _MAKE, asked)
    return {row.id: row for row in ask(conn, _LOCK, asked)}


def add(conn: Connection, billed: Mapping[str, int], rows: Mapping[str, Row[Any]]) -> None:
    """Count what was billed of each, micros by id; `rows` are those that `lock` gave."""
    amounts = {id_: micros for id_, micros in billed.items() if micros}
    if amounts:
        days = [rows[id_].day for id_ in amounts]
        run(conn, _ADD, {"ids": [*amounts], "days": days, "amounts": [*amounts.values()]})


def left_micros(row: Row[Any]) -> int:
    """Of a locked row."""
    return max(int(row.amount_minor) * micros_per_minor(row.currency) - int(row.spend_micros), 0)


def _day(now: datetime) -> date:
    return now.astimezone(UTC).date()


def _amount(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MINOR_MAX:
        raise invalid(
            "amount", "A shared budget is a whole number of minor units, 1 or more.",
            "Write 500.00 for five hundred a day.",
        )  # fmt: skip
    return value


def _pays_a_click(
    conn: Connection, amount_minor: int, merchant_id: str, currency: str,
    plan_ids: Sequence[str] = (),
) -> None:  # fmt: skip
    """Raise where no plan that shares it could buy one click.

    While none does, a click of the merchant's cheapest live item at the usual target counts.
    """
    plans = [repository.find(conn, id_) for id_ in plan_ids]
    clicks = [
        checks.click_minor(
            plan.target_roi, plan.target_cost_minor or repository.cheapest(conn, plan.id)
        )
        for plan in plans
        if plan is not None
    ]
    if not clicks:
        price = repository.cheapest_live(conn, merchant_id, currency)
        clicks = [checks.click_minor(TARGET_USUAL, price)]
    if amount_minor < min(clicks):
        raise _below("amount", amount_minor, min(clicks), currency)
    if amount_minor > (most := checks.budget_max(currency)):
        raise invalid("amount", f"A shared budget is at most {Money(most, currency)}.", "Lower it.")


def _below(field: str, amount_minor: int, click_minor: int, currency: str) -> AdUnionError:
    return invalid(
        field,
        f"A shared budget of {Money(amount_minor, currency)} is below one click, "
        f"about {Money(click_minor, currency)}.",
        "Raise the budget.",
    )


def _period(value: object) -> Period:
    wanted = next((one for one in get_args(Period) if one == value), None)
    if wanted is None:
        raise invalid("period", f"{str(value)[:40]!r} is not day or total.", "Choose one of them.")
    found: Period = wanted
    return found


def _budget(row: Row[Any]) -> SharedBudget:
    return SharedBudget(
        id=row.id, merchant_id=row.merchant_id, name=row.name, currency=row.currency,
        amount_minor=row.amount_minor, period=row.period,
        spend_minor=row.spend_micros // micros_per_minor(row.currency),
        plan_ids=tuple(row.plan_ids), created_at=row.created_at, updated_at=row.updated_at,
    )  # fmt: skip
