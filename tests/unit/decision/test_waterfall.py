"""The waterfall's counts against the same counted candidate by candidate from explanations."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from adunion.decision.book import PlanBook
from adunion.decision.engine import DecisionEngine
from adunion.decision.explain import Explanation
from adunion.decision.settings import DecisionSettings
from adunion.decision.types import CandidateBatch, RequestBatch
from adunion.decision.waterfall import GAPS, SUMS, Counted
from adunion.kernel.clock import generator, micros

from .test_engine import CATALOG, ITEMS, MONDAY, PLACE, plan, requests

SHOWN = 25  # candidates of a request


def an_engine(plans: list, wallets: dict[str, int] | None = None) -> DecisionEngine:
    """Candidates and chances hang on the request's id alone, so that they can be had again."""

    def seeded(one: bytes) -> np.random.Generator:
        return generator(int.from_bytes(one[:4], "big"))

    def retrieve(batch: RequestBatch) -> CandidateBatch:
        rows = [seeded(one.tobytes()).permutation(ITEMS)[:SHOWN] for one in batch.request]
        count = len(batch) * SHOWN
        return CandidateBatch(
            np.arange(len(batch) + 1, dtype=np.int64) * SHOWN,
            np.concatenate(rows).astype(np.int32),
            np.ones(count, np.float32),
            np.zeros(count, np.uint8),
        )

    def predict(batch: RequestBatch, _: CandidateBatch) -> tuple[np.ndarray, np.ndarray]:
        chances = np.concatenate(
            [seeded(one.tobytes()).uniform(0.01, 0.2, (SHOWN, 2)) for one in batch.request]
        ).astype(np.float32)
        return chances[:, 0].copy(), chances[:, 1].copy()

    settings = DecisionSettings(explore_bps=0, merchant_cap=2)
    book = PlanBook.of(plans, CATALOG, wallets)
    return DecisionEngine(CATALOG, [PLACE], book, retrieve, predict, settings)


def sums_by_plan(counted: Counted | None, engine: DecisionEngine) -> list[dict[str, int]]:
    assert counted is not None
    found = []
    for id_ in engine.plans.ids:
        rows = [row for row, plan_id in enumerate(counted.plan_ids) if plan_id == id_]
        found.append(dict(zip(SUMS, counted.sums[rows].sum(axis=0).tolist(), strict=True)))
    return found


def counted_by_hand(told: list[Explanation], plan_row: int) -> Counter[str]:
    """What one request adds to a plan, from its candidates."""
    own = [one for one in told if one.plan == plan_row]
    bids = [one for one in own if one.bid_micros > 0]
    out: Counter[str] = Counter()
    out["retrieved"], out["bidding"] = bool(own), bool(bids)
    if not bids:
        return out
    out["shown"] = any(one.slot >= 0 for one in own)
    out["moved"] = any(one.reason == "moved" for one in own)
    if out["shown"]:
        return out
    best = max(bids, key=lambda one: one.score_micros)
    if best.reason == "group_cap":
        return out + Counter(lost_own=1)
    if best.reason == "merchant_cap":
        return out + Counter(lost_cap=1)
    factor = best.bid_needed_micros / best.bid_micros
    name = next((f"gap_{round(end * 100)}" for end in GAPS if factor <= end), "gap_more")
    gap = Counter({name: 1, "gap_micros": best.bid_needed_micros - best.bid_micros})
    if best.reason == "ad_load":
        return out + gap + Counter(lost_load=1)
    last = max((one for one in told if one.slot >= 0), key=lambda one: one.slot)
    mine = CATALOG.merchant[last.item] == CATALOG.merchant[best.item]
    rival = "own" if mine else "plan" if last.reason == "moved" else "organic"
    return out + gap + Counter({f"lost_{rival}": 1})


def test_counts_are_those_of_the_explanations() -> None:
    engine = an_engine([plan(merchant) for merchant in range(5)])
    asked = requests(300)
    engine.decide(asked)
    found = sums_by_plan(engine.counted(), engine)
    told = [engine.explain(asked, request) for request in range(300)]
    for row in range(5):
        by_hand: Counter[str] = Counter(requests=300, in_time=300, funded=300)
        for one in told:
            by_hand += counted_by_hand(one, row)
        assert found[row] == {name: by_hand[name] for name in SUMS}
    lost = sum(sum(one[f"lost_{loss}"] for one in found) for loss in ("load", "plan", "own"))
    assert lost > 200
    assert all(one["shown"] > 20 for one in found)


def test_every_request_bid_for_is_shown_or_lost_once() -> None:
    engine = an_engine([plan(merchant) for merchant in range(6)])
    for size in (1, 1, 40, 200):
        engine.decide(requests(size))
    for one in sums_by_plan(engine.counted(), engine):
        lost = [one[name] for name in SUMS if name.startswith("lost_")]
        assert one["bidding"] == one["shown"] + sum(lost)
        gaps = sum(one[name] for name in SUMS if name.startswith("gap_") and name != "gap_micros")
        assert gaps <= sum(lost)
        assert 242 == one["requests"] >= one["in_time"] >= one["funded"] >= one["retrieved"]
        assert one["retrieved"] >= one["bidding"]
        assert one["shown"] >= one["moved"]


def test_time_hours_and_money_take_requests_away_in_that_order() -> None:
    later = plan(0, start_at=MONDAY + timedelta(minutes=30))
    nights = plan(1, dayparts=(1, 2, 3))
    broke = plan(2, budget_left_micros=0)
    poor = plan(3)
    wallets = {CATALOG.merchant_ids[m]: 10**12 for m in range(3)} | {CATALOG.merchant_ids[3]: 0}
    engine = an_engine([later, nights, broke, poor], wallets)
    start = micros(MONDAY)
    minutes = np.arange(120) * 60_000_000
    engine.decide(replace(requests(120), at_us=start + minutes))
    found = {
        id_: (one["requests"], one["in_time"], one["funded"])
        for id_, one in zip(engine.plans.ids, sums_by_plan(engine.counted(), engine), strict=True)
    }
    assert found[later.id] == (120, 90, 90)
    assert found[nights.id] == (120, 60, 60)
    assert found[broke.id] == (120, 120, 0)
    assert found[poor.id] == (120, 120, 0)


def test_a_new_book_keeps_what_was_counted_by_plan_and_hour() -> None:
    engine = an_engine([plan(0), plan(1)])
    engine.decide(requests(10))
    engine.replace(micros(MONDAY), PlanBook.of([plan(1)], CATALOG))
    engine.decide(replace(requests(7), at_us=np.full(7, micros(MONDAY + timedelta(hours=1)))))
    counted = engine.counted()
    assert counted is not None
    hour = micros(MONDAY) // 3_600_000_000
    told = {
        (id_, at): sums[SUMS.index("requests")]
        for id_, at, sums in zip(
            counted.plan_ids, counted.hours, counted.sums.tolist(), strict=True
        )
    }
    assert told == {(plan(0).id, hour): 10, (plan(1).id, hour): 10, (plan(1).id, hour + 1): 7}
    assert engine.counted() is None


@pytest.mark.parametrize("count", [0, 1])
def test_nothing_is_counted_without_plans(count: int) -> None:
    engine = an_engine([])
    engine.decide(requests(count))
    assert engine.counted() is None
