from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from adunion.kernel.errors import AdUnionError
from adunion.simulation.shopper import Memory, respond
from adunion.simulation.traffic import traffic
from adunion.simulation.world import Links, Traffic, World

DAY_US = 86_400_000_000
MONDAY_US = 1_793_577_600_000_000  # 2026-11-02T00:00:00Z

SLOTS = 8


def leaf_of(world: World, name: str) -> int:
    return next(
        row for row, path in enumerate(world.view.leaves.path) if path.endswith(f"> {name}")
    )


def popular(world: World, leaf: np.ndarray, seed: int = 0) -> np.ndarray:
    """For each request SLOTS different items of a leaf among its more popular ones, -1 padded."""
    items, truth = world.view.items, world.truth
    order = np.lexsort((-truth.item_popularity, items.leaf))
    start = np.searchsorted(items.leaf[order], np.arange(len(truth.leaf_popularity) + 1))
    turn = np.random.default_rng(seed).integers(0, 4, (len(leaf), 1)) + 2 * np.arange(SLOTS)
    size = np.diff(start)[leaf][:, None]
    found = order[np.minimum(start[leaf][:, None] + turn, len(order) - 1)]
    return np.where(turn < size, found, -1).astype(np.int32)


@pytest.fixture(scope="module")
def searches(world: World) -> Traffic:
    return traffic(world, 5, MONDAY_US, DAY_US, 40_000, {"search": 1})


@pytest.fixture(scope="module")
def shown(world: World, searches: Traffic) -> np.ndarray:
    return popular(world, world.truth.query_leaf[searches.query])


def test_relevant_items_are_clicked_and_bought_at_believable_rates(world, searches, shown):
    got = respond(world, 1, searches, shown)
    ctr = got.clicked.sum() / got.seen.sum()
    cvr = len(got.orders) / got.clicked.sum()
    assert 0.06 < ctr < 0.11
    assert 0.09 < cvr < 0.18


def test_clicks_and_orders_come_at_the_true_rates(world, searches, shown):
    got = respond(world, 1, searches, shown)
    seen, clicked = got.seen, got.clicked
    expected, deviation = got.pctr[seen].sum(), np.sqrt(got.pctr[seen].sum())
    assert abs(clicked.sum() - expected) < 4 * deviation
    bought = got.pcvr[clicked].sum()
    assert abs(len(got.orders) - bought) < 4 * np.sqrt(bought)
    assert (got.orders.at_us > searches.at_us[got.orders.row]).all()


def test_true_click_rates_spread_five_times(world, searches, shown):
    got = respond(world, 1, searches, shown)
    low, high = np.quantile(got.pctr[got.pctr > 0], [0.1, 0.9])
    assert high > 5 * low


def test_gmv_agrees_with_its_expectation_gross_and_net(world, searches, shown):
    gross = net = expected = expected_net = 0.0
    for seed in range(12):
        got = respond(world, seed, searches, shown)
        value = got.orders.quantity * got.orders.unit_price_minor
        gross, net = gross + value.sum(), net + (value - got.orders.refund_minor).sum()
        expected += got.expected_gmv[got.seen].sum()
        expected_net += got.expected_net[got.seen].sum()
    assert gross == pytest.approx(expected, rel=0.06)
    assert net / gross == pytest.approx(expected_net / expected, rel=0.02)


def test_a_slot_is_seen_as_often_as_its_exposure_says(world, searches, shown):
    got = respond(world, 1, searches, shown)
    curve = world.view.placements.exposures[0][:SLOTS]
    filled = (shown >= 0).all(1)
    assert np.allclose(got.seen[filled].mean(0), curve, atol=0.012)
    assert (got.seen[:, 1:] <= got.seen[:, :-1])[filled].all()  # nobody looks at the 2nd slot only


def test_position_acts_through_seen_alone(world, searches, shown):
    forward = respond(world, 1, searches, shown, np.ones(shown.shape, np.float32))
    turned = respond(world, 1, searches, shown[:, ::-1], np.ones(shown.shape, np.float32))
    assert np.array_equal(forward.clicked, turned.clicked[:, ::-1])
    assert np.array_equal(forward.pctr, turned.pctr[:, ::-1])


def test_two_arms_share_their_chance(world, searches, shown):
    other = shown.copy()
    other[:, 3] = popular(world, world.truth.query_leaf[searches.query], seed=9)[:, 5]
    one, two = respond(world, 1, searches, shown), respond(world, 1, searches, other)
    same = np.arange(SLOTS) != 3
    for name in ("seen", "clicked", "carted", "pctr", "pcvr"):
        assert np.array_equal(getattr(one, name)[:, same], getattr(two, name)[:, same]), name
    first = {
        (r, i): t for r, i, t in zip(one.orders.row, one.orders.item, one.orders.at_us, strict=True)
    }
    again = {
        (r, i): t for r, i, t in zip(two.orders.row, two.orders.item, two.orders.at_us, strict=True)
    }
    shared = [key for key in first if key in again]
    assert len(shared) > 0.8 * len(first)
    assert all(first[key] == again[key] for key in shared)


def test_the_same_call_gives_the_same_answer_and_another_seed_another(world, searches, shown):
    one, again = (respond(world, 1, searches, shown) for _ in range(2))
    for field in fields(one):
        if field.name != "orders":
            assert np.array_equal(getattr(one, field.name), getattr(again, field.name))
    assert np.array_equal(one.orders.at_us, again.orders.at_us)
    assert not np.array_equal(one.clicked, respond(world, 2, searches, shown).clicked)


def test_what_was_asked_for_is_clicked_and_other_goods_are_not(world, searches, shown):
    right = respond(world, 1, searches, shown).pctr
    wrong = respond(world, 1, searches, np.roll(shown, 1, axis=0)).pctr
    assert right[shown >= 0].mean() > 5 * wrong.mean()


def test_an_item_with_the_word_asked_for_beats_one_without(world, searches, shown):
    truth = world.truth
    word = truth.query_word[searches.query]
    asked = (word >= 0) & (shown >= 0).all(1)
    has = (truth.item_words[shown[asked]] == word[asked][:, None, None]).any(2)
    rates = respond(world, 1, searches, shown).pctr[asked]
    assert rates[has].mean() > 1.4 * rates[~has].mean()


def test_a_cart_with_a_phone_case_wants_a_lanyard_or_stand_and_not_another_case(world):
    asked = traffic(world, 2, MONDAY_US, DAY_US, 60_000, {"cart": 1})
    case = leaf_of(world, "手机壳")
    first = world.view.items.leaf[asked.context_items[asked.context_offsets[:-1]]]
    single = np.diff(asked.context_offsets) == 1
    rates = {}
    for name in ("手机壳", "手机挂绳", "手机支架", "猫粮"):
        item = popular(world, np.full(len(asked), leaf_of(world, name)))
        item[(first != case) | ~single] = -1
        got = respond(world, 1, asked, item)
        rates[name] = got.pctr[item >= 0].mean()
    assert min(rates["手机挂绳"], rates["手机支架"]) > 2.5 * max(rates["手机壳"], rates["猫粮"])


def test_what_was_just_bought_is_not_wanted_until_it_is_due_again(world, searches, shown):
    cycle = world.truth.leaf_cycle_days
    got = respond(world, 1, searches, shown)
    rows, slots = np.nonzero(shown >= 0)
    leaf = world.view.items.leaf[shown[rows, slots]]
    memory = Memory.start(world, MONDAY_US)
    hour = MONDAY_US // 3_600_000_000

    def rate_after(cycles: float) -> float:
        memory.bought_hour[:] = (hour - cycles * cycle * 24).astype(np.int32)[None, :]
        return respond(world, 1, searches, shown, memory=memory).pcvr[rows, slots].mean()

    usual = got.pcvr[rows, slots].mean()
    monthly = (cycle[leaf] <= 60).any()
    assert monthly
    assert rate_after(0.05) < 0.45 * usual
    assert rate_after(1.0) > 1.3 * usual
    assert rate_after(4.0) == pytest.approx(usual, rel=0.1)  # but for what is bought on the way


def test_an_order_is_remembered(world, searches, shown):
    memory = Memory.start(world, MONDAY_US)
    before = memory.bought_hour.copy()
    got = respond(world, 1, searches, shown, memory=memory)
    leaf = world.view.items.leaf[got.orders.item]
    assert (memory.bought_hour[got.orders.shopper, leaf] >= MONDAY_US // 3_600_000_000).all()
    assert (memory.bought_hour != before).sum() == len(
        {*zip(got.orders.shopper, leaf, strict=True)}
    )


def test_memory_of_repeat_purchases_starts_within_a_cycle(world):
    memory = Memory.start(world, MONDAY_US)
    rows, turns = np.nonzero(world.truth.need_leaf >= 0)
    leaf = world.truth.need_leaf[rows, turns]
    ago_days = (MONDAY_US / 3.6e9 - memory.bought_hour[rows, leaf]) / 24
    assert (ago_days >= -0.1).all()
    assert (ago_days <= world.truth.leaf_cycle_days[leaf] + 0.1).all()


def test_dearer_goods_sell_less_and_cheaper_ones_more(world, searches, shown):
    prices = world.view.items.price_minor
    base = respond(world, 1, searches, shown)
    for factor, low, high in ((1.3, 0.55, 0.85), (0.8, 1.15, 1.6)):
        got = respond(world, 1, searches, shown, price_minor=(prices * factor).astype(np.int64))
        units = got.expected_gmv.sum() / factor / base.expected_gmv.sum()
        assert low < units < high
    assert (got.orders.unit_price_minor == (prices * 0.8).astype(np.int64)[got.orders.item]).all()


def test_conversion_returns_and_delay_act_as_factors(world, searches, shown):
    base = respond(world, 1, searches, shown)
    half = respond(world, 1, searches, shown, conversion=0.5)
    assert np.allclose(half.pcvr, 0.5 * base.pcvr, rtol=1e-5)
    more = respond(world, 1, searches, shown, returns=3.0)
    assert (more.orders.refund_minor > 0).mean() > 2 * (base.orders.refund_minor > 0).mean()
    slow = respond(world, 1, searches, shown, delay=4.0)
    wait, longer = (r.orders.at_us - searches.at_us[r.orders.row] for r in (base, slow))
    assert np.median(longer) == pytest.approx(4 * np.median(wait), rel=0.05)


def test_orders_come_within_minutes_or_days_and_pay_arrive_and_return_in_order(
    world, searches, shown
):
    got = respond(world, 1, searches, shown).orders
    hours = (got.at_us - searches.at_us[got.row]) / 3.6e9
    assert 0.5 < (hours < 1).mean() < 0.75
    assert 0.05 < (hours > 48).mean() < 0.25
    assert hours.max() <= 14 * 24 + 0.01
    assert (got.paid_us > got.at_us).all()
    assert (got.received_us > got.paid_us + 6 * 3_600_000_000).all()
    back = got.refund_us > 0
    assert (got.refund_us[back] > got.received_us[back]).all()


def test_refunds_are_whole_or_partial_and_never_more_than_paid(world, searches, shown):
    got = respond(world, 1, searches, shown, returns=3.0).orders
    paid = got.quantity * got.unit_price_minor
    back = got.refund_us > 0
    assert np.array_equal(back, got.refund_minor > 0)
    assert (got.refund_minor <= paid).all()
    whole = (got.refund_minor == paid)[back].mean()
    assert 0.6 < whole < 0.8


def test_a_link_visit_is_seen_and_clicked_and_may_order_its_item(world):
    links = Links(np.array([0], np.int32), np.array([42], np.int32), np.ones(1, np.float32))
    asked = traffic(world, 1, MONDAY_US, DAY_US, 3_000, {"link": 1}, links)
    got = respond(world, 1, asked, np.full((3_000, 4), -1, np.int32))
    assert got.seen[:, 0].all()
    assert got.clicked[:, 0].all()
    assert not got.seen[:, 1:].any()
    assert set(got.orders.item.tolist()) == {42}
    assert abs(len(got.orders) - got.pcvr[:, 0].sum()) < 4 * np.sqrt(len(got.orders))


def test_nothing_shown_is_nothing_seen(world, searches):
    got = respond(world, 1, searches, np.full((len(searches), 3), -1, np.int32))
    assert not got.seen.any()
    assert len(got.orders) == 0
    assert got.expected_gmv.sum() == 0


@pytest.mark.parametrize(
    "bad", [np.zeros((3, 2), np.int32), np.zeros(4, np.int32)], ids=["rows", "flat"]
)
def test_items_of_a_wrong_shape_are_refused(world, searches, bad):
    with pytest.raises(AdUnionError, match="do not fit"):
        respond(world, 1, searches, bad)


def test_rows_that_are_no_items_are_refused(world, searches):
    with pytest.raises(AdUnionError, match="not one of"):
        respond(world, 1, searches, np.full((len(searches), 1), 10**6, np.int32))
