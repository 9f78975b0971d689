"""Funnels of plans by hour and place, and the landscapes that prices of next steps come from."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import numpy as np
from sqlalchemy import Connection, func, select, text

from adunion.decision.bidding.types import GRID
from adunion.decision.seen import CURVES, HourlyLandscape
from adunion.decision.waterfall import SUMS, Counted
from adunion.engines.direct import run
from adunion.kernel.clock import from_micros

from ..steps import Seen
from ..tables import plan_funnels, plan_landscapes
from ..types import Sums
from .reports import add_sums, sums_of

LANDSCAPE_DAYS = 7
"""Landscapes older than this are let go."""
_ADDED = ", ".join(
    f"{name} = (select array_agg(a + b order by place) from"
    f" unnest(plan_landscapes.{name}, excluded.{name}) with ordinality as pair(a, b, place))"
    for name in CURVES
)
_GIVEN = ", ".join(  # each row's part of a long column
    f"(cast(:{name} as float8[]))[(e.nth - 1) * {len(GRID)} + 1 : e.nth * {len(GRID)}]"
    for name in CURVES
)
_ADD_LANDSCAPES = text(
    "insert into plan_landscapes (plan_id, at, traffic, alpha, ratio, spend, moved, orders)"
    f" select e.plan_id, e.at, e.traffic, e.alpha, e.ratio, {_GIVEN}"
    " from unnest(cast(:plan_id as text[]), cast(:at as timestamptz[]),"
    " cast(:traffic as float8[]), cast(:alpha as float8[]), cast(:ratio as float8[]))"
    " with ordinality as e(plan_id, at, traffic, alpha, ratio, nth)"
    " on conflict (plan_id, at) do update set"
    " traffic = plan_landscapes.traffic + excluded.traffic, alpha = excluded.alpha,"
    f" ratio = excluded.ratio, {_ADDED}"
)
_LET_GO = text("delete from plan_landscapes where at < :old")


def add_funnels(conn: Connection, counted: Counted) -> None:
    """Add what was counted."""
    keys: dict[str, list[object]] = {
        "plan_id": list(counted.plan_ids),
        "hour": [_at(hour) for hour in counted.hours],
        "placement_kind": list(counted.kinds),
    }
    sums = {name: counted.sums[:, column] for column, name in enumerate(SUMS)}
    add_sums(conn, plan_funnels, Sums(keys, {**sums}))


def plan_funnel(
    conn: Connection, plan_id: str, since: datetime, until: datetime
) -> list[tuple[str, dict[str, int]]]:
    """(placement kind, sums by name) of a plan over `[since, until)`, most requests first."""
    kind = plan_funnels.c.placement_kind
    rows = conn.execute(
        select(kind, *sums_of(plan_funnels, SUMS))
        .where(
            plan_funnels.c.plan_id == plan_id,
            plan_funnels.c.hour >= since,
            plan_funnels.c.hour < until,
        )
        .group_by(kind)
        .order_by(func.sum(plan_funnels.c.requests).desc(), kind)
    )
    return [(row.placement_kind, {name: int(getattr(row, name)) for name in SUMS}) for row in rows]


def add_landscapes(
    conn: Connection,
    kept: Mapping[tuple[str, int], HourlyLandscape],
    ratios: Mapping[str, float],
    now: datetime,
) -> None:
    """Add landscapes of whole hours; `ratios` are sales per predicted sale by plan."""
    if not kept:
        return
    keys, seen = zip(*sorted(kept.items()), strict=True)
    curves = np.stack([one.curves for one in seen], axis=1)
    columns = {
        "plan_id": [plan_id for plan_id, _ in keys],
        "at": [_at(hour) for _, hour in keys],
        "traffic": [one.traffic for one in seen],
        "alpha": [one.alpha for one in seen],
        "ratio": [ratios.get(plan_id, 1.0) for plan_id, _ in keys],
        **{name: curves[place].ravel().tolist() for place, name in enumerate(CURVES)},
    }
    run(conn, _ADD_LANDSCAPES, columns)
    run(conn, _LET_GO, {"old": now - timedelta(days=LANDSCAPE_DAYS)})


def landscapes(conn: Connection, plan_id: str, since: datetime) -> Seen | None:
    """A plan's landscapes by hour since a time; None where there are none."""
    t = plan_landscapes.c
    rows = conn.execute(
        select(plan_landscapes).where(t.plan_id == plan_id, t.at >= since).order_by(t.at)
    ).all()
    if not rows:
        return None
    return Seen(
        traffic=np.array([row.traffic for row in rows]),
        curves=np.array([[getattr(row, name) for name in CURVES] for row in rows]),
        alpha=float(rows[-1].alpha),
        ratio=float(rows[-1].ratio),
    )


def _at(hour: int) -> datetime:
    return from_micros(hour * 3_600_000_000)
