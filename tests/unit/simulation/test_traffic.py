from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from adunion.kernel.errors import AdUnionError
from adunion.simulation.traffic import traffic, volume
from adunion.simulation.world import KINDS, Links, generate

DAY_US = 86_400_000_000
MONDAY_US = 1_793_577_600_000_000  # 2026-11-02T00:00:00Z
MIX = {"search": 0.45, "feed": 0.35, "cart": 0.10, "page": 0.06, "live": 0.04}

HOUR_US = DAY_US // 24


def test_the_same_seed_and_span_ask_the_same(world, day):
    again = traffic(world, 3, MONDAY_US, DAY_US, 20_000, MIX)
    for field in fields(day):
        assert np.array_equal(getattr(day, field.name), getattr(again, field.name)), field.name
    other = traffic(world, 4, MONDAY_US, DAY_US, 20_000, MIX)
    assert (other.shopper != day.shopper).mean() > 0.9


def test_requests_come_in_time_order_within_the_span(day):
    assert (np.diff(day.at_us) >= 0).all()
    assert day.at_us[0] >= MONDAY_US
    assert day.at_us[-1] < MONDAY_US + DAY_US
    assert len(np.unique(day.key)) == len(day)


def test_kinds_follow_the_mix_and_meet_their_placements(world, day):
    for row, kind in enumerate(KINDS[:5]):
        ours = day.kind == row
        assert abs(ours.mean() - MIX[kind]) < 0.015
        places = np.unique(day.placement[ours])
        assert {world.view.placements.kind[place] for place in places} == {kind}
        offsite = kind in ("page", "live")
        assert (day.publisher[ours] >= 0).all() == offsite
        assert np.array_equal(
            day.publisher[ours], world.view.placements.publisher[day.placement[ours]]
        )


def test_the_evening_is_busier_than_the_night_in_the_shoppers_zone(day):
    local = (day.at_us // HOUR_US + 8) % 24
    count = np.bincount(local, minlength=24)
    assert count[21] > 5 * count[3]


def test_given_rhythm_is_kept(world):
    hourly = [0.0] * 24
    hourly[5] = 1.0
    asked = traffic(world, 1, MONDAY_US, DAY_US, 500, MIX, hourly=hourly, weekly=[1.0] * 7)
    assert set((asked.at_us // HOUR_US % 24).tolist()) == {5}


def test_volume_of_a_week_is_seven_days_and_of_parts_their_sum():
    hourly, weekly = [1.0 + (hour % 5) for hour in range(24)], [1, 1, 1, 1, 1, 2, 3]
    assert volume(MONDAY_US, 7 * DAY_US, hourly, weekly) == pytest.approx(7)
    parts = [volume(MONDAY_US + h * HOUR_US // 2, HOUR_US // 2, hourly, weekly) for h in range(96)]
    assert sum(parts) == pytest.approx(volume(MONDAY_US, 2 * DAY_US, hourly, weekly))
    assert volume(MONDAY_US, DAY_US, hourly, weekly) == pytest.approx(0.7)


def test_searches_use_queries_of_the_shoppers_language(world, day):
    rows = day.query[day.kind == 0]
    assert (rows >= 0).all()
    assert (world.view.queries.kind[rows] == 0).all()
    same = world.view.queries.locale[rows] == day.locale[day.kind == 0]
    assert same.all()


def test_few_queries_make_most_searches(world, day):
    count = np.sort(np.bincount(day.query[day.kind == 0]))[::-1]
    assert count[: len(count) // 10].sum() > 0.5 * count.sum()


def test_pages_are_about_what_their_publisher_is_about(world, day):
    ours = (day.kind == 3) | (day.kind == 4)
    top = world.view.leaves.top[world.truth.query_leaf[day.query[ours]]]
    share = world.view.publishers.audience[day.publisher[ours], top]
    assert share.mean() > 0.4  # 0.05 if pages were about anything


def test_carts_hold_one_to_three_different_items_that_go_together(world, day):
    sizes = np.diff(day.context_offsets)
    carts = np.flatnonzero(day.kind == 2)
    assert sizes[carts].min() == 1
    assert set(np.unique(sizes[carts]).tolist()) == {1, 2, 3}
    for row in carts[:200]:
        cart = day.context_items[day.context_offsets[row] : day.context_offsets[row + 1]]
        assert len(set(cart.tolist())) == len(cart)
        leaf = world.view.items.leaf[cart]
        assert (world.truth.leaf_complement[leaf[0], leaf[1:]] > 0).all()
    assert sizes[day.kind == 0].sum() == 0


def test_shoppers_ask_for_what_they_like(world, day):
    searches = day.kind == 0
    top = world.view.leaves.top[world.truth.query_leaf[day.query[searches]]]
    liking = world.truth.shopper_affinity[day.shopper[searches], top]
    assert liking.mean() > 3 / len(world.view.leaves.top_names)


def test_consent_and_locale_are_the_shoppers(world, day):
    assert np.array_equal(day.consent, world.view.shoppers.consent[day.shopper])
    assert np.array_equal(day.locale, world.view.shoppers.locale[day.shopper])


def test_visits_follow_links_by_weight(world):
    links = Links(
        np.array([2, 5], np.int32), np.array([11, 12], np.int32), np.array([3, 1], np.float32)
    )
    asked = traffic(world, 1, MONDAY_US, DAY_US, 4_000, {"link": 0.5, "search": 0.5}, links)
    visits = asked.kind == KINDS.index("link")
    assert 0.46 < visits.mean() < 0.54
    assert 0.70 < (asked.link[visits] == 0).mean() < 0.80
    assert np.array_equal(asked.publisher[visits], links.publisher[asked.link[visits]])
    starts = asked.context_offsets[:-1][visits]
    assert np.array_equal(asked.context_items[starts], links.item[asked.link[visits]])
    assert (asked.placement[visits] == -1).all()


@pytest.mark.parametrize(
    "mix", [{}, {"search": 0}, {"radio": 1}, {"search": -1}, {"link": 1}], ids=str
)
def test_a_mix_that_cannot_be_is_refused(world, mix):
    with pytest.raises(AdUnionError):
        traffic(world, 1, MONDAY_US, DAY_US, 10, mix)


def test_a_world_without_publishers_has_no_pages():
    lonely = generate(1, 60, 5, 20, 0)
    with pytest.raises(AdUnionError, match="no page"):
        traffic(lonely, 1, MONDAY_US, DAY_US, 10, {"page": 1})
    assert len(traffic(lonely, 1, MONDAY_US, DAY_US, 10, {"search": 1})) == 10


def test_no_requests_is_no_error(world):
    assert len(traffic(world, 1, MONDAY_US, HOUR_US, 0, MIX)) == 0
