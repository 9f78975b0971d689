from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest

from adunion.bootstrap.trends import needs_of
from adunion.kernel.errors import AdUnionError
from adunion.understanding import LexicalIndex
from adunion.understanding.needs import Knowledge, Library, Reading, Said
from adunion.understanding.needs.types import Evidence, Need
from adunion.understanding.trends import Classifier, Linker, TrendStore, now, read, store
from adunion.understanding.trends.seasons import coming, dates, seasons
from adunion.understanding.trends.targets import COURSE, FORECAST, Target

from ..shops import shop_of


@pytest.fixture(scope="module")
def linker() -> Linker:
    return Linker(Library(Knowledge.load()), Classifier.load())


@pytest.mark.parametrize(
    ("title", "category", "verdict", "unsafe"),
    [
        ("户外新手的冲锋衣怎么选", "时尚", "yes", ""),
        ("天猫618补贴真的大", "互联网", "yes", ""),
        ("华为三折叠预订秒破万", "互联网", "yes", ""),
        ("无意识控血糖的5个小习惯", "健康", "maybe", ""),
        ("A股缩量673亿下跌个股超4100只", "财经", "no", ""),
        ("孙颖莎晋级半决赛", "体育", "no", ""),
        ("公司发月饼后员工猝死", "社会", "no", "death"),
        ("网红口红店主被刑拘", "美妆", "no", "crime"),
        ("手机店起火爆炸", "数码", "no", "disaster"),
        ("特朗普称对中国手机加关税", "时事", "no", "politics"),
        ("某品牌面膜汞超标", "美妆", "no", "harm"),
        ("多人在酒店公寓卖淫被当场抓获", "社会", "no", "crime"),
        ("为1万报酬男子用电动车运47斤冰毒", "社会", "no", "crime"),
        ("京东双11给爸妈的推荐位", "互联网", "yes", ""),
    ],
)
def test_goods_stand_beside_goods_and_never_beside_a_tragedy(
    linker: Linker, title: str, category: str, verdict: str, unsafe: str
) -> None:
    found = linker.link(title, category)
    assert (found.commerce.verdict, found.commerce.unsafe) == (verdict, unsafe)
    assert found.commerce.reasons[0][0]
    if verdict == "no":
        assert (found.products, found.items, found.categories) == ((), (), ())


def test_a_topic_is_linked_to_the_product_it_names(linker: Linker) -> None:
    found = linker.link("户外新手的冲锋衣怎么选", "时尚")
    assert found.products[0].zh == "冲锋衣"
    assert found.products[0].why == "named"
    assert found.categories[0] == found.products[0].category_zh


def test_items_that_say_what_the_title_is_of_come_and_no_lookalikes() -> None:
    goods = [
        ("手工紫砂壶", "Teapot", "茶具"),
        ("洗衣机水垢清洁剂", "Descaler", "清洁剂"),
        ("即食西洋参切片", "Ginseng", "滋补"),
        ("夜光拼装模型", "Model kit", "积木"),
    ]
    shop = shop_of(goods)
    index = LexicalIndex.build(shop)
    linker = Linker(Library(Knowledge.load()), Classifier.load(), shop, index)
    for title, first in (
        ("紫砂壶测评", "茶具"), ("年轻人开始囤西洋参", "滋补"), ("拼装模型怎么选", "积木"),
    ):  # fmt: skip
        assert linker.link(title, "电商").categories == (first,)


def test_the_end_of_a_topic_finds_items_whose_words_end_with_it() -> None:
    shop = shop_of(
        [(f"素宅 儿童水杯 {n}00ml", "Mug", "家居 > 保温壶") for n in range(3)]
        + [
            ("意式咖啡机 家用", "Espresso machine", "家电 > 咖啡机"),
            ("咖啡 速溶", "", "零食 > 咖啡"),
        ]
    )
    linker = Linker(Library(Knowledge.load()), Classifier.load(), shop, LexicalIndex.build(shop))
    assert linker.link("今年流行的水杯", "电商").categories == ("家居 > 保温壶",)
    assert linker.link("咖啡机怎么选", "电商").categories == ("家电 > 咖啡机",)
    assert linker.link("女子在食堂丢水杯", "社会").items == ()


def test_goods_that_the_market_has_not_have_their_category_still() -> None:
    shop = shop_of([("手工紫砂壶", "Teapot", "茶具")])
    linker = Linker(Library(Knowledge.load()), Classifier.load(), shop, LexicalIndex.build(shop))
    for title, category, kind in (
        ("洗碗机值得买吗", "", "厨房"), ("iPhone17官降", "", "手机数码"), ("榴莲降价", "", "生鲜"),
        ("首款增程车开启预售", "汽车", "汽车"),
    ):  # fmt: skip
        found = linker.link(title, category)
        assert (found.categories, [zh for zh, _ in found.kinds]) == ((), [kind])
    assert linker.link("江城外长会谈 洗碗机").kinds == ()


class Guesses:
    """Meaning that always thinks of the same products."""

    def __init__(self, *names: str) -> None:
        self._names = names

    def read(self, text: str, kind: Said = "query", most: int = 10) -> Reading:
        """Those, of half a strength."""
        return Reading(text, kind, "need", "", tuple(map(self._need, self._names)))

    def _need(self, name: str) -> Need:
        knowledge = Knowledge.load()
        row = knowledge.names[name]
        product = knowledge.products[row]
        category = knowledge.categories[product.category]
        guessed = (Evidence("meaning", 0.5, name),)
        return Need(row, product.zh, product.en, *category, 0.5, "", "", guessed)


def test_an_item_is_linked_as_what_it_is_and_not_by_a_nickname() -> None:
    shop = shop_of([
        ("沁凉眼霜 电眼充电宝 保湿眼霜", "", "美妆"), ("充电宝大容量20000毫安", "", "数码"),
        ("口红礼盒 咖啡馆联名 限量", "", "美妆"), ("冻干咖啡 无糖美式", "", "食品"),
    ])  # fmt: skip
    linker = Linker(Library(Knowledge.load()), Classifier.load(), shop, LexicalIndex.build(shop))
    for title, category, rows in (("充电宝怎么选", "数码", [1]), ("咖啡涨价", "美食", [3])):
        assert [row for row, _ in linker.link(title, category).items] == rows


def test_a_flavour_or_a_bag_of_a_thing_is_not_the_thing() -> None:
    shop = shop_of([
        ("乳清肌酸 巧克力味", "Whey creatine, chocolate flavour", "健康"),
        ("丝滑 巧克力 礼盒", "Dark chocolate", "食品"),
        ("笔记本电脑包 防水", "Laptop sleeve", "鞋包"),
        ("轻薄笔记本电脑 送笔记本电脑包", "Laptop", "电脑"),
        ("内胆 适用于笔记本电脑", "Sleeve for laptop", "鞋包"),
    ])  # fmt: skip
    linker = Linker(Library(Knowledge.load()), Classifier.load(), shop, LexicalIndex.build(shop))
    assert sorted(row for row, _ in linker.season(["巧克力", "笔记本电脑"])) == [1, 3]
    assert [row for row, _ in linker.link("笔记本电脑怎么选", "数码").items] == [3]
    topic = {"rising": True, "commerce": "yes", "title": "巧克力", "slug": "a", "peak_heat": 2.0,
             "heat": 1.0, "p_top10_6h": 0.0, "categories": ["食品"],
             "items": [{"id": shop.ids[1], "strength": 0.9}]}  # fmt: skip
    board = SimpleNamespace(topics=[topic], warnings=[])
    needs, _ = needs_of(board, shop)  # type: ignore[arg-type]
    assert [round(float(each), 2) for each in needs.rise] == [1, 1.45, 1, 1, 1]


def test_meaning_alone_speaks_only_for_what_the_topic_is_about() -> None:
    linker = Linker(Library(Knowledge.load()), Classifier.load())
    linker._finder = Guesses("发膜", "手机壳", "口罩")  # type: ignore[assignment]
    for title, category, products in (
        ("甲流高发", "", []), ("甲流高发", "健康", ["口罩"]),
        ("华为Mate80发布", "", ["发膜", "手机壳", "口罩"]),
        ("充电宝开箱", "", ["充电宝", "手机壳"]),
    ):  # fmt: skip
        assert [product.zh for product in linker.link(title, category).products] == products


def test_a_markets_own_words_are_added_and_a_bad_file_is_named(tmp_path: Path) -> None:
    own = tmp_path / "trends" / "commerce.toml"
    own.parent.mkdir()
    own.write_text('[unsafe]\nharm = "泽音"\n', encoding="utf-8")
    found = Classifier.load(tmp_path).read("泽音手机首发", "数码")
    assert (found.verdict, found.unsafe) == ("no", "harm")
    for wrong in (
        '[buy]\nmany = "手机"', '[unsafe]\nodd = "手机"', '[unsaf]\nharm = "手机"', "[buy]\n3 = 4",
    ):  # fmt: skip
        own.write_text(wrong, encoding="utf-8")
        with pytest.raises(AdUnionError, match=r"commerce\.toml"):
            Classifier.load(tmp_path)


def test_what_a_market_calls_unsafe_on_pages_stops_trends_too(tmp_path: Path) -> None:
    own = tmp_path / "context" / "safety.toml"
    own.parent.mkdir()
    own.write_text('[gambling]\nwords = "斗鸡"\n', encoding="utf-8")
    found = Classifier.load(tmp_path)
    assert found.read("斗鸡同款手机首发", "数码").unsafe == "crime"
    assert found.read("百家乐同款手机首发", "数码").unsafe == "crime"
    assert Classifier.load().read("斗鸡同款手机首发", "数码").verdict == "yes"


@pytest.mark.parametrize(
    ("key", "year", "day"),
    [
        ("newyear_goods", 2026, date(2026, 2, 17)),
        ("mid_autumn", 2025, date(2025, 10, 6)),
        ("qixi", 2026, date(2026, 8, 19)),
        ("dragon_boat", 2026, date(2026, 6, 19)),
        ("black_friday", 2026, date(2026, 11, 27)),
        ("mothers_day", 2026, date(2026, 5, 10)),
        ("ramadan", 2026, date(2026, 2, 18)),
        ("lebaran", 2026, date(2026, 3, 20)),
        ("songkran", 2026, date(2026, 4, 13)),
    ],
)
def test_moving_feasts_fall_on_their_days(key: str, year: int, day: date) -> None:
    season = next(each for each in seasons() if each.key == key)
    assert day in dates(season.when, year)


def test_seasons_name_products_that_the_knowledge_has_and_warn_ahead() -> None:
    known = Knowledge.load().names
    assert len(seasons()) >= 25
    for season in seasons():
        assert {need for need in season.needs if need.lower() not in known} == set(), season.key
        for year in range(2024, 2036):
            if not season.when.startswith("islamic"):
                assert len(dates(season.when, year)) == 1, (season.key, year)
    found = {
        each.season.key: each.days_ahead(date(2026, 10, 1)) for each in coming(date(2026, 10, 1))
    }
    assert found["double11"] == 16
    assert found["national_day"] == 0
    assert "valentine" not in found


def test_the_board_of_an_hour(
    topics_file: Path, tmp_path: Path, linker: Linker, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = tuple(Target(each.name, each.kind, each.ahead, 10, 6) for each in (*FORECAST, *COURSE))
    monkeypatch.setattr(store, "TARGETS", small)
    kept = TrendStore(tmp_path)
    assert kept.add(topics_file)["hours"] == 18 * 24
    assert kept.add(topics_file)["kept_rows"] == len(read(topics_file))  # twice is once
    topics = kept.topics()
    made = now(kept, topics, "2026-06-18T12", linker)
    assert made.at == "2026-06-18T12"
    assert len(made.topics) == int((topics.hour == topics.hour[-1] - 11).sum())
    rising = [one["rising"] for one in made.topics]
    assert rising == sorted(rising, reverse=True)
    for one in made.topics:
        assert one["peak_heat"] >= round(one["heat"])
        assert one["peak_at"] >= made.at
        assert one["life_hours"] >= 0
        assert one["heat_6h"]["low"] <= one["heat_6h"]["value"] <= one["heat_6h"]["high"]
        assert one["history"][-1]["heat"] == one["heat"]
        assert one["commerce"] != "no" or not one["products"]
    assert {"618", "summer"} <= {one["key"] for one in made.warnings}
    kept.keep(made)
    assert kept.board() == made
    kept.board_file.write_bytes(kept.board_file.read_bytes().replace(b'"format":', b'"was":'))
    assert kept.board() is None  # what another version wrote is no board of this one
    again = now(kept, topics, "2026-06-18T12", linker)  # by the model that was kept
    assert again == made
    cut = topics.take(topics.hour <= topics.hour[-1] - 11)
    assert now(kept, cut, None, linker) == made
    held = sorted(kept.folder.glob("model-*"))
    other = topics.take(topics.hour <= topics.hour[-1] - 40)
    assert now(kept, other, None, linker, keep=False).at < made.at
    assert sorted(kept.folder.glob("model-*")) == held != []
    with pytest.raises(AdUnionError, match="no list of"):
        now(kept, topics, "2027-01-01", linker)


def test_too_little_history_is_said_in_words_and_names_no_flag(
    topics_file: Path, tmp_path: Path, linker: Linker
) -> None:
    topics = read(topics_file)
    with pytest.raises(AdUnionError, match="too little history to tell") as few:
        now(TrendStore(tmp_path), topics.take(topics.hour < topics.hour[0] + 30), None, linker)
    assert few.value.field is None
    assert "two weeks" in str(few.value)
    assert "train" not in str(few.value)


def test_a_home_without_topics_says_how_to_get_them(tmp_path: Path) -> None:
    with pytest.raises(AdUnionError, match="no topics yet"):
        TrendStore(tmp_path).topics()
    assert TrendStore(tmp_path).board() is None


@pytest.mark.parametrize("title", ["四件套 618 优惠", "iPhone 17 跑分"])
def test_words_that_prove_nothing_alone_refuse_no_topic(title: str) -> None:
    assert Classifier.load().read(title).unsafe == ""
