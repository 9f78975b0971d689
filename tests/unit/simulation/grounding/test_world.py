from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from adunion.catalog.feeds.types import OrderLines
from adunion.kernel.errors import AdUnionError
from adunion.simulation.grounding import OrderColumns, from_orders
from adunion.simulation.grounding.orders import columns
from adunion.simulation.shopper import respond
from adunion.simulation.traffic import traffic
from adunion.simulation.world import load, save

HOUR_US = 3_600_000_000
GOODS = [
    ("A1", "RED LUNCH BAG", 200), ("A2", "BLUE LUNCH BAG", 220), ("A3", "JUMBO BAG", 300),
    ("B1", "TIN MUG", 150), ("B2", "CHINA MUG", 400), ("B3", "OWL MUG", 350),
    ("C1", "ROSE CANDLE", 90), ("C2", "TALL CANDLE", 120), ("C3", "GARDEN CANDLE", 110),
    ("C4", "CANDLE", 100), ("A4", "BAG", 250), ("B4", "MUG", 300),
]  # fmt: skip


@pytest.fixture(scope="module")
def lines() -> OrderColumns:
    """3,000 lines at 10 o'clock on weekdays; bags go with mugs; every fifth mug comes back."""
    rng = np.random.default_rng(1)
    rows: list[tuple[str, str, int, int, int, bool]] = []
    for order in range(1_200):
        customer = f"c{order % 60}" if order % 10 else ""
        at = (order // 4 * 24 + 10 + 24 * 2 * (order // 20)) * HOUR_US
        kinds = "AB" if order % 3 else "C"
        for kind in kinds:
            good = rng.choice([row for row, each in enumerate(GOODS) if each[0][0] == kind])
            rows.append((f"o{order}", customer, int(good), int(rng.integers(1, 4)), at, False))
            if kind == "B" and order % 5 == 0:
                rows.append((f"r{order}", customer, int(good), 1, at + HOUR_US, True))
    order_, shopper, good_, quantity, at_, returned = (
        list(each) for each in zip(*rows, strict=True)
    )
    price = np.array([GOODS[row][2] for row in good_])
    return OrderColumns(
        source="shop.csv",
        currency="GBP",
        merchant=["shop"] * len(rows),
        order=order_,
        shopper=shopper,
        item=[GOODS[row][0] for row in good_],
        title=[GOODS[row][1] for row in good_],
        quantity=np.array(quantity),
        amount_minor=price * np.array(quantity),
        at_us=np.array(at_),
        returned=np.array(returned),
        refund_minor=np.zeros(len(rows), np.int64),
    )


@pytest.fixture(scope="module")
def shop(lines):
    return from_orders(lines, seed=1, shoppers=500, merchants=2, publishers=4)


def test_items_titles_and_prices_are_the_files(shop):
    items = shop.view.items
    assert dict(zip(items.external_id, items.title, strict=True)) == {g[0]: g[1] for g in GOODS}
    prices = dict(zip(items.external_id, items.price_minor.tolist(), strict=True))
    assert prices == {g[0]: g[2] for g in GOODS}
    assert shop.view.currency == "GBP"
    assert shop.source == "shop.csv"


def test_categories_are_the_products(shop):
    names = {path.split(" > ")[1] for path in shop.view.leaves.path}
    assert names == {"Bag", "Mug", "Candle"}


def test_what_was_bought_together_goes_together(shop):
    row = {path.split(" > ")[1]: leaf for leaf, path in enumerate(shop.view.leaves.path)}
    strength = shop.truth.leaf_complement
    assert strength[row["Bag"], row["Mug"]] > 0.3
    assert strength[row["Bag"], row["Candle"]] == 0


def test_returns_are_the_files_shrunk_to_its_mean(shop):
    rate = dict(zip(shop.view.items.external_id, shop.truth.item_return_rate, strict=True))
    assert rate["B1"] > 2 * rate["A1"] > 0
    assert 0.1 < rate["B1"] < 0.25


def test_the_hour_is_the_files(shop):
    assert shop.truth.hour_weight.argmax() == 10
    asked = traffic(shop, 1, 0, 24 * HOUR_US, 300, {"search": 1})
    assert ((asked.at_us // HOUR_US) == 10).mean() > 0.6


def test_merchants_are_dealt_out_where_the_file_has_one(shop, lines):
    assert set(shop.view.items.merchant.tolist()) == {0, 1}
    named = replace(lines, merchant=["x" if item[0] == "A" else "y" for item in lines.item])
    two = from_orders(named, 1, 50)
    assert two.view.merchants.name == ["x", "y"]
    codes = [
        two.view.items.external_id[row] for row in np.flatnonzero(two.view.items.merchant == 0)
    ]
    assert codes == ["A1", "A2", "A3", "A4"]


def test_shoppers_can_ask_and_answer(shop):
    mix = {"search": 0.5, "feed": 0.3, "cart": 0.2}
    asked = traffic(shop, 1, 0, 24 * HOUR_US, 3_000, mix)
    item = np.tile(np.arange(12, dtype=np.int32), (3_000, 1))[:, :10]
    got = respond(shop, 1, asked, item)
    assert len(got.orders) > 50
    assert got.orders.unit_price_minor.max() <= 400


def test_the_same_seed_grounds_the_same_world(lines, shop, tmp_path):
    save(shop, tmp_path / "a")
    save(from_orders(lines, 1, 500, 2, 4), tmp_path / "b")
    assert (tmp_path / "a/arrays.npz").read_bytes() == (tmp_path / "b/arrays.npz").read_bytes()
    assert load(tmp_path / "a").view.items.title == shop.view.items.title


def feed(count: int, **other: list[object]) -> OrderLines:
    made = {
        "line": list(range(count)), "merchant": ["m"] * count, "order": ["o"] * count,
        "item": ["i"] * count, "title": ["T"] * count, "quantity": [1] * count,
        "amount_minor": [5] * count, "currency": ["GBP"] * count, "shopper": [""] * count,
        "region": [""] * count, "placed_at": [datetime(2011, 1, 1, tzinfo=UTC)] * count,
        "paid_at": [None] * count, "refund_minor": [0] * count, "returned": [False] * count,
    }  # fmt: skip
    return OrderLines(**{**made, **other})  # type: ignore[arg-type]


def test_lines_without_item_or_of_another_currency_are_left_out():
    mixed = feed(50, currency=["USD"] * 50)
    assert len(columns("f", [feed(300), mixed, feed(20, item=[""] * 20)])) == 300


def test_too_few_lines_are_refused_with_their_number():
    with pytest.raises(AdUnionError, match="12 order lines"):
        columns("f.csv", [feed(12)])


def test_a_file_without_known_customers_still_grounds_a_world(lines):
    world = from_orders(replace(lines, shopper=[""] * len(lines)), 1, 30)
    assert len(world.view.shoppers) == 30
