from __future__ import annotations

import numpy as np
import pytest

from adunion.kernel.clock import generator
from adunion.prediction import ItemStats
from adunion.prediction.pieces import PIECES_MAX, expected_pieces

from .test_items import DAY_US, shop


def sell(stats: ItemStats, at_us: int, item: list[int], pieces: list[int]) -> None:
    none, kind = np.zeros(0, np.int32), np.zeros(0, np.uint8)
    rows = np.array(item, np.int32)
    stats.observe(
        at_us, none, kind, none, kind, rows, np.zeros(len(rows), np.uint8),
        np.array(pieces, np.int32),
    )  # fmt: skip


def test_without_orders_an_order_has_one_piece() -> None:
    assert ItemStats(shop(4)).expected_pieces().tolist() == [1.0] * 4


def test_a_new_item_has_the_pieces_of_its_category() -> None:
    stats = ItemStats(shop(30, categories=3))
    sell(stats, DAY_US, [0, 3, 6, 9] * 200, [8, 8, 8, 8] * 200)  # category c0
    pieces = stats.expected_pieces()
    assert pieces[27] == pytest.approx(8, rel=0.05)  # c0 too, never sold
    assert pieces[1] < pieces[27]


def test_means_are_recovered_where_items_differ_and_where_they_do_not() -> None:
    rng = generator(3)
    category = np.zeros(200, np.int32)
    for spread, at_most in ((0.0, 0.4), (0.8, 0.96)):
        truth = 1 + 5 * rng.lognormal(-(spread**2) / 2, spread, 200)
        lines = rng.integers(1, 60, 200)
        draws = [rng.geometric(1 / mean, count) for mean, count in zip(truth, lines, strict=True)]
        sums, squares = (np.array([float((d**p).sum()) for d in draws]) for p in (1, 2))
        found = expected_pieces(lines.astype(float), sums, squares, category, 1)
        own = sums / lines
        assert np.abs(found - truth).mean() < at_most * np.abs(own - truth).mean()
        assert found.mean() == pytest.approx(truth.mean(), rel=0.08)


def test_a_reseller_does_not_move_the_mean_without_bound() -> None:
    stats = ItemStats(shop(2, categories=1))
    sell(stats, DAY_US, [0] * 50, [1] * 49 + [1_000_000])
    assert stats.expected_pieces()[0] < (49 + PIECES_MAX) / 50 + 0.01


def test_what_was_expected_in_an_hour_is_not_changed_by_its_orders() -> None:
    stats = ItemStats(shop(2, categories=1))
    sell(stats, DAY_US, [0] * 300, [5] * 300)
    assert stats.pieces.tolist() == [1.0, 1.0]
    sell(stats, DAY_US + 3_600_000_000, [0], [1])
    assert stats.pieces[0] == pytest.approx(5, rel=0.1)
