"""Needs for retrieval: pools of catalog rows, and what goes with items nobody has bought yet."""

from __future__ import annotations

import numpy as np

from adunion.decision.retrieval import Lists, Understood, learn_carts, moved
from adunion.understanding import LexicalIndex
from adunion.understanding.context import ContextReader, page_of
from adunion.understanding.context.items import items_for
from adunion.understanding.needs import ItemMatcher, Knowledge, Library, NeedFinder
from adunion.understanding.needs.match import answering
from adunion.understanding.needs.pools import NeedPools

from ..shops import shop_of

TITLES = [
    ("透明手机壳", "Clear phone case"), ("手机挂绳", "Phone lanyard"),
    ("桌面手机支架", "Phone stand"),
    ("蓝色手机壳", "Blue phone case"), ("助眠枕头", "Sleep pillow"),
    ("真丝眼罩", "Silk sleep mask"),
]  # fmt: skip
SHOP = shop_of([(zh, en, f"c{n % 3}") for n, (zh, en) in enumerate(TITLES)])
POOLS = NeedPools(Library(Knowledge.load()), LexicalIndex.build(SHOP))


def titles(rows: np.ndarray) -> set[str]:  # type: ignore[type-arg]
    return {SHOP.titles[row] for row in rows.tolist()}


def test_a_query_finds_what_goes_with_it_or_answers_it() -> None:
    found = POOLS.of("手机壳")
    assert found[0][0] >= found[-1][0]
    assert {"手机挂绳", "桌面手机支架"} <= set().union(*(titles(rows) for _, rows, _ in found))
    assert "助眠枕头" in set().union(*(titles(rows) for _, rows, _ in POOLS.of("晚上失眠")))
    assert POOLS.of("zzz qqq") == []


def test_a_decision_takes_what_was_read_and_never_waits() -> None:
    pools = NeedPools(Library(Knowledge.load()), LexicalIndex.build(SHOP))
    merit = np.zeros(len(SHOP), np.float32)
    assert Understood(pools).needed("手机壳", merit, wait=False) is None
    assert pools.read_waiting() == 1
    assert pools.read_waiting() == 0
    ready = Understood(pools).needed("手机壳", merit, wait=False)
    at_once = Understood(pools).needed("手机壳", merit)
    assert ready is not None
    assert at_once is not None
    assert ready.item.tolist() == at_once.item.tolist() != []


def test_items_nobody_bought_go_with_what_people_know() -> None:
    product, offsets, item, score = POOLS.go_with(SHOP)
    assert product[0] == product[3] >= 0
    mine = slice(offsets[product[0]], offsets[product[0] + 1])
    assert {"手机挂绳", "桌面手机支架"} <= titles(item[mine])
    assert not {"透明手机壳", "蓝色手机壳"} & titles(item[mine])
    assert ((score > 0) & (score <= 1)).all()


def test_carts_learn_from_baskets_and_move_with_the_catalog() -> None:
    basket = np.repeat(np.arange(6, dtype=np.uint64), 2)
    item = np.array([0, 1, 0, 1, 0, 1, 0, 3, 4, 5, 4, -1], np.int32)
    lists = learn_carts(SHOP, basket, item)
    of_case = lists.item[lists.offsets[0] : lists.offsets[1]].tolist()
    assert of_case == [1]  # row 3 is of the same category
    new_row = np.array([5, 2, -1, 0, 1, 3], np.int32)
    after = moved(lists, new_row, 6)
    assert after.item[after.offsets[5] : after.offsets[6]].tolist() == [2]
    assert len(after) == 6


def test_one_list_holds_the_strongest_needs_first_by_merit() -> None:
    merit = np.zeros(len(SHOP), np.float32)
    lists = Understood(POOLS).needed("手机壳", merit)
    assert isinstance(lists, Lists)
    assert 0 < len(lists.item) <= 60
    assert (lists.score <= 1).all()
    nothing = Understood().needed("手机壳", merit)
    assert nothing is not None
    assert len(nothing.item) == 0


def test_an_item_answers_a_need_only_where_its_title_says_so() -> None:
    matcher = ItemMatcher(SHOP, LexicalIndex.build(SHOP))
    assert [item.title for item in matcher.items("手机挂绳", "phone lanyard")] == ["手机挂绳"]
    assert matcher.items("镜头膜", "lens protector") == ()


def test_a_name_within_that_of_another_thing_answers_no_need() -> None:
    shop = shop_of(
        [
            ("洗烘一体空调", "Washer-dryer air conditioner", "家电 > 空调"),
            ("柔顺护发素", "Smooth conditioner", "美妆 > 护发"),
            ("封闭式猫砂盆", "Covered litter box", "宠物"),
            ("豆腐猫砂", "Tofu cat litter", "宠物"),
        ]
    )
    index, knowledge = LexicalIndex.build(shop), Knowledge.load()
    assert 0 in answering(index, "护发素", "conditioner")[0]
    assert answering(index, "护发素", "conditioner", knowledge=knowledge)[0].tolist() == [1]
    assert answering(index, "猫砂", "cat litter", knowledge=knowledge)[0].tolist() == [3]


def test_a_query_that_names_a_product_finds_it_by_its_other_names_and_before_its_needs() -> None:
    shop = shop_of(
        [
            ("轻量跑步鞋", "Light running shoes", "运动"),
            ("夏季凉鞋", "Summer sandals", "运动"),
            ("运动袜", "Sports socks", "服饰"),
            ("青柠电解质水", "Lime electrolyte water", "食品"),
        ]
    )
    index = LexicalIndex.build(shop)
    pools = NeedPools(Library(Knowledge.load()), index)
    item, score, sold = Understood(pools).named("跑鞋", *index.find("跑鞋"), shop)
    assert sold
    assert item[0] == 0
    assert score[0] >= 0.9
    assert len(set(item.tolist())) == len(item)
    assert all(score[1:] <= 0.5)
    for other in ("青柠", "春天在哪里", ""):
        before = index.find(other)
        item, score, sold = Understood(pools).named(other, *before, shop)
        assert not sold
        assert item.tolist() == before[0].tolist()


def test_a_page_of_no_known_topic_still_gets_what_its_needs_name(finder: NeedFinder) -> None:
    matcher = ItemMatcher(SHOP, LexicalIndex.build(SHOP))
    reading = ContextReader(finder=finder).read(page_of("我老是失眠睡不着"))
    assert reading.categories == ()
    placed = items_for(reading, finder.library.knowledge, matcher, 4)
    assert {"助眠枕头", "真丝眼罩"} <= {each.title for each in placed}


def test_part_of_a_name_answers_no_need_but_what_the_thing_is_does() -> None:
    goods = [
        ("低敏狗粮 奶白色", "Hypoallergenic dog food, cream", "宠物 > 狗粮"),
        ("有机奶粉 一段", "Milk powder", "母婴 > 奶粉"),
        ("幼猫奶粉", "Kitten milk powder", "宠物 > 奶粉"),
        ("纯棉口水巾", "Baby bib, cotton", "母婴"),
    ]
    shop = shop_of(goods)
    index = LexicalIndex.build(shop)
    rows, scores = answering(index, "低敏奶粉", "hypoallergenic formula", kind="母婴")
    assert rows.tolist() == [1]
    assert 0 < scores[0] <= 0.6
    assert answering(index, "低敏奶粉", "hypoallergenic formula")[0].tolist() == []
    assert answering(index, "湿疹霜", "eczema cream", kind="母婴")[0].tolist() == []
    assert answering(index, "口水巾", "baby bib")[0].tolist() == [3]
    assert answering(index)[0].tolist() == []
