"""Properties of the auction, against trying everything."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adunion.decision.auction.pricing import pricing

from .reference import Case, allowed, best_welfare, kernel, least_payment, page

EXAMPLES = settings(max_examples=150, deadline=None, derandomize=True)


@st.composite
def cases(draw: st.DrawFn, rows_max: int = 6, slots_max: int = 4, capped: bool = True) -> Case:
    """Small auctions full of ties, caps that bind, and items without a bid."""
    rows = draw(st.integers(1, rows_max))
    worth = st.one_of(st.integers(0, 6), st.integers(0, 1_000_000))
    merchant = draw(st.lists(st.integers(0, 2), min_size=rows, max_size=rows))
    group = [10 * m + draw(st.integers(0, 2)) for m in merchant]
    theta = draw(st.lists(st.integers(1, 10_000), min_size=1, max_size=slots_max))
    return Case(
        organic=draw(st.lists(worth, min_size=rows, max_size=rows)),
        bid=draw(st.lists(st.one_of(st.just(0), worth), min_size=rows, max_size=rows)),
        merchant=merchant,
        group=group,
        theta=sorted(theta, reverse=True),
        merchant_cap=draw(st.integers(1, 3)),
        group_cap=draw(st.integers(1, 2)),
        reserve=draw(st.one_of(st.just(0), st.integers(1, 6), st.integers(0, 500_000))),
        paid=draw(st.integers(0, slots_max)) if capped else 99,
    )


@EXAMPLES
@given(case=cases(capped=False))
def test_greedy_is_optimal_under_caps(case: Case) -> None:
    out = kernel(case)
    welfare = sum(t * case.score(r) for t, r in zip(case.theta, out.rows, strict=False))
    assert allowed(case, tuple(out.rows))
    assert welfare == best_welfare(case)


@EXAMPLES
@given(case=cases(capped=False), data=st.data())
def test_the_uplift_price_is_the_externality(case: Case, data: st.DataObject) -> None:
    out = kernel(case)
    slot = data.draw(st.integers(0, len(out.rows) - 1))
    row, theta = out.rows[slot], case.theta[slot]
    bid = max(case.bid[row] - case.reserve, 0)
    without = case.with_bid(row, 0)
    slot_organic = kernel(without).slot_of(row)
    exposure_organic = case.theta[slot_organic] if slot_organic < len(case.theta) else 0
    assert out.facts.exposure_organic[slot] == exposure_organic
    externality = best_welfare(without) - (best_welfare(case) - theta * bid)
    added = theta - exposure_organic
    expected = (externality + case.reserve * added) // theta if added > 0 else 0
    assert out.price["uplift"][slot] == expected


@EXAMPLES
@given(case=cases(rows_max=24, slots_max=12))
def test_no_price_is_above_the_bid_nor_the_payment_above_what_was_added(case: Case) -> None:
    out = kernel(case)
    facts = out.facts
    for name in pricing.names():
        prices = np.array(out.price[name])
        assert (prices >= 0).all()
        offered = np.array([case.bid[row] for row in out.rows])
        assert (prices <= offered).all()
        assert (prices[~facts.moved] == 0).all()
        assert (offered[facts.moved] > case.reserve).all()
    added = facts.exposure - facts.exposure_organic
    paid = np.array(out.price["uplift"]) * facts.exposure
    assert (paid <= np.maximum(added, 0) * offered).all()
    floored = paid + facts.exposure  # a price is floored to whole micros
    assert (floored >= np.where(facts.moved, case.reserve * added, 0)).all()
    asked = [np.array(out.price[name])[facts.moved] for name in ("gsp", "first_price")]
    assert all((prices >= case.reserve).all() for prices in asked)


@EXAMPLES
@given(case=cases(rows_max=24, slots_max=12))
def test_an_item_that_has_the_slot_anyway_is_not_moved_and_pays_nothing(case: Case) -> None:
    out = kernel(case)
    for slot, row in enumerate(out.rows):
        if kernel(case.with_bid(row, 0)).slot_of(row) == slot:
            assert not out.facts.moved[slot]
            assert out.price["uplift"][slot] == 0


@EXAMPLES
@given(case=cases(), data=st.data())
def test_neither_shading_nor_overbidding_gains(case: Case, data: st.DataObject) -> None:
    row = data.draw(st.integers(0, len(case.bid) - 1))
    worth = case.bid[row]
    lie = data.draw(st.one_of(st.integers(0, 8), st.integers(0, 2_000_000)))

    def gain(bid: int) -> int:
        out = kernel(case.with_bid(row, bid))
        slot = out.slot_of(row)
        if slot >= len(out.rows):
            return 0
        return case.theta[slot] * (worth - out.price["uplift"][slot])

    # Prices are floored to whole micros per seen impression: up to theta of rounding.
    assert gain(lie) <= gain(worth) + max(case.theta)


@EXAMPLES
@given(case=cases(rows_max=12, slots_max=6), data=st.data())
def test_a_higher_bid_never_lowers_the_slot(case: Case, data: st.DataObject) -> None:
    row = data.draw(st.integers(0, len(case.bid) - 1))
    raised = case.with_bid(row, case.bid[row] + data.draw(st.integers(0, 1_000_000)))
    assert kernel(raised).slot_of(row) <= kernel(case).slot_of(row)


@EXAMPLES
@given(case=cases(rows_max=24, slots_max=12, capped=False))
def test_better_scores_have_better_slots_and_ties_go_by_row(case: Case) -> None:
    rows = kernel(case).rows
    keys = [(-case.score(row), row) for row in rows]
    assert keys == sorted(keys)
    assert len(set(rows)) == len(rows)


@EXAMPLES
@given(case=cases(rows_max=8, slots_max=5))
def test_a_page_at_its_ad_load_goes_on_by_organic_worth(case: Case) -> None:
    out = kernel(case)
    assert out.rows == page(case)
    assert out.facts.moved.sum() <= case.paid


@EXAMPLES
@given(case=cases())
def test_under_an_ad_load_a_slot_costs_the_least_bids_that_reach_it(case: Case) -> None:
    case = replace(case, reserve=0)
    out = kernel(case)
    for slot, row in enumerate(out.rows):
        if out.facts.moved[slot]:
            assert out.facts.payment[slot] == least_payment(case, row, slot)
        assert not out.facts.moved[slot] or out.price["gsp"][slot] <= case.bid[row]


@EXAMPLES
@given(case=cases(rows_max=12, slots_max=6), data=st.data())
def test_a_plan_is_no_rival_of_itself(case: Case, data: st.DataObject) -> None:
    plans = st.lists(st.integers(0, 2), min_size=len(case.bid), max_size=len(case.bid))
    case = replace(case, plan=tuple(data.draw(plans)))
    out = kernel(case)
    apart = kernel(replace(case, plan=()))
    assert out.rows == apart.rows
    for slot, row in enumerate(out.rows):
        alone = case
        for other in range(len(case.bid)):
            if case.plan[other] == case.plan[row] and other not in out.rows:
                alone = alone.with_bid(other, 0)
        told = kernel(alone)
        assert told.rows == out.rows
        assert [fact[slot] for fact in out.facts[:6]] == [fact[slot] for fact in told.facts[:6]]
        assert out.price["uplift"][slot] <= apart.price["uplift"][slot]


@EXAMPLES
@given(case=cases(), data=st.data())
def test_a_plan_pays_what_all_its_bids_take_from_others(case: Case, data: st.DataObject) -> None:
    plans = st.lists(st.integers(0, 2), min_size=len(case.bid), max_size=len(case.bid))
    case = replace(case, plan=tuple(data.draw(plans)), paid=99)
    out = kernel(case)

    def worth_of_others(rows: list[int], plan: int) -> int:
        worth = [case.organic[r] if case.plan[r] == plan else case.score(r) for r in rows]
        return sum(t * w for t, w in zip(case.theta, worth, strict=False))

    for plan in set(case.plan):
        without = case
        for row in range(len(case.bid)):
            if case.plan[row] == plan:
                without = without.with_bid(row, 0)
        taken = worth_of_others(page(without), plan) - worth_of_others(out.rows, plan)
        paid = sum(
            int(out.facts.payment[slot])
            for slot, row in enumerate(out.rows)
            if case.plan[row] == plan
        )
        assert paid == taken


def test_an_only_plan_pays_the_same_however_much_its_items_bid() -> None:
    # Both slots are taken from organic items worth 5 and 4; its own are worth 1.
    def paid(bid: int) -> list[int]:
        rows = [0, 1, 2, 3]
        case = Case([1, 1, 5, 4], [bid, bid, 0, 0], rows, rows, [10_000, 5_000], plan=(0, 0, 1, 2))
        out = kernel(case)
        assert out.rows == [0, 1]
        return out.price["uplift"]

    # The first moves 5 to the second slot and 4 off the page, the second 5 off the page.
    assert paid(10) == paid(1_000) == [3, 4]


def test_a_variant_does_not_make_its_plan_pay_more() -> None:
    # Two variants of one group bid 9 and 8; the best item of others is worth 3 to shoppers.
    case = Case([1, 1, 3], [9, 8, 0], [0, 0, 1], [0, 0, 1], [10_000], plan=(0, 0, 1))
    assert kernel(case).price["uplift"] == [2]  # 3 displaced, less its own 1
    assert kernel(replace(case, plan=(0, 2, 1))).price["uplift"] == [8]  # as rivals


def test_prices_by_hand() -> None:
    # Organic worth 10 and 8, a rival at 4, and our item: worth 2 to shoppers, bidding 7.
    case = Case([10, 8, 4, 2], [0, 0, 0, 7], [0, 1, 2, 3], [0, 1, 2, 3], [10_000, 5_000])
    out = kernel(case)
    assert out.rows == [0, 3]
    assert out.facts.moved.tolist() == [False, True]
    assert out.price["uplift"] == [0, 6]  # it displaced 8 and is itself worth 2
    assert out.price["gsp"] == [0, 6]
    assert out.price["first_price"] == [0, 7]


def test_uplift_pays_only_for_the_slots_gained() -> None:
    # Without its bid the item is second (exposure 0.5); with it first (1.0), displacing 6.
    case = Case([6, 4, 0], [0, 8, 0], [0, 1, 2], [0, 1, 2], [10_000, 5_000])
    out = kernel(case)
    assert out.rows == [1, 0]
    assert out.price["uplift"] == [1, 0]  # (6 - 4) * (1.0 - 0.5) per seen impression
    assert out.price["gsp"] == [2, 0]


@pytest.mark.parametrize("count", [1, 3])
def test_fewer_candidates_than_slots_leave_slots_empty(count: int) -> None:
    rows = list(range(count))
    case = Case([5] * count, [1] * count, rows, rows, [10_000] * 8)
    assert kernel(case).rows == rows
