"""A market pays its return guarantee by itself: once a day, and not again after a restart."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from adunion.bootstrap.market import Market
from adunion.campaigns import PlanDraft
from adunion.catalog import Catalog
from adunion.catalog.types import ItemRecord
from adunion.kernel.clock import ManualClock
from adunion.kernel.ids import IdFactory
from adunion.settlement.guarantee import final_at

pytestmark = pytest.mark.integration


def test_a_market_pays_a_short_day_once_when_it_is_final(
    engine: Engine, clock: ManualClock, ids: IdFactory, tmp_path: Path
) -> None:
    Catalog(engine, clock, ids).upsert_items([ItemRecord("m1", "i1", "Milk", 1_000, "CNY")])
    market = Market(engine, tmp_path, clock, ids, "CNY")
    with engine.connect() as conn:
        merchant, item = conn.exec_driver_sql("select merchant_id, id from items").one()
    plan = market.launch(PlanDraft(merchant, 4, (item,)))
    day = clock.now().date()
    told = {"plan": plan, "at": clock.now() + timedelta(hours=5), "micros": 10**9}
    with engine.begin() as conn:
        conn.execute(
            text(
                "insert into plan_hours (plan_id, hour, placement_kind, spend_micros)"
                " values (:plan, :at, 'feed', :micros)"
            ),
            told,
        )
        conn.execute(text("insert into plan_spend values (:plan, :micros, 0)"), told)
        for number in range(21):
            conn.execute(
                text(
                    "insert into credits (order_id, line, item_id, plan_id, rule, amount_minor,"
                    " ordered_at, click_at, exposure, exposure_organic)"
                    " values (:order, 1, 'itm', :plan, 'last_click', 3600, :at, :at, 1, 0)"
                ),
                {**told, "order": f"ord_{number}"},
            )
    owed = 100_000 - 21 * 1_000
    for at, paid in (
        (final_at(day) - timedelta(minutes=1), None),
        (final_at(day), owed),
        (final_at(day) + timedelta(minutes=1), owed),
    ):
        clock.set(at)
        market.tick()
        assert market.ledger_moves().get("guarantee") == paid
    market.close()
    again = Market(engine, tmp_path, clock, ids, "CNY")
    again.tick()
    assert again.ledger_moves()["guarantee"] == owed
    assert again.check_ledger().ok
    again.close()
