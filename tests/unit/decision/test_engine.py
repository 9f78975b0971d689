"""The engine on a small catalog: bids, balances, hours, exploration, explanation, sample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest

from adunion.campaigns.types import LivePlan
from adunion.catalog.snapshot import raw_ids
from adunion.catalog.types import CatalogSnapshot
from adunion.decision.bidding import Outcomes
from adunion.decision.bidding.sample import PER_PLAN
from adunion.decision.bidding.types import GRID
from adunion.decision.book import PlanBook
from adunion.decision.engine import DecisionEngine
from adunion.decision.settings import DecisionSettings
from adunion.decision.types import CandidateBatch, Placement, RequestBatch
from adunion.kernel.clock import ManualClock, generator, micros
from adunion.kernel.errors import AdUnionError
from adunion.kernel.ids import IdFactory

MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
ITEMS, MERCHANTS = 60, 12
PLACE = Placement("plc_a", "search", "search", (1.0, 0.8, 0.6, 0.4))
QUIET = DecisionSettings(explore_bps=0)


def catalog() -> CatalogSnapshot:
    ids = IdFactory(ManualClock(MONDAY), seed=4)
    items = sorted(ids("itm") for _ in range(ITEMS))
    owner = np.arange(ITEMS, dtype=np.int32) % MERCHANTS
    return CatalogSnapshot(
        "CNY", items, raw_ids(items), [""] * ITEMS, [""] * ITEMS, [""] * ITEMS, ["c"],
        np.zeros(ITEMS, np.int32), sorted(ids("mer") for _ in range(MERCHANTS)), owner,
        np.arange(ITEMS, dtype=np.int32), np.full(ITEMS, 10_000, np.int64),
        np.full(ITEMS, 5, np.float32), np.zeros(ITEMS, np.int32),
    )  # fmt: skip


CATALOG = catalog()


def plan(merchant: int, **more: object) -> LivePlan:
    ids = IdFactory(ManualClock(MONDAY), seed=100 + merchant)
    rows = np.nonzero(CATALOG.merchant == merchant)[0]
    one = LivePlan(
        id=ids("cmp"), merchant_id=CATALOG.merchant_ids[merchant], target_roi=Decimal(4),
        budget_left_micros=None, start_at=MONDAY, end_at=None, dayparts=None, stage="learning",
        item_ids=tuple(CATALOG.ids[row] for row in rows),
    )  # fmt: skip
    return replace(one, **more)  # type: ignore[arg-type]


def requests(count: int, at: datetime = MONDAY, slots: int = 4) -> RequestBatch:
    none = np.zeros(count, "V16")
    return RequestBatch(
        np.frombuffer(generator(count).bytes(16 * count), "V16"), np.full(count, micros(at)),
        np.zeros(count, np.int16),
        np.full(count, slots, np.int16), none, np.full(count, -1, np.int32),
        np.full(count, -1, np.int32), [], np.zeros(count + 1, np.int64), np.zeros(0, np.int32),
        np.ones(count, np.bool_),
    )  # fmt: skip


def engine(
    plans: Sequence[LivePlan],
    settings: DecisionSettings = QUIET,
    wallets: dict[str, int] | None = None,
) -> DecisionEngine:
    """All items are candidates; chances are seeded by the number of requests so far."""
    rng = generator(7)

    def retrieve(batch: RequestBatch) -> CandidateBatch:
        count = len(batch)
        return CandidateBatch(
            np.arange(count + 1, dtype=np.int64) * ITEMS,
            np.tile(np.arange(ITEMS, dtype=np.int32), count),
            np.ones(count * ITEMS, np.float32),
            np.zeros(count * ITEMS, np.uint8),
        )

    def predict(_: RequestBatch, c: CandidateBatch) -> tuple[np.ndarray, np.ndarray]:
        chances = rng.uniform(0.02, 0.2, (len(c.item), 2)).astype(np.float32)
        return chances[:, 0].copy(), chances[:, 1].copy()

    book = PlanBook.of(plans, CATALOG, wallets)
    return DecisionEngine(CATALOG, [PLACE], book, retrieve, predict, settings)


def test_slots_hold_distinct_items_in_the_order_of_their_scores() -> None:
    out = engine([plan(0), plan(1)]).decide(requests(200))
    assert out.item.shape == (200, 4)
    score = out.organic.astype(float) + out.bid
    bids_at = np.cumsum(out.bid > 0, axis=1)
    counts = (out.bid == 0) | (bids_at <= 2)  # a page of 4 may have 2 bids that count
    stands = np.where(counts, score, out.organic)
    assert (np.diff(stands, axis=1) <= 2).all()  # float32 of micros
    assert out.moved.sum(axis=1).max() == 2
    assert all(len(set(row)) == 4 for row in out.item.tolist())
    assert (out.plan >= 0).sum() == (out.bid > 0).sum()
    assert (out.price_micros[~out.moved] == 0).all()
    assert (out.price_micros <= out.bid + 1).all()
    assert out.moved.sum() > 50
    np.testing.assert_allclose(out.exposure, np.tile(PLACE.exposures, (200, 1)), atol=1e-6)


def test_bidding_and_the_waterfall_see_single_requests_as_they_see_a_batch() -> None:
    batch, single = engine([plan(0), plan(1)]), engine([plan(0), plan(1)])
    batch.decide(requests(130))
    for _ in range(130):
        single.decide(requests(1))
    together, alone = batch.counted(), single.counted()
    assert together is not None
    assert alone is not None
    assert together.plan_ids == alone.plan_ids
    assert together.sums[:, 0].tolist() == alone.sums[:, 0].tolist() == [130, 130]
    np.testing.assert_array_equal(together.sums, alone.sums)


def test_a_lease_and_not_the_budget_limits_what_a_node_promises() -> None:
    market = engine([plan(0, budget_left_micros=10**12)])
    held = np.array([400_000], np.int64)
    plenty = np.array([10**15], np.int64)
    market.plans.leased = held, plenty, plenty
    prices = [market.decide(requests(1)).price_micros.sum() for _ in range(60)]
    assert 0 <= held[0] < 400_000
    assert sum(prices) == 400_000 - held[0]
    assert market.plans.remaining_micros[0] == 10**12


def test_one_at_a_time_is_the_same_as_all_at_once() -> None:
    batch, single = engine([plan(0)]), engine([plan(0)])
    together = batch.decide(requests(300))
    alone = [single.decide(requests(1)) for _ in range(300)]
    np.testing.assert_array_equal(together.item, np.concatenate([one.item for one in alone]))
    np.testing.assert_array_equal(
        together.price_micros, np.concatenate([one.price_micros for one in alone])
    )


def test_no_plan_means_no_bid_and_nothing_moved() -> None:
    out = engine([]).decide(requests(20))
    assert (out.plan == -1).all()
    assert not out.moved.any()
    assert out.bid.sum() == 0


def test_an_empty_batch_and_fewer_slots_are_answered_in_shape() -> None:
    one = engine([plan(0)])
    assert one.decide(requests(0)).item.shape == (0, 4)
    assert (one.decide(requests(3, slots=2)).item[:, 2:] == -1).all()


@pytest.mark.parametrize(
    ("change", "hour", "bids"),
    [
        ({}, 0, True),
        ({"start_at": MONDAY + timedelta(hours=2)}, 1, False),
        ({"start_at": MONDAY + timedelta(hours=2)}, 2, True),
        ({"end_at": MONDAY + timedelta(hours=2)}, 1, True),
        ({"end_at": MONDAY + timedelta(hours=2)}, 2, False),
        ({"dayparts": (5, 30)}, 5, True),
        ({"dayparts": (5, 30)}, 6, False),
        ({"dayparts": (5, 30)}, 30, True),
        ({"budget_left_micros": 0}, 0, False),
    ],
)
def test_a_plan_bids_only_in_its_time_and_with_money(
    change: dict[str, object], hour: int, bids: bool
) -> None:
    out = engine([plan(0, **change)]).decide(requests(50, MONDAY + timedelta(hours=hour)))
    assert out.moved.any() == bids


def test_a_plan_that_runs_out_stops_within_the_batch() -> None:
    market = engine([plan(0, budget_left_micros=1_500_000), plan(1)])
    out = market.decide(requests(600))
    spent = np.where(out.plan == 0, out.price_micros, 0).sum(axis=1)
    assert 1_200_000 < spent.sum() <= 1_500_000
    assert market.plans.remaining_micros[0] == 1_500_000 - spent.sum()
    half = len(spent) // 2
    assert spent[:half].sum() > 5 * spent[half:].sum()
    assert np.where(out.plan == 1, out.price_micros, 0)[half:].sum() > 0


def test_plans_of_one_merchant_share_its_wallet() -> None:
    first, owner = plan(0), CATALOG.merchant_ids[0]
    halves = [
        replace(first, item_ids=first.item_ids[:2]),
        replace(plan(3), merchant_id=owner, item_ids=first.item_ids[2:]),
    ]
    market = engine(halves, wallets={owner: 1_500_000})
    out = market.decide(requests(600))
    assert 1_300_000 < out.price_micros.sum() <= 1_500_000
    assert market.plans.wallet_micros[0] == 1_500_000 - out.price_micros.sum()
    assert engine(halves, wallets={}).decide(requests(50)).moved.sum() == 0


@pytest.mark.parametrize("pricing", ["uplift", "gsp", "first_price"])
def test_every_pricing_spends_no_more_than_is_held(pricing: str) -> None:
    market = engine([plan(0, budget_left_micros=1_000_000)], replace(QUIET, pricing=pricing))
    assert market.decide(requests(400)).price_micros.sum() <= 1_000_000


def test_caps_hold_on_every_page() -> None:
    market = engine([plan(0), plan(1)], replace(QUIET, merchant_cap=1))
    market.plans.alpha[:] = 20
    out = market.decide(requests(100))
    owners = CATALOG.merchant[out.item]
    assert all(len(set(row)) == 4 for row in owners.tolist())


def test_an_explanation_adds_up_and_changes_nothing() -> None:
    market = engine([plan(0, budget_left_micros=10_000_000)])
    before = market.plans.remaining_micros.copy()
    rows = market.explain(requests(1))
    assert len(rows) == ITEMS
    assert [row.slot for row in rows if row.slot >= 0] == [0, 1, 2, 3]
    for row in rows:
        parts = row.sale_micros + row.experience_micros + row.bid_micros
        assert row.score_micros == pytest.approx(parts, abs=2)
        if row.bid_micros:
            bid = row.alpha * row.value_micros / row.target_roi
            assert row.bid_micros == pytest.approx(bid, rel=1e-3)
        assert (row.reason in ("organic", "moved")) == (row.slot >= 0)
        assert (row.bid_needed_micros > 0) == (row.slot < 0)
    assert {row.reason for row in rows} >= {"organic", "outranked"}
    np.testing.assert_array_equal(market.plans.remaining_micros, before)


def test_the_sample_scales_up_to_what_happened() -> None:
    market = engine([plan(0), plan(1)])
    count = 20 * PER_PLAN
    out = market.decide(requests(count))
    market.pilot.fold(micros(MONDAY), market._goods, market.settings.rules, market.settings.pricing)
    seen = market.pilot.memory.recall(market.plans.ids)
    assert seen.traffic.tolist() == [count, count]
    at_one = np.argmin(np.abs(GRID - 1))
    spend = np.zeros(2)
    np.add.at(spend, out.plan[out.moved], (out.price_micros * out.exposure)[out.moved])
    between = [np.interp(1, GRID, curve) for curve in seen.spend]
    np.testing.assert_allclose(between, spend, rtol=0.5)
    assert (np.diff(seen.moved, axis=1) >= 0).all()
    assert (seen.added <= seen.moved + 1e-6).all()
    assert (seen.orders[:, at_one] > 0).all()


def test_multipliers_carry_over_to_a_new_book_by_plan() -> None:
    market = engine([plan(0), plan(1)])
    market.decide(requests(200))
    market.plans.alpha[:] = [3.0, 5.0]
    market.replace(micros(MONDAY), PlanBook.of([plan(1), plan(2)], CATALOG))
    assert market.plans.alpha.tolist() == [5.0, 1.0]
    results = Outcomes().results(market.plans.ids, micros(MONDAY))
    market.tick(micros(MONDAY + timedelta(hours=1)), results)
    assert market.plans.alpha[0] != 5.0  # known from the last book
    assert market.plans.alpha[1] == 1.0  # never observed


@pytest.mark.parametrize("exposures", [(0.5, 0.9), (1.2,), (-0.1,), (0.5,) * 25])
def test_exposures_that_do_not_fall_are_refused(exposures: tuple[float, ...]) -> None:
    bad = replace(PLACE, exposures=exposures)
    with pytest.raises(AdUnionError, match="falling"):
        engine([]).replace(0, PlanBook.of([], CATALOG), CATALOG, [bad])


def test_a_landscape_of_given_requests_is_whole_and_changes_nothing() -> None:
    market = engine([])
    book = PlanBook.of([plan(0, budget_left_micros=50_000_000)], CATALOG)
    seen = market.landscape(requests(100), book, 0, generator(1))
    assert seen.traffic.tolist() == [100]
    assert (np.diff(seen.spend[0]) >= -1).all()
    assert seen.spend[0, -1] > seen.spend[0, 0]
    assert book.remaining_micros[0] == 50_000_000
    assert len(market.plans) == 0


def test_beside_a_harmful_text_items_stand_by_organic_worth_alone() -> None:
    harmful = np.zeros(200, np.bool_)
    harmful[:100] = True
    out = engine([plan(0), plan(1)]).decide(replace(requests(200), harmful=harmful))
    assert not out.moved[:100].any()
    assert out.price_micros[:100].sum() == 0
    assert (np.diff(out.organic[:100], axis=1) <= 0).all()
    assert out.moved[100:].any()
