"""What plans spent and sold by day or window, and what the guarantee paid."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import (
    ARRAY,
    CTE,
    Connection,
    Double,
    Integer,
    Row,
    cast,
    func,
    literal,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import array

from adunion.attribution.tables import credits
from adunion.campaigns.tables import plan_edits, plan_spend, plans
from adunion.kernel.clock import micros
from adunion.kernel.money import micros_per_minor
from adunion.settlement.guarantee import PROMISED, Change, Sales, Spend, target_at
from adunion.settlement.tables import plan_guarantees

from ..due import HOURS, landed, laps
from ..tables import market_hours, plan_hours
from ..types import Paid, PlanWindow
from .reports import sums_of

_DELAYS_LOOKED_AT = 100_000
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


def delays(
    conn: Connection, since: datetime, until: datetime
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """When clicked lines of orders of a span came and when their clicks were: microseconds, (n,).

    Of plans or none; of a large market those in some of the table's pages, so many that
    `_DELAYS_LOOKED_AT` lines or so are of the span.
    """
    orders = conn.execute(
        select(func.coalesce(func.sum(market_hours.c.orders), 0)).where(
            market_hours.c.hour >= since, market_hours.c.hour < until
        )
    ).scalar_one()
    some = credits.tablesample(
        func.system(min(100.0, 100 * _DELAYS_LOOKED_AT / max(int(orders), 1))), seed=literal(1)
    )
    found = conn.execute(
        select(some.c.click_at, some.c.ordered_at).where(
            some.c.ordered_at >= since, some.c.ordered_at < until, some.c.click_at >= since
        )
    ).all()
    at = np.array([(micros(row.click_at), micros(row.ordered_at)) for row in found], np.int64)
    at = at.reshape(-1, 2)
    return at[:, 0], at[:, 1]


def plan_windows(
    conn: Connection,
    since: datetime,
    until: datetime,
    days: int,
    currency: str,
    come: Sequence[float],
    plan_id: str | None = None,
) -> list[PlanWindow]:
    """What each plan spent and sold in each window of `days`, counted back from `until`.

    Only plans whose goal promises a return; their sales count as the goal counts them. `come` is
    the share of an hour's sales that has come so many hours later (`due.come_by_hour`).
    """
    span = timedelta(days=days)
    origin = until - span * math.ceil((until - since) / span)
    chosen = (
        plan_hours.c.hour >= origin - span * laps(span),
        plan_hours.c.hour < until,
        plans.c.currency == currency,
        plans.c.goal.in_(PROMISED),
        plans.c.parent_id.is_(None),
        true() if plan_id is None else plan_hours.c.plan_id == plan_id,
    )
    hours = (
        select(plan_hours.c.plan_id, plan_hours.c.hour, *sums_of(plan_hours, _WINDOW_SUMS))
        .join(plans, plans.c.id == plan_hours.c.plan_id)
        .where(*chosen)
        .group_by(plan_hours.c.plan_id, plan_hours.c.hour)
        .subquery()
    )
    at = func.date_bin(literal(span), hours.c.hour, literal(origin)).label("at")
    left = cast(func.date_part("epoch", at + literal(span) - hours.c.hour) / 3600, Integer)
    parts = _parts_come(span, come)
    come_sums = [func.sum(hours.c.spend_micros * part) for part in list(parts.c)[1:]]
    query = (
        select(
            hours.c.plan_id, plans.c.goal, plans.c.target_roi, at,
            *(func.sum(hours.c[name]).label(name) for name in _WINDOW_SUMS),
            array(come_sums, type_=Double).label("come"),
        )
        .join(plans, plans.c.id == hours.c.plan_id)
        .join(parts, parts.c.left == left)
        .group_by(hours.c.plan_id, plans.c.goal, plans.c.target_roi, at)
        .order_by(hours.c.plan_id, at)
    )  # fmt: skip
    unit, changes = micros_per_minor(currency), _target_changes(conn, since, plan_id)
    windows = []
    for _, rows in groupby(conn.execute(query), key=lambda row: row.plan_id):
        own = [row for row in rows if row.spend_micros >= unit]
        shares = {row.at: row.come for row in own}
        windows += [
            PlanWindow(
                row.plan_id,
                row.at,
                float(target_at(row.at + span, row.target_roi, changes.get(row.plan_id, []))),
                int(row.spend_micros) // unit,
                Sales(int(row.gmv_minor), int(row.refunds_minor)).counted_minor(row.goal),
                int(row.orders),
                landed(shares, row.at, span),
            )
            for row in own
            if row.at >= origin
        ]
    return windows


def _parts_come(span: timedelta, come: Sequence[float]) -> CTE:
    """By hours `left` in its window, the share of an hour's sales that comes by the window's end.

    Then by the end of the next window, and so on, `laps` columns; in the last all have come.
    """
    hours = span // timedelta(hours=1)
    left = range(1, hours + 1)
    columns = [[come[min(one + lap * hours, HOURS)] for one in left] for lap in range(laps(span))]
    columns.append([1.0] * hours)
    given = [literal(list(left), ARRAY(Integer)), *(literal(one, ARRAY(Double)) for one in columns)]
    names = ["left", *(f"come_{lap}" for lap in range(len(columns)))]
    return select(
        *(func.unnest(each).label(name) for each, name in zip(given, names, strict=True))
    ).cte("parts")


def _target_changes(
    conn: Connection, since: datetime, plan_id: str | None
) -> dict[str, list[Change]]:
    """Edits of targets since a time, by plan."""
    query = select(plan_edits).where(
        plan_edits.c.at >= since, plan_edits.c.changes.has_key("target_roi")
    )
    if plan_id is not None:
        query = query.where(plan_edits.c.plan_id == plan_id)
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
