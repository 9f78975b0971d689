from __future__ import annotations

import numpy as np

from adunion.simulation.grounding.baskets import (
    cycle_days,
    item_pairs,
    leaf_complement,
    leaf_together,
)

DAY_US = 86_400_000_000


def baskets(*groups: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    order = np.repeat(np.arange(len(groups)), [len(each) for each in groups])
    return order, np.concatenate(groups)


def test_partners_are_items_met_more_often_than_by_chance():
    order, item = baskets(*[(0, 1)] * 10, *[(2, 3)] * 10, *[(4,)] * 10, (0, 2))
    offsets, partner, weight = item_pairs(order, item, 5, most=3)
    assert partner[offsets[0] : offsets[1]].tolist() == [1]
    assert partner[offsets[3] : offsets[4]].tolist() == [2]
    assert offsets[4] == offsets[5]
    assert ((weight > 0) & (weight < 1)).all()


def test_no_more_partners_than_asked_for():
    order, item = baskets(*[(0, 1, 2, 3)] * 20, *[(4, 5)] * 60)
    offsets, partner, _ = item_pairs(order, item, 6, most=2)
    assert np.diff(offsets).max() == 2
    for row in range(6):
        own = partner[offsets[row] : offsets[row + 1]]
        assert (np.diff(own) > 0).all()


def test_an_item_twice_in_an_order_counts_once():
    once, twice = baskets(*[(0, 1)] * 5, (2,)), baskets(*[(0, 0, 1)] * 5, (2, 2))
    for first, second in zip(item_pairs(*once, 3, 3), item_pairs(*twice, 3, 3), strict=True):
        assert np.array_equal(first, second) or first.dtype == np.float32


def test_leaves_that_meet_complete_each_other_and_not_themselves():
    order, leaf = baskets(*[(0, 1)] * 40, *[(2,)] * 40, *[(3,)] * 40)
    together = leaf_together(order, leaf, 4)
    assert together[0, 1] == together[1, 0] == 40
    strength = leaf_complement(together, np.bincount(leaf).astype(float), 120)
    assert strength[0, 1] > 0.5
    assert strength[0, 2] == 0
    assert (np.diag(strength) == 0).all()


def test_cycles_are_the_median_days_between_purchases():
    day = np.tile(np.arange(8) * 30, 10)
    shopper = np.repeat(np.arange(10), 8)
    leaf = np.zeros(80, np.int64)
    assert cycle_days(shopper, leaf, day * DAY_US, 2).tolist() == [30.0, 30.0]
    twice = np.concatenate([day, day])  # two lines on one day are one purchase
    again = cycle_days(np.tile(shopper, 2), np.tile(leaf, 2), twice * DAY_US, 1)
    assert again.tolist() == [30.0]
