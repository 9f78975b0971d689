"""Shoppers and predictions of the benchmark: rates, delays, returns, and whose luck is whose."""

from __future__ import annotations

import numpy as np
import pytest

from adunion.simulation.chance import keys
from adunion.simulation.roi.people import (
    HOUR_US,
    QUICK,
    RETURN_RATE,
    Items,
    Pages,
    answer,
    fill_pages,
)

ITEMS, REQUESTS, WIDE = 83, 4_000, 20


def pages(known: float = 1.0, unknown: float = 1.0) -> tuple[np.ndarray, Pages]:
    one = np.ones(ITEMS)
    items = Items(np.arange(ITEMS, dtype=np.int32)[None, :], one, one, one * 1.2, one)
    offsets = np.arange(REQUESTS + 1) * WIDE
    out = Pages(
        offsets, np.empty(REQUESTS * WIDE, np.int32),
        *(np.empty(REQUESTS * WIDE, np.float32) for _ in range(4)),
    )  # fmt: skip
    key = keys(5, 1, REQUESTS)
    fill_pages(key, np.zeros(REQUESTS, np.int32), items, known, unknown, out)
    return key, out


def test_no_item_is_twice_in_a_request() -> None:
    _, found = pages()
    rows = np.sort(found.item.reshape(REQUESTS, WIDE), axis=1)
    assert (np.diff(rows, axis=1) > 0).all()


def test_a_shock_moves_the_truth_and_not_the_predictions_a_season_both() -> None:
    _, calm = pages()
    _, shock = pages(unknown=0.75)
    _, season = pages(known=1.2)
    np.testing.assert_allclose(shock.cvr, calm.cvr * 0.75, rtol=1e-5)
    np.testing.assert_array_equal(shock.pcvr, calm.pcvr)
    assert season.pcvr.mean() / calm.pcvr.mean() == pytest.approx(1.2, abs=0.01)
    assert season.cvr.mean() / calm.cvr.mean() == pytest.approx(1.2, abs=0.01)


def test_lasting_errors_are_in_the_predictions() -> None:
    _, found = pages()
    assert found.pctr.mean() / found.ctr.mean() == pytest.approx(1.2, rel=0.02)
    assert found.pcvr.mean() / found.cvr.mean() == pytest.approx(1.0, rel=0.02)


def test_orders_come_as_often_as_their_chance_and_some_late_and_some_back() -> None:
    key, found = pages()
    shown = found.item.reshape(REQUESTS, WIDE)[:, :8].copy()
    exposure = np.full(shown.shape, 0.7, np.float32)
    chance, seen = np.zeros(shown.shape), np.zeros(shown.shape, np.bool_)
    after, back = np.full(shown.shape, -1, np.int64), np.zeros(shown.shape, np.bool_)
    answer(key, found, shown, exposure, 1.0, 1.0, chance, seen, after, back)
    ordered = after >= 0
    assert seen.mean() == pytest.approx(0.7, abs=0.03)
    assert not ordered[~seen].any()
    expected = chance[seen].sum()
    assert ordered.sum() == pytest.approx(expected, abs=4 * np.sqrt(expected))
    assert (after[ordered] < 2 * HOUR_US).mean() == pytest.approx(QUICK + 0.05, abs=0.1)
    assert back[ordered].mean() == pytest.approx(RETURN_RATE, abs=0.08)


def test_what_a_shopper_does_with_an_item_does_not_hang_on_its_slot() -> None:
    key, found = pages()
    shown = found.item.reshape(REQUESTS, WIDE)[:, :4].copy()
    turned = shown[:, ::-1].copy()
    orders = []
    for items in (shown, turned):
        chance, seen = np.zeros(items.shape), np.zeros(items.shape, np.bool_)
        after, back = np.full(items.shape, -1, np.int64), np.zeros(items.shape, np.bool_)
        exposure = np.ones(items.shape, np.float32)
        answer(key, found, items, exposure, 1.0, 1.0, chance, seen, after, back)
        orders.append(after)
    np.testing.assert_array_equal(orders[0], orders[1][:, ::-1])
