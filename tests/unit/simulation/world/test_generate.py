from __future__ import annotations

from dataclasses import fields, is_dataclass

import numpy as np
import pytest

from adunion.kernel.errors import AdUnionError
from adunion.simulation.world import World, generate


def test_the_same_seed_makes_the_same_world_and_another_seed_another():
    first, again, other = (generate(seed, 300, 20, 200, 5) for seed in (1, 1, 2))
    assert first.view.items.title == again.view.items.title
    assert (first.truth.item_appeal == again.truth.item_appeal).all()
    assert first.view.shoppers.pseudonym == again.view.shoppers.pseudonym
    assert first.view.items.title != other.view.items.title


@pytest.mark.parametrize(
    ("items", "merchants", "publishers"), [(50, 40, 0), (1, 1, 1), (200, 3, 60)]
)
def test_small_worlds_are_whole(items, merchants, publishers):
    made = generate(3, items, merchants, 10, publishers)
    assert len(made.view.items) == items
    assert len(np.unique(made.view.items.merchant)) == merchants
    assert len(made.view.placements.code) == 3 + publishers
    assert abs(made.truth.leaf_popularity.sum() - 1) < 1e-5


@pytest.mark.parametrize("sizes", [(0, 1, 1), (10, 0, 1), (10, 1, 0), (10, 11, 5)], ids=str)
def test_impossible_sizes_are_refused(sizes):
    with pytest.raises(AdUnionError):
        generate(1, *sizes)


def test_an_unknown_currency_is_refused():
    with pytest.raises(AdUnionError, match="Choose from"):
        generate(1, 10, 1, 1, currency="XOF")


def test_yen_prices_are_whole_yen():
    yen, yuan = (
        generate(1, 200, 5, 5, currency=code).view.items.price_minor for code in ("JPY", "CNY")
    )
    assert 0.1 < np.median(yen / yuan) < 0.35  # 21 yen a yuan, without hundredths


def test_parties_have_names_in_both_languages(world: World):
    for parties in (world.view.merchants, world.view.publishers):
        assert len(set(parties.name)) == len(set(parties.name_en)) == len(parties.name)
        assert all(name.isascii() for name in parties.name_en)
        assert not any(name.isascii() for name in parties.name)


def test_titles_name_brand_product_and_spec_in_both_languages(world: World):
    items, leaves = world.view.items, world.view.leaves
    for row in range(0, len(items), 97):
        assert items.title[row].startswith(items.brands[items.brand[row]])
        assert items.title_en[row].startswith(items.brands_en[items.brand[row]])
        assert items.attributes[row]["spec"] in items.title[row]
        assert " > " in leaves.path[items.leaf[row]]
    assert len(set(items.title)) > 0.7 * len(items)


def test_variants_of_a_product_share_merchant_leaf_and_brand(world: World):
    items = world.view.items
    for column in (items.merchant, items.leaf, items.brand):
        same = items.group[1:] == items.group[:-1]
        assert (column[1:] == column[:-1])[same].all()
    assert 0.2 < np.mean(items.group[1:] == items.group[:-1]) < 0.6


def test_prices_follow_the_leaf(world: World):
    items, paths = world.view.items, world.view.leaves.path

    def median(path: str) -> float:
        return float(np.median(items.price_minor[items.leaf == paths.index(path)]))

    assert 100_000 < median("手机数码 > 手机") < 500_000
    assert 2_000 < median("手机数码 > 手机壳") < 6_500
    assert items.price_minor.min() >= 1


def test_ratings_and_returns_are_believable(world: World):
    items, truth = world.view.items, world.truth
    rated = items.rating[items.rating_count > 0]
    assert 4.2 < rated.mean() < 4.8
    assert rated.min() >= 1
    assert rated.max() <= 5
    clothes = items.leaf == world.view.leaves.path.index("女装 > 连衣裙")
    assert 0.15 < truth.item_return_rate[clothes].mean() < 0.35
    assert truth.item_return_rate.mean() < 0.10


def test_better_items_are_rated_better(world: World):
    rated = world.view.items.rating_count > 20
    pair = np.corrcoef(world.view.items.rating[rated], world.truth.item_appeal[rated])
    assert pair[0, 1] > 0.3


def test_partners_of_an_item_are_of_other_leaves_that_go_with_its_own(world: World):
    truth, leaf = world.truth, world.view.items.leaf
    rows = np.repeat(np.arange(len(leaf)), np.diff(truth.pair_offsets))
    assert len(rows) > 2 * len(leaf)
    strength = truth.leaf_complement[leaf[rows], leaf[truth.pair_item]]
    assert (strength > 0).all()
    assert (leaf[rows] != leaf[truth.pair_item]).all()


def test_a_few_thousand_queries_in_both_languages(world: World):
    queries = world.view.queries
    search = queries.kind == 0
    assert 3_000 < search.sum() < 10_000
    assert 0.4 < queries.locale[search].mean() < 0.6
    text = {queries.text[row] for row in np.flatnonzero(search)}
    assert {"手机壳", "phone case", "防摔手机壳推荐"} <= text


def test_shoppers_are_as_asked(world: World):
    shoppers, truth = world.view.shoppers, world.truth
    assert 0.83 < shoppers.consent.mean() < 0.87
    assert 0.08 < shoppers.locale.mean() < 0.12
    assert len(set(shoppers.pseudonym)) == len(shoppers)
    assert np.allclose(truth.shopper_affinity.sum(1), 1, atol=1e-4)
    assert np.median(truth.shopper_affinity.max(1)) > 0.25  # a few categories each
    repeats = truth.need_leaf[truth.need_leaf >= 0]
    assert (truth.leaf_cycle_days[repeats] <= 200).all()
    assert set(np.unique(truth.aipl_stage).tolist()) == {1, 2, 3, 4}


def test_exposures_fall_and_end_with_the_slots(world: World):
    places = world.view.placements
    for row, slots in enumerate(places.slots.tolist()):
        curve = places.exposures[row]
        assert (np.diff(curve) <= 0).all()
        assert 0 < curve[slots - 1] < curve[0] < 1
        assert (curve[slots:] == 0).all()


def test_the_platform_sees_nothing_of_the_truth(world: World):
    hidden = {id(getattr(world.truth, field.name)) for field in fields(world.truth)}
    names = {field.name for field in fields(world.truth)}

    def walk(part):
        for field in fields(part):
            value = getattr(part, field.name)
            assert field.name not in names
            if is_dataclass(value):
                walk(value)
            elif isinstance(value, np.ndarray):
                assert id(value) not in hidden
                base = value if value.base is None else value.base
                assert id(base) not in hidden

    walk(world.platform_view())
    assert not any("taste" in field.name for field in fields(world.view.shoppers))
