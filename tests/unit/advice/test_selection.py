from dataclasses import replace

import numpy as np
import pytest

from adunion.advice import Channel, Goods, Needs, Selection, Wish, emptied_by, select, shrunk
from adunion.advice.estimates import price_slope
from adunion.advice.trial import Size, trial
from adunion.kernel.errors import AdUnionError

COUNT = 40


@pytest.fixture
def goods() -> Goods:
    rng = np.random.default_rng(3)
    return Goods(
        category=np.arange(COUNT) % 4,
        categories=["母婴 > 奶粉", "母婴 > 纸尿裤", "家电 > 电扇", "鞋包"],
        merchant=np.arange(COUNT) % 10, group=np.arange(COUNT),
        price_minor=rng.integers(1_000, 20_000, COUNT), clicks=np.full(COUNT, 0.05),
        orders=np.full(COUNT, 0.08), returned=np.full(COUNT, 0.1),
        rate_bps=np.full(COUNT, 800), experience=np.full(COUNT, 0.8), in_stock=np.ones(COUNT, bool),
    )  # fmt: skip


CHANNEL = Channel(np.ones(4), np.zeros(COUNT, bool))
CALM = Needs(np.ones(COUNT), np.full(COUNT, -1))


def _rows(found: Selection) -> list[int]:
    return [pick.row for pick in found.picks]


def test_all_else_equal_the_larger_commission_comes_first(goods: Goods) -> None:
    same = replace(goods, price_minor=np.full(COUNT, 5_000))
    rate = same.rate_bps.copy()
    rate[17] = 1_600
    found = select(replace(same, rate_bps=rate), CHANNEL, CALM, Wish(top=5))
    assert found.picks[0].row == 17
    assert found.picks[0].reasons == ("commission",)
    assert found.picks[0].earns_minor == pytest.approx(1_000 * 0.05 * 0.08 * 5_000 * 0.9 * 0.16)
    assert found.picks[1].earns_minor == pytest.approx(found.picks[0].earns_minor / 2)


def test_a_rising_need_lifts_an_item_and_is_its_reason(goods: Goods) -> None:
    rise, source = np.ones(COUNT), np.full(COUNT, -1)
    rise[5], source[5] = 50.0, 2
    found = select(goods, CHANNEL, Needs(rise, source), Wish(top=3))
    assert found.picks[0].row == 5
    assert found.picks[0].source == 2
    assert found.picks[0].reasons[0] == "need"
    only = select(goods, CHANNEL, Needs(rise, source), Wish(top=3, rising_only=True))
    assert _rows(only) == [5]


@pytest.mark.parametrize(
    ("wish", "why"),
    [
        (Wish(category="不存在"), "category"),
        (Wish(rate_min_bps=9_900), "rate"),
        (Wish(price_min_minor=30_000), "price"),
        (Wish(rising_only=True), "rising"),
        (Wish(new_only=True), "new"),
        (Wish(category="鞋包", price_max_minor=1_500), "together"),
        (Wish(category="家电"), "refused"),
    ],
)
def test_what_leaves_nothing_is_named(goods: Goods, wish: Wish, why: str) -> None:
    prices = np.where(goods.category == 3, 9_000, goods.price_minor).astype(np.int64)
    prices[0] = 1_200
    given = replace(goods, price_minor=prices, in_stock=goods.category != 2)
    linked = replace(CHANNEL, linked=np.ones(COUNT, bool))
    assert not select(given, linked, CALM, wish).picks
    assert emptied_by(given, linked, CALM, wish) == why


def test_what_may_not_be_advised_is_left_out_and_says_why(goods: Goods) -> None:
    best = _rows(select(goods, CHANNEL, CALM, Wish(top=3)))
    stock, rate, experience = goods.in_stock.copy(), goods.rate_bps.copy(), goods.experience.copy()
    stock[best[0]], experience[best[1]] = False, 0.1
    rate[best[2]] = 0
    worse = replace(goods, in_stock=stock, rate_bps=rate, experience=experience)
    found = select(worse, CHANNEL, CALM, Wish(top=36))
    why = {one.row: one.why for one in found.left}
    assert why[best[0]] == "out of stock"
    assert why[best[1]] == "experience"
    assert not set(best) & set(_rows(found))


def test_no_merchant_category_or_variant_fills_the_list(goods: Goods) -> None:
    one_seller = replace(goods, merchant=np.zeros(COUNT, int), category=np.zeros(COUNT, int))
    found = select(one_seller, CHANNEL, CALM, Wish(top=10))
    assert len(found.picks) == 2  # a fifth of the list
    assert {one.why for one in found.left} == {"merchant cap"}
    variants = replace(goods, group=np.zeros(COUNT, int))
    assert len(select(variants, CHANNEL, CALM, Wish(top=10)).picks) == 1
    many = select(goods, CHANNEL, CALM, Wish(top=8))
    assert max(np.bincount(goods.category[_rows(many)])) <= 2


def test_an_audience_brings_its_own_categories(goods: Goods) -> None:
    keen = Channel(np.array([1.0, 1.0, 1.0, 30.0]), CHANNEL.linked)
    found = select(goods, keen, CALM, Wish(top=4))
    assert goods.category[found.picks[0].row] == 3
    assert "fit" in found.picks[0].reasons


def test_filters_hold(goods: Goods) -> None:
    linked = np.zeros(COUNT, bool)
    linked[::2] = True
    wish = Wish(top=20, category="母婴", price_max_minor=9_000, new_only=True)
    found = select(goods, Channel(np.ones(4), linked), CALM, wish)
    assert found.picks
    for row in _rows(found):
        assert goods.category[row] in (0, 1)
        assert goods.price_minor[row] <= 9_000
        assert not linked[row]
    assert select(goods, CHANNEL, CALM, Wish(top=5, rate_min_bps=900)).picks == ()


@pytest.mark.parametrize(
    "wrong",
    [{"top": 0}, {"top": 101}, {"rate_min_bps": -1}, {"price_min_minor": 5, "price_max_minor": 4}],
)
def test_a_wish_that_cannot_be_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(AdUnionError):
        Wish(**wrong)


def test_rates_shrink_to_the_categorys_at_the_items_price() -> None:
    rng = np.random.default_rng(5)
    category, level = np.repeat([0, 1], 300), rng.normal(0, 0.7, 600)
    clicks = np.full(600, 500.0)
    true = np.where(category == 0, 0.05, 0.1) * np.exp(-0.8 * level)
    orders = rng.poisson(clicks * true)
    assert price_slope(orders, clicks * np.where(category == 0, 0.05, 0.1), level) == pytest.approx(
        0.8, abs=0.05
    )
    unknown = np.zeros(600)
    few = shrunk(np.where(np.arange(600) % 2, orders, 0), np.where(np.arange(600) % 2, clicks, 0),
                 category, 60.0, level)  # fmt: skip
    guess = few[::2]  # of items that nobody saw
    assert np.corrcoef(np.log(guess), np.log(true[::2]))[0, 1] > 0.95
    assert shrunk(unknown, unknown, category, 60.0, level).max() == 0


def test_the_trial_estimates_what_is_true() -> None:
    found = trial(
        5, Size(items=200, merchants=12, shoppers=600, publishers=3, views=6_000, markets=1)
    )
    for way in found["ways"].values():
        clicks = way["clicks"]
        assert clicks["dr_low"] - 8 <= clicks["truth"] <= clicks["dr_high"] + 8
    assert found["selection_over"]["random"]["commission"]["truth"] > 1.5
