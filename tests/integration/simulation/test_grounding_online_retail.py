from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from adunion.simulation.grounding import from_orders, read
from adunion.simulation.world import World


@pytest.fixture(scope="module")
def shop(data: Path) -> World:
    return from_orders(read(data / "orders/online_retail.parquet", "online_retail"), 1, 5_000)


def test_the_gift_shop_has_its_goods_and_prices(shop: World):
    items = shop.view.items
    assert 3_000 < len(items) < 4_500
    assert shop.view.currency == "GBP"
    holder = items.external_id.index("85123A")
    assert items.title[holder] == "WHITE HANGING HEART T-LIGHT HOLDER"
    assert 250 <= items.price_minor[holder] <= 325
    popular = shop.truth.item_popularity * shop.truth.leaf_popularity[items.leaf]
    assert holder in np.argsort(-popular)[:5]


def test_it_opens_by_day_and_not_on_saturdays(shop: World):
    assert 10 <= shop.truth.hour_weight.argmax() <= 15
    assert shop.truth.weekday_weight.argmin() == 5


def test_teacups_of_one_service_go_together(shop: World):
    items, truth = shop.view.items, shop.truth
    green = items.title.index("GREEN REGENCY TEACUP AND SAUCER")
    partners = truth.pair_item[truth.pair_offsets[green] : truth.pair_offsets[green + 1]]
    assert "ROSES REGENCY TEACUP AND SAUCER" in {items.title[row].strip() for row in partners}


def test_repeats_and_returns_are_of_the_files_size(shop: World):
    assert 20 < np.median(shop.truth.leaf_cycle_days) < 80
    assert 0.005 < shop.truth.item_return_rate.mean() < 0.05
    assert (shop.truth.need_leaf >= 0).any(1).mean() > 0.2
