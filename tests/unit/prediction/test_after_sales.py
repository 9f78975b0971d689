"""Returns and deliveries: recovered in spite of delay, shrunk, and felt in experience."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from adunion.catalog.types import CatalogSnapshot
from adunion.kernel.clock import generator
from adunion.prediction import AfterSales

from .test_items import DAY_US, shop

HOUR_US = 3_600_000_000


def run(
    catalog: CatalogSnapshot, days: int, share: list[float], took: list[float], each: int = 40
) -> AfterSales:
    """`each` orders of every item a day; shares come back some days after they arrive."""
    rng, after = generator(4), AfterSales(catalog)
    later: list[tuple[int, str, bytes]] = []
    for hour in range(24 * days):
        now = DAY_US + hour * HOUR_US
        if hour % 24 == 0:
            item = np.repeat(np.arange(len(catalog)), each)
            order = np.frombuffer(rng.bytes(16 * len(item)), "V16")
            after.sold(
                np.full(len(item), now), order, np.ones(len(item), np.int16), catalog.raw[item],
                np.full(len(item), 1_000),
            )  # fmt: skip
            for row, id_ in zip(item.tolist(), order, strict=True):
                came = now + int(took[row] * DAY_US)
                later.append((came, "receipt", bytes(id_)))
                if rng.random() < share[row]:
                    wait = rng.uniform(0.5, 8.5)
                    later.append((came + int(wait * DAY_US), "refund", bytes(id_)))
        due = [each for each in later if each[0] < now + HOUR_US]
        later = [each for each in later if each[0] >= now + HOUR_US]
        for at, what, id_ in due:
            ids = np.frombuffer(id_, "V16")
            if what == "receipt":
                after.received(np.array([at]), ids)
            else:
                after.refunded(ids, np.ones(1, np.int16), np.array([1_000]))
    return after


def test_shares_that_come_back_are_found_though_refunds_are_late() -> None:
    share = [0.02, 0.1, 0.3]
    after = run(shop(3), 40, share, [2, 2, 2])
    assert after.expected_returns() == pytest.approx(share, rel=0.15, abs=0.01)


def test_young_orders_do_not_look_kept() -> None:
    found = run(shop(2, 1), 8, [0.2, 0.2], [2, 2], each=200).expected_returns()
    assert found.mean() == pytest.approx(0.2, rel=0.45)
    naive = run(shop(2, 1), 8, [0.2, 0.2], [2, 2], each=200).sums
    assert naive[:, 3].sum() / naive[:, 1].sum() < 0.6 * found.mean()


def test_days_to_receipt_are_found_and_a_new_item_has_its_categorys() -> None:
    catalog = shop(6, categories=2)
    after = run(catalog, 20, [0.0] * 6, [2, 8, 2, 8, 2, 8])
    assert after.expected_days() == pytest.approx([2, 8, 2, 8, 2, 8], rel=0.15)
    fresh = AfterSales(catalog)
    assert fresh.expected_days() == pytest.approx([3.0] * 6)
    after.sums[4:] = 0
    assert after.expected_days()[4] < 4 < 6 < after.expected_days()[5]


def test_experience_rises_with_stars_and_falls_with_returns_and_days() -> None:
    catalog = shop(4, categories=4)
    catalog = replace(catalog, rating=np.array([4.8, 3.0, 4.8, 4.8], np.float32))
    plain = AfterSales(catalog).experience()
    assert plain[0] > plain[1]
    assert plain[0] == pytest.approx(plain[2])
    after = run(catalog, 30, [0.0, 0.0, 0.25, 0.0], [2, 2, 2, 9]).experience()
    assert after[2] < after[0] - 0.1
    assert after[3] < after[0] - 0.08
    assert ((after >= 0) & (after <= 1)).all()


def test_a_refund_or_receipt_of_an_unknown_order_says_nothing() -> None:
    after = AfterSales(shop(2))
    ids = np.frombuffer(b"x" * 16, "V16")
    after.refunded(ids, np.ones(1, np.int16), np.array([500]))
    after.received(np.array([DAY_US]), ids)
    assert after.sums.sum() == 0


def test_sums_follow_their_items_to_another_catalog() -> None:
    after = run(shop(3), 3, [0.0] * 3, [1, 1, 1])
    before = after.sums[2].copy()
    after.rebase(shop(3, first=2))
    np.testing.assert_allclose(after.sums[0], before)
    assert after.sums[1:].sum() == 0
