"""Sums in PostgreSQL: added to, and read back as reports."""

from datetime import timedelta

import numpy as np
from sqlalchemy import Engine

from adunion.campaigns import PlanDraft, Plans
from adunion.catalog import Catalog
from adunion.catalog.types import ItemRecord
from adunion.decision.seen import HourlyLandscape
from adunion.insight import Insight
from adunion.insight.repository import add, landscapes
from adunion.insight.types import Rollup, Sums
from adunion.kernel.clock import ManualClock, micros
from adunion.kernel.ids import IdFactory

PLAN_SUMS = (
    "impressions", "moved_impressions", "first_slot", "clicks", "moved_clicks", "orders",
    "gmv_minor", "gmv_added_minor", "gmv_item_minor", "refunds_minor", "spend_micros",
)  # fmt: skip
EMPTY = Sums({"x": []}, {})


def rollup(plan_id: str, clock: ManualClock, kind: str, spend_micros: int, gmv: int) -> Rollup:
    values = dict.fromkeys(PLAN_SUMS, 1) | {"spend_micros": spend_micros, "gmv_minor": gmv}
    keys: dict[str, list[object]] = {
        "plan_id": [plan_id], "hour": [clock.now()], "placement_kind": [kind]
    }  # fmt: skip
    return Rollup(Sums(keys, {k: np.array([v]) for k, v in values.items()}), EMPTY, EMPTY, EMPTY)


def a_plan(engine: Engine, clock: ManualClock, ids: IdFactory) -> str:
    Catalog(engine, clock, ids).upsert_items([ItemRecord("m1", "i1", "Milk", 1_000, "CNY")])
    with engine.connect() as conn:
        merchant, item = conn.exec_driver_sql("select merchant_id, id from items").one()
    draft = PlanDraft(merchant_id=merchant, target_roi=2, item_ids=(item,))
    return Plans(engine, clock, ids).create(draft).id


def test_chunks_add_up_and_spend_keeps_its_micros(
    engine: Engine, clock: ManualClock, ids: IdFactory
) -> None:
    plan_id = a_plan(engine, clock, ids)
    with engine.begin() as conn:
        for _ in range(3):
            add(conn, rollup(plan_id, clock, "search", 5_000, 100))  # half a fen, three times
        add(conn, rollup(plan_id, clock, "feed", 25_000, 1))
    insight, now = Insight(engine), clock.now()
    report = insight.plan_report(plan_id, now, now + timedelta(hours=1))
    assert report.result.spend_minor == 4
    assert report.result.gmv_minor == 301
    assert report.attainment == 301 / 4 / 2
    assert [kind for kind, _ in insight.plan_placements(plan_id, now, now + timedelta(days=1))] == [
        "feed", "search",
    ]  # fmt: skip


def test_parts_of_a_spend_sum_to_it(engine: Engine, clock: ManualClock, ids: IdFactory) -> None:
    plan_id, since = a_plan(engine, clock, ids), clock.now()
    with engine.begin() as conn:
        for kind in ("search", "feed", "cart"):
            add(conn, rollup(plan_id, clock, kind, 16_000, 1))  # 1.6 fen
            clock.advance(timedelta(hours=1))
    insight, until = Insight(engine), clock.now()
    assert insight.plan_report(plan_id, since, until).result.spend_minor == 4
    points = insight.plan_hours(plan_id, since, until)
    assert [point.result.spend_minor for point in points] == [1, 2, 1]
    kinds = insight.plan_placements(plan_id, since, until)
    assert sum(result.spend_minor for _, result in kinds) == 4


def test_a_span_ends_before_its_end(engine: Engine, clock: ManualClock, ids: IdFactory) -> None:
    plan_id = a_plan(engine, clock, ids)
    with engine.begin() as conn:
        add(conn, rollup(plan_id, clock, "search", 10_000, 100))
    insight, now = Insight(engine), clock.now()
    assert insight.plan_hours(plan_id, now - timedelta(hours=1), now) == []
    assert len(insight.plan_hours(plan_id, now, now + timedelta(hours=1))) == 1
    assert insight.plan_results(now - timedelta(hours=1), now)[0].result.spend_minor == 0


def test_an_empty_market_has_a_total_of_zeros(engine: Engine, clock: ManualClock) -> None:
    total = Insight(engine).market_total(clock.now() - timedelta(days=1), clock.now())
    assert (total.gmv_minor, total.orders, total.experience) == (0, 0, None)


def test_landscapes_of_an_hour_add_up_over_nodes_and_old_ones_go(
    engine: Engine, clock: ManualClock
) -> None:
    insight, hour = Insight(engine), micros(clock.now()) // 3_600_000_000
    curves = np.arange(60.0).reshape(3, 20)
    with engine.begin() as conn:
        for traffic, at in ((2.0, hour), (3.0, hour), (1.0, hour - 24 * 8)):
            seen = {("cmp_1", at): HourlyLandscape(traffic, 1.5, curves.copy())}
            insight.add_landscapes(conn, seen, {"cmp_1": 1.2}, clock.now() - timedelta(days=2))
        insight.add_landscapes(conn, seen, {}, clock.now())
        found = landscapes(conn, "cmp_1", clock.now() - timedelta(days=30))
    assert found is not None
    assert found.traffic.tolist() == [5.0]
    assert (found.curves[0] == 2 * curves).all()
    assert (found.alpha, found.ratio) == (1.5, 1.2)
