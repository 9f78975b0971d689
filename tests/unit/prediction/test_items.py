from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from adunion.catalog.snapshot import build_snapshot
from adunion.catalog.types import CatalogSnapshot
from adunion.kernel.clock import generator
from adunion.kernel.ids import encode
from adunion.prediction import KINDS, ItemStats
from adunion.prediction.items import NUMBERS

DAY_US = 86_400_000_000


def shop(items: int, categories: int = 3, first: int = 0) -> CatalogSnapshot:
    return build_snapshot(
        "CNY",
        [
            (
                f"itm_{encode(n.to_bytes(16, 'big'))}", "t", "", f"b{n % 2}",
                f"top > c{n % categories}", "m", "", 100 + n, 4.0, 1,
            )
            for n in range(first, first + items)
        ],
    )  # fmt: skip


def column(stats: ItemStats, name: str) -> npt.NDArray[np.float32]:
    return stats.columns().numbers[:, NUMBERS.index(name)]


def observe(stats: ItemStats, at: int, seen: list[int], clicked: list[int], kind: int = 0) -> None:
    rows = [np.array(r, np.int32) for r in (seen, clicked, [])]
    kinds = [np.full(len(r), kind, np.uint8) for r in rows]
    stats.observe(at, rows[0], kinds[0], rows[1], kinds[1], rows[2], kinds[2], rows[2])


def test_item_never_seen_stands_at_its_category() -> None:
    stats = ItemStats(shop(30))
    assert column(stats, "click_lift").tolist() == [0.0] * 30
    assert column(stats, "click_lift_category").tolist() == [0.0] * 30


def test_lift_is_shrunk_less_the_more_was_seen() -> None:
    stats = ItemStats(shop(30))
    observe(stats, DAY_US, [0] * 1000 + [3] * 20, [0] * 200 + [3] * 4)
    lift = column(stats, "click_lift")
    assert lift[0] > lift[3] > lift[6] - 1e-6


def test_place_where_people_click_more_does_not_praise_its_items() -> None:
    rng, stats = generator(2), ItemStats(shop(200, 1))
    for kind, rate, rows in ((0, 0.2, range(100)), (3, 0.02, range(100, 200))):
        seen = np.repeat(np.array(rows, np.int32), 2_000)
        clicked = seen[rng.random(len(seen)) < rate]
        observe(stats, DAY_US, seen.tolist(), clicked.tolist(), kind)
    lift = column(stats, "click_lift")
    assert float(lift[:100].mean()) == pytest.approx(float(lift[100:].mean()), abs=0.08)


def test_a_better_market_does_not_change_the_lift_of_what_stays() -> None:
    before, after = (ItemStats(shop(30, 30)) for _ in range(2))
    observe(before, DAY_US, [0] * 3000, [0] * 300)
    observe(after, DAY_US, [0] * 3000 + [1] * 9000, [0] * 300 + [1] * 2700)
    left, right = (
        column(s, "click_lift")[0] + column(s, "click_lift_category")[0] for s in (before, after)
    )
    assert left == pytest.approx(right, abs=0.03)


def test_counts_fade_by_half_in_three_weeks() -> None:
    stats = ItemStats(shop(3))
    observe(stats, DAY_US, [0] * 8, [])
    observe(stats, 22 * DAY_US, [-1], [])
    assert stats.seen.sum() == pytest.approx(4.0)


def test_rebase_maps_counts_by_id() -> None:
    stats = ItemStats(shop(5))
    observe(stats, DAY_US, [2, 2, 4], [4])
    stats.rebase(shop(5, first=2))
    assert stats.seen.sum(1).tolist() == [2, 0, 1, 0, 0]
    assert stats.clicks.sum(1).tolist() == [0, 0, 1, 0, 0]


def test_columns_of_an_empty_catalog_are_empty() -> None:
    columns = ItemStats(shop(0)).columns()
    assert columns.numbers.shape == (0, len(NUMBERS))
    assert ItemStats(shop(0)).seen.shape == (0, len(KINDS))


def test_brand_codes_tell_brands_apart_and_none_from_any() -> None:
    columns = ItemStats(shop(4)).columns()
    assert columns.brand[0] == columns.brand[2] != columns.brand[1]
    assert columns.parent.tolist() == [0, 0, 0]
