"""Sums, and the reports that are read off them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    Table,
    func,
    select,
    text,
)

from adunion.attribution.types import Credits
from adunion.campaigns.tables import plans
from adunion.engines.arrays import add_columns
from adunion.engines.direct import ask_plain
from adunion.kernel.money import micros_per_minor
from adunion.publishers.tables import links
from adunion.tracking.types import NO_ID

from ..tables import link_days, market_hours, plan_hours, plan_item_days
from ..types import (
    LinkResult,
    MarketPoint,
    PlanResult,
    Point,
    Result,
    Rollup,
    Sums,
    prefixed_ids,
)

_PLAN_SUMS = (
    "spend_micros", "gmv_minor", "gmv_added_minor", "gmv_item_minor", "refunds_minor", "orders",
    "new_orders", "clicks", "impressions", "moved_impressions", "first_slot",
)  # fmt: skip
_FIRST_ORDERS = text("""
    select o.id from orders o
     where o.id = any(:ids) and o.shopper <> '' and not exists (
           select 1 from orders b where b.merchant_id = o.merchant_id and b.shopper = o.shopper
              and (b.placed_at, b.id) < (o.placed_at, o.id))
""")
_MARKET_SUMS = (
    "requests", "impressions", "sponsored_impressions", "clicks", "orders", "gmv_minor",
    "gmv_organic_minor", "refunds_minor", "spend_micros", "experience_sum",
)  # fmt: skip


def add(conn: Connection, rollup: Rollup) -> None:
    """Add a chunk's sums to every table."""
    for table, sums in (
        (plan_hours, rollup.plan_hours),
        (plan_item_days, rollup.plan_item_days),
        (market_hours, rollup.market_hours),
        (link_days, rollup.link_days),
    ):
        add_sums(conn, table, sums)


def first_orders(conn: Connection, credits: Credits) -> npt.NDArray[np.bool_]:
    """Whether the order of each credit is its shopper's first at the merchant, (k,).

    Only of orders that a plan is credited with.
    """
    credited = np.flatnonzero(credits.plan != NO_ID)
    if not len(credited):
        return np.zeros(len(credits), np.bool_)
    ids = prefixed_ids("ord", credits.order[credited])
    first = {id_ for (id_,) in ask_plain(conn, _FIRST_ORDERS, {"ids": sorted(set(ids))})}
    found = np.zeros(len(credits), np.bool_)
    found[credited] = [id_ in first for id_ in ids]
    return found


def add_sums(conn: Connection, table: Table, sums: Sums) -> None:
    """Add rows of sums to a table, or to the rows of the same keys that it has."""
    if sums.keys and len(next(iter(sums.keys.values()))):
        added = {name: array.tolist() for name, array in sums.sums.items()}
        add_columns(conn, table, sums.keys, added)


def plan_results(
    conn: Connection,
    since: datetime,
    until: datetime,
    *,
    merchant_id: str | None = None,
    plan_id: str | None = None,
    boosts: bool = False,
) -> list[PlanResult]:
    """Plans with their sums over `[since, until)`, newest plan first; those without results too."""
    inside = (plan_hours.c.hour >= since) & (plan_hours.c.hour < until)
    query = (
        select(plans, *sums_of(plan_hours, _PLAN_SUMS))
        .select_from(plans.outerjoin(plan_hours, (plan_hours.c.plan_id == plans.c.id) & inside))
        .group_by(plans.c.id)
        .order_by(plans.c.id.desc())
    )
    if merchant_id is not None:
        query = query.where(plans.c.merchant_id == merchant_id)
    if plan_id is not None:
        query = query.where(plans.c.id == plan_id)
    elif not boosts:
        query = query.where(plans.c.parent_id.is_(None))
    return [
        PlanResult(
            row.id, row.merchant_id, row.name, row.status, row.stage, float(row.target_roi),
            _result(row), row.goal, row.target_cost_minor, row.new_customer_minor,
            None if row.min_new_share is None else float(row.min_new_share), row.handicap,
        )
        for row in conn.execute(query)
    ]  # fmt: skip


def plan_points(
    conn: Connection,
    since: datetime,
    until: datetime,
    unit: str,
    *,
    plan_id: str | None = None,
    merchant_id: str | None = None,
) -> list[Point]:
    """Sums by hour or day (UTC) over `[since, until)`; only periods in which something happened."""
    at = func.date_trunc(unit, plan_hours.c.hour, "UTC").label("at")
    query = (
        _of_plans(
            select(at, plans.c.currency, *sums_of(plan_hours, _PLAN_SUMS)), plan_id, merchant_id
        )
        .where(plan_hours.c.hour >= since, plan_hours.c.hour < until)
        .group_by(at, plans.c.currency)
        .order_by(at)
    )
    rows = conn.execute(query).all()
    return [Point(row.at, part) for row, part in zip(rows, _parts(rows), strict=True)]


def plan_placements(
    conn: Connection, since: datetime, until: datetime, plan_id: str
) -> list[tuple[str, Result]]:
    """(placement kind, sums) of a plan, most spend first."""
    kind = plan_hours.c.placement_kind
    query = (
        _of_plans(select(kind, plans.c.currency, *sums_of(plan_hours, _PLAN_SUMS)), plan_id, None)
        .where(plan_hours.c.hour >= since, plan_hours.c.hour < until)
        .group_by(kind, plans.c.currency)
        .order_by(func.sum(plan_hours.c.spend_micros).desc(), kind)
    )
    rows = conn.execute(query).all()
    return [(row.placement_kind, part) for row, part in zip(rows, _parts(rows), strict=True)]


def plan_items(
    conn: Connection, since: date, until: date, plan_id: str
) -> list[tuple[str, Result]]:
    """(item id, sums) of a plan over whole days `[since, until]`, most GMV first."""
    names = ("spend_micros", "gmv_minor", "orders", "clicks", "impressions")
    query = (
        select(plan_item_days.c.item_id, plans.c.currency, *sums_of(plan_item_days, names))
        .join(plans, plans.c.id == plan_item_days.c.plan_id)
        .where(
            plan_item_days.c.plan_id == plan_id,
            plan_item_days.c.day >= since,
            plan_item_days.c.day <= until,
        )
        .group_by(plan_item_days.c.item_id, plans.c.currency)
        .order_by(func.sum(plan_item_days.c.gmv_minor).desc(), plan_item_days.c.item_id)
    )
    rows = conn.execute(query).all()
    return [(row.item_id, part) for row, part in zip(rows, _parts(rows), strict=True)]


def market_points(
    conn: Connection, since: datetime, until: datetime, unit: str | None, currency: str
) -> list[MarketPoint]:
    """The market by hour or day over `[since, until)`, or with no unit its one total."""
    sums = sums_of(market_hours, _MARKET_SUMS)
    query = select(*sums).where(market_hours.c.hour >= since, market_hours.c.hour < until)
    if unit is not None:
        at = func.date_trunc(unit, market_hours.c.hour, "UTC").label("at")
        query = query.add_columns(at).group_by(at).order_by(at)
    return [
        _market_point(row, row.at if unit is not None else None, currency)
        for row in conn.execute(query)
    ]


def market_placements(
    conn: Connection, since: datetime, until: datetime, currency: str
) -> list[tuple[str, MarketPoint]]:
    """(placement kind, sums) of the market over `[since, until)`, most GMV first."""
    kind = market_hours.c.placement_kind
    query = (
        select(kind, *sums_of(market_hours, _MARKET_SUMS))
        .where(market_hours.c.hour >= since, market_hours.c.hour < until)
        .group_by(kind)
        .order_by(func.sum(market_hours.c.gmv_minor).desc(), kind)
    )
    return [(row.placement_kind, _market_point(row, None, currency)) for row in conn.execute(query)]


def link_results(
    conn: Connection, since: date, until: date, publisher_id: str, by: str
) -> list[LinkResult]:
    """A publisher's links (`by="link"`) or days (`by="day"`) over whole days `[since, until]`."""
    column = link_days.c.link_id if by == "link" else link_days.c.day
    names = ("clicks", "orders", "gmv_minor", "refunds_minor")
    query = (
        select(column.label("key"), *sums_of(link_days, names))
        .join(links, links.c.id == link_days.c.link_id)
        .where(
            links.c.publisher_id == publisher_id, link_days.c.day >= since, link_days.c.day <= until
        )
        .group_by(column)
        .order_by(column)
    )
    return [
        LinkResult(str(row.key), *(int(getattr(row, name)) for name in names))
        for row in conn.execute(query)
    ]


def sums_of(table: Table, names: Sequence[str]) -> list[ColumnElement[Any]]:
    """The sum of each column, 0 over no rows."""
    return [func.coalesce(func.sum(table.c[name]), 0).label(name) for name in names]


def _of_plans(query: Select[Any], plan_id: str | None, merchant_id: str | None) -> Select[Any]:
    query = query.select_from(plan_hours.join(plans, plans.c.id == plan_hours.c.plan_id))
    if plan_id is not None:
        query = query.where(plans.c.id == plan_id)
    if merchant_id is not None:
        query = query.where(plans.c.merchant_id == merchant_id)
    return query


def _parts(rows: Iterable[Row[Any]]) -> list[Result]:
    """Parts of a whole: each has the minor units that the running sum passes, so they sum to it."""
    before: dict[str, int] = defaultdict(int)
    parts = []
    for row in rows:
        parts.append(_result(row, before[row.currency]))
        before[row.currency] += int(row.spend_micros)
    return parts


def _result(row: Row[Any], before_micros: int = 0) -> Result:
    found, unit = row._mapping, micros_per_minor(row.currency)
    spend_minor = (before_micros + int(found["spend_micros"])) // unit - before_micros // unit
    rest = {name: int(found[name]) for name in _PLAN_SUMS[1:] if name in found}
    return Result(currency=row.currency, spend_minor=spend_minor, **rest)


def _market_point(row: Row[Any], at: datetime | None, currency: str) -> MarketPoint:
    return MarketPoint(
        at=at,
        currency=currency,
        requests=int(row.requests),
        impressions=int(row.impressions),
        sponsored_impressions=int(row.sponsored_impressions),
        clicks=int(row.clicks),
        orders=int(row.orders),
        gmv_minor=int(row.gmv_minor),
        gmv_organic_minor=int(row.gmv_organic_minor),
        refunds_minor=int(row.refunds_minor),
        spend_minor=int(row.spend_micros) // micros_per_minor(currency),
        experience=float(row.experience_sum) / int(row.impressions) if row.impressions else None,
    )
