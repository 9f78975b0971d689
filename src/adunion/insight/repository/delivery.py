"""What plans spent and sold by day or window, and what the guarantee paid."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, literal, select

from adunion.campaigns.tables import plan_edits, plan_spend, plans
from adunion.kernel.money import micros_per_minor
from adunion.settlement.guarantee import PROMISED, Change, Sales, Spend, target_at
from adunion.settlement.tables import plan_guarantees

from ..tables import plan_hours
from ..types import Paid, PlanWindow
from .reports import sums_of

_WINDOW_SUMS = ("spend_micros", "gmv_minor", "refunds_minor", "orders")


def billed_days(
    conn: Connection, before: date, *, plan_id: str | None = None, judged: bool = False
) -> list[Spend]:
    """What plans were billed for the impressions of each day (UTC) before one, by plan and day.

    The whole minor units that the running sum passes on the day, up to what was billed, so that
    they sum to the charge. Days that the guarantee has judged are left out unless `judged`.
    """
    day = func.date(func.timezone("UTC", plan_hours.c.hour)).label("day")
    shown = func.sum(plan_hours.c.spend_micros)
    query = (
        select(
            plan_hours.c.plan_id, day, plans.c.currency, plan_spend.c.spend_micros.label("billed"),
            shown.label("shown"),
            func.sum(shown).over(partition_by=plan_hours.c.plan_id, order_by=day).label("running"),
        )
        .join(plans, plans.c.id == plan_hours.c.plan_id)
        .join(plan_spend, plan_spend.c.plan_id == plan_hours.c.plan_id)
        .where(plan_hours.c.spend_micros > 0)
        .group_by(plan_hours.c.plan_id, day, plans.c.currency, plan_spend.c.spend_micros)
    )  # fmt: skip
    if plan_id is not None:
        query = query.where(plan_hours.c.plan_id == plan_id)
    days = query.subquery()
    known = select(literal(1)).where(
        plan_guarantees.c.plan_id == days.c.plan_id, plan_guarantees.c.day == days.c.day
    )
    chosen = select(days).where(days.c.day < before).order_by(days.c.plan_id, days.c.day)
    return [
        _billed(row) for row in conn.execute(chosen if judged else chosen.where(~known.exists()))
    ]


def plan_windows(
    conn: Connection, since: datetime, until: datetime, days: int, currency: str
) -> list[PlanWindow]:
    """What each plan spent and sold in each window of `days`, counted back from `until`.

    Only plans whose goal promises a return; their sales count as the goal counts them.
    """
    span = timedelta(days=days)
    origin = until - span * math.ceil((until - since) / span)
    at = func.date_bin(literal(span), plan_hours.c.hour, literal(origin)).label("at")
    query = (
        select(
            plan_hours.c.plan_id,
            plans.c.goal,
            plans.c.target_roi,
            at,
            *sums_of(plan_hours, _WINDOW_SUMS),
        )
        .join(plans, plans.c.id == plan_hours.c.plan_id)
        .where(
            plan_hours.c.hour >= since,
            plan_hours.c.hour < until,
            plans.c.currency == currency,
            plans.c.goal.in_(PROMISED),
            plans.c.parent_id.is_(None),
        )
        .group_by(plan_hours.c.plan_id, plans.c.goal, plans.c.target_roi, at)
        .order_by(plan_hours.c.plan_id, at)
    )
    unit, changes = micros_per_minor(currency), _target_changes(conn, since)
    return [
        PlanWindow(
            row.plan_id,
            row.at,
            float(target_at(row.at + span, row.target_roi, changes.get(row.plan_id, []))),
            int(row.spend_micros) // unit,
            Sales(int(row.gmv_minor), int(row.refunds_minor)).counted_minor(row.goal),
            int(row.orders),
        )
        for row in conn.execute(query)
        if row.spend_micros >= unit
    ]


def _target_changes(conn: Connection, since: datetime) -> dict[str, list[Change]]:
    """Edits of targets since a time, by plan."""
    query = select(plan_edits).where(
        plan_edits.c.at >= since, plan_edits.c.changes.has_key("target_roi")
    )
    found: dict[str, list[Change]] = {}
    for row in conn.execute(query):
        found.setdefault(row.plan_id, []).append(Change(row.at, row.by, row.changes))
    return found


def guarantee_paid(conn: Connection, currency: str) -> Paid:
    """What the guarantee judged and paid so far."""
    g = plan_guarantees.c
    query = select(
        func.count(),
        func.count().filter(g.credit_minor > 0),
        func.coalesce(func.sum(g.spend_minor), 0),
        func.coalesce(func.sum(g.credit_minor), 0),
    )
    row = conn.execute(
        query.select_from(plan_guarantees.join(plans, plans.c.id == g.plan_id)).where(
            plans.c.currency == currency
        )
    ).one()
    return Paid(*(int(value) for value in row))


def _billed(row: Row[Any]) -> Spend:
    unit = micros_per_minor(row.currency)
    after, billed = int(row.running), int(row.billed)
    before = min(after - int(row.shown), billed)
    return Spend(row.plan_id, row.day, min(after, billed) // unit - before // unit)
