"""A new plan's first multiplier comes from requests of before."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np

from adunion.campaigns.types import LivePlan
from adunion.catalog.snapshot import raw_ids
from adunion.catalog.types import CatalogSnapshot
from adunion.decision.bidding import Outcomes
from adunion.decision.bidding.launch import traffic_in_hours
from adunion.decision.bidding.types import GRID
from adunion.decision.book import PlanBook
from adunion.decision.engine import DecisionEngine
from adunion.decision.settings import DecisionSettings
from adunion.decision.types import CandidateBatch, Placement, RequestBatch
from adunion.kernel.clock import ManualClock, generator, micros
from adunion.kernel.ids import IdFactory

NOW = datetime(2026, 11, 2, tzinfo=UTC)
ITEMS, MERCHANTS = 60, 12


def make_engine(target: str = "4", **more: object) -> DecisionEngine:
    """Twelve merchants' items, one plan, and a rate of 600 requests an hour for a day."""
    ids = IdFactory(ManualClock(NOW), seed=4)
    items = sorted(ids("itm") for _ in range(ITEMS))
    owner = np.arange(ITEMS, dtype=np.int32) % MERCHANTS
    catalog = CatalogSnapshot(
        "CNY", items, raw_ids(items), [""] * ITEMS, [""] * ITEMS, [""] * ITEMS, ["c"],
        np.zeros(ITEMS, np.int32), sorted(ids("mer") for _ in range(MERCHANTS)), owner,
        np.arange(ITEMS, dtype=np.int32), np.full(ITEMS, 10_000, np.int64),
        np.full(ITEMS, 5, np.float32), np.zeros(ITEMS, np.int32),
    )  # fmt: skip
    plan = LivePlan(
        id=ids("cmp"), merchant_id=catalog.merchant_ids[3], target_roi=Decimal(target),
        budget_left_micros=None, start_at=NOW, end_at=NOW + timedelta(days=3), dayparts=None,
        stage="learning", item_ids=tuple(items[row] for row in np.flatnonzero(owner == 3)),
    )  # fmt: skip

    def retrieve(batch: RequestBatch) -> CandidateBatch:
        count, m = len(batch), len(batch) * ITEMS
        return CandidateBatch(
            np.arange(count + 1, dtype=np.int64) * ITEMS,
            np.tile(np.arange(ITEMS, dtype=np.int32), count),
            np.ones(m, np.float32), np.zeros(m, np.uint8),
        )  # fmt: skip

    def predict(batch: RequestBatch, rows: CandidateBatch) -> tuple[Any, Any]:
        rng = generator(int(np.frombuffer(batch.request[0].tobytes(), np.uint64)[0] % 1_000))
        m = len(rows.item)
        return (
            rng.uniform(0.02, 0.12, m).astype(np.float32),
            rng.uniform(0.02, 0.12, m).astype(np.float32),
        )

    engine = DecisionEngine(
        catalog,
        [Placement("plc_a", "search", "search", (1.0, 0.8, 0.6, 0.4))],
        PlanBook.of([replace(plan, **more)], catalog),  # type: ignore[arg-type]
        retrieve,
        predict,
        DecisionSettings(explore_bps=0),
    )
    hour = micros(NOW) // 3_600_000_000
    engine.pilot.traffic.observe([(hour - 24 + each, 600) for each in range(25)])
    return engine


def before(count: int = 300) -> RequestBatch:
    none = np.zeros(count, "V16")
    return RequestBatch(
        np.frombuffer(generator(count).bytes(16 * count), "V16"),
        np.full(count, micros(NOW - timedelta(hours=5))), np.zeros(count, np.int16),
        np.full(count, 4, np.int16), none, np.full(count, -1, np.int32),
        np.full(count, -1, np.int32), [], np.zeros(count + 1, np.int64), np.zeros(0, np.int32),
        np.ones(count, np.bool_),
    )  # fmt: skip


def rehearse(engine: DecisionEngine) -> float:
    now = micros(NOW)
    results = Outcomes().results(engine.plans.ids, now)
    engine.rehearse(now, before(), np.array([0]), results)
    return float(engine.plans.alpha[0])


def test_the_first_multiplier_meets_the_target_on_the_requests_of_before() -> None:
    engine = make_engine("40")  # without rivals a plan pays little for what it moves
    alpha = rehearse(engine)
    assert alpha > 1.2  # prices stay below bids, so truthful bids leave return on the table
    seen = engine.pilot.memory.recall(engine.plans.ids)
    spend, moved = (np.interp(alpha, GRID, each[0]) for each in (seen.spend, seen.moved))
    assert 0.95 < moved / spend / 40 < 1.25


def test_a_budget_for_the_whole_time_lowers_the_first_multiplier() -> None:
    engine = make_engine(budget_left_micros=20_000_000, target_roi=Decimal(1))
    assert rehearse(engine) < 0.5


def test_a_rehearsal_takes_no_money_and_is_no_traffic() -> None:
    engine = make_engine(budget_left_micros=20_000_000)
    rates = engine.pilot.traffic.rates(micros(NOW)).copy()
    money = engine.plans.remaining_micros.copy(), engine.plans.wallet_micros.copy()
    rehearse(engine)
    assert np.array_equal(engine.plans.remaining_micros, money[0])
    assert np.array_equal(engine.plans.wallet_micros, money[1])
    assert np.array_equal(engine.pilot.traffic.rates(micros(NOW)), rates)


def test_requests_count_where_they_fall_in_the_plans_hours() -> None:
    engine = make_engine(dayparts=(19,))  # 19:00 on Monday
    at = np.array([micros(NOW + timedelta(hours=each)) for each in (18, 19, 19, 19 + 168)])
    assert traffic_in_hours(engine.plans, at).tolist() == [3.0]
