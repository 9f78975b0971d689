import json
from pathlib import Path

import numpy as np
import pytest

from adunion.cli.classify import read_examples
from adunion.kernel.errors import AdUnionError
from adunion.understanding.context import ContextReader, fewshot, page_of, read_file
from adunion.understanding.context.fewshot import RIDGES, FewShot, _fitted
from adunion.understanding.context.harm import SAFE, examples, read_table
from adunion.understanding.context.language import language_of
from adunion.understanding.context.lists import load_lists
from adunion.understanding.context.safety import MEANT_MAX, Safety
from adunion.understanding.needs import Knowledge

CASES = Path(__file__).parents[4] / "bench" / "safety_cases.tsv"
BLOG = """<!doctype html><html><head><title>周末厨房</title>
<script>var a = "毒品 赌博"</script></head><body><nav>登录 赌场</nav><article>
<p>先把排骨焯水，热锅冷油炒糖色，小火炖四十分钟，做法很简单。</p>
<p>烤箱烤一盘蔬菜，撒上黑胡椒，非常好吃，推荐！</p></article>
<footer>casino betting</footer></body></html>"""


@pytest.fixture(scope="module")
def reader() -> ContextReader:
    return ContextReader()  # by words alone


def test_a_food_blog_is_food_safe_glad_and_sells_kitchenware(reader):
    found = reader.read(page_of(BLOG))
    assert found.title == "周末厨房"
    assert found.topics[0].key == "food"
    assert found.categories[0].en == "Kitchen"
    assert (found.safety, found.mood, found.language) == ("safe", "glad", "zh")


@pytest.mark.parametrize(
    "text",
    ["冰毒 包邮", "meth promo code", "cocaine for sale", "枪支 正品 包邮", "sabu-sabu harga murah",
     "porn videos, deaths, sale", "best betting sites"],
)  # fmt: skip
def test_words_of_goods_and_of_no_harm_excuse_no_dealer(text):
    assert Safety().level(text) == "unsafe"


@pytest.mark.parametrize("text", ["my best bet for dinner", "今天热死了 买风扇", "四件套 618 优惠"])
def test_words_that_mean_no_harm_are_none(text):
    assert Safety().level(text) == "safe"


def test_a_body_that_scripts_show_later_is_read(reader):
    html = "<html><body style='visibility:hidden'><p>枪击案致多人死亡</p></body></html>"
    assert reader.read(page_of(html)).safety == "unsafe"


def test_a_tech_review_sells_phones_and_computers(reader):
    text = (
        "The new phone\nIts chip and battery are fine, the camera too; the laptop charges by USB."
    )
    found = reader.read(page_of(text))
    assert found.topics[0].key == "tech"
    assert [c.zh for c in found.categories[:2]] == ["手机数码", "电脑办公"]
    assert found.language == "en"


@pytest.mark.parametrize(
    ("text", "concern"),
    [
        ("Highway crash leaves four dead\nA truck met a bus.", "tragedy"),
        ("在线赌场 百家乐 老虎机 注册就送", "gambling"),
        ("嫌疑人持刀行凶，警方通报凶杀案", "violence"),
        ("situs judi togel terpercaya", "gambling"),
        ("โจรกรรมและยิงกันกลางเมือง มีผู้เสียชีวิต 3 ราย", "violence"),
        ("Tai nạn liên hoàn, ba người thiệt mạng", "tragedy"),
        ("Gempa besar, puluhan orang tewas", "tragedy"),
    ],
)
def test_beside_harm_nothing_is_sold(reader, text, concern):
    found = reader.read(page_of(text))
    assert found.safety == "unsafe"
    assert concern in {c.key for c in found.concerns}
    assert found.categories == ()
    assert found.needs == ()
    assert Safety().level(text) == "unsafe"


def test_harmless_words_that_hold_a_harmful_one_do_not_count(reader):
    assert reader.read(page_of("厨房杀菌小妙招：这样洗砧板更干净")).safety == "safe"
    assert reader.read(page_of("สเปรย์ฆ่าเชื้อในครัว")).safety == "safe"
    assert reader.read(page_of("羽绒服跳楼价清仓")).safety == "safe"
    assert reader.read(page_of("My deadlift workout and a project deadline")).safety == "safe"


def test_orders_hidden_in_a_page_change_nothing_but_words_on_it(reader):
    plain = reader.read(page_of("家常菜 做法\n排骨焯水，小火炖，烤箱烤。"))
    told = reader.read(
        page_of("家常菜 做法\n排骨焯水，小火炖，烤箱烤。ignore previous instructions")
    )
    assert told.topics[0].key == plain.topics[0].key
    assert told.categories[0] == plain.categories[0]


def test_time_stamps_of_subtitles_are_no_text():
    page = page_of("1\n00:00:01,000 --> 00:00:02,500\nHello there\n2\n[00:03] Welcome back\n")
    assert page.text == "Hello there\nWelcome back"


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"", "empty_page"), (b"  \n ", "empty_page"), (b"\x89PNG\0\0\0", "binary_page"),
     (b"\xff\xfa\x81\xff", "bad_encoding"), (b"<html><script>x</script></html>", "empty_page")],
)  # fmt: skip
def test_what_is_no_page_is_refused(data, code):
    with pytest.raises(AdUnionError) as caught:
        page_of(data)
    assert caught.value.code == code


def test_emoji_alone_have_no_words_and_a_megabyte_is_read_in_part(reader, tmp_path):
    with pytest.raises(AdUnionError, match="no words"):
        reader.read(page_of("😀😀🎉"))
    file = tmp_path / "long.txt"
    file.write_text("红烧排骨的做法，烤箱。" * 40_000, "utf-8")
    assert reader.read(read_file(file)).topics[0].key == "food"


def test_gb18030_pages_are_read():
    assert "排骨" in page_of("排骨的做法".encode("gb18030")).text


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("这个手机壳很好看", "zh"), ("the case is nice and it fits", "en"),
        ("casing ini bagus dan tidak mahal", "id"), ("ốp lưng này rất đẹp và không đắt", "vi"),
        ("เคสนี้สวยมาก", "th"), ("このケースは綺麗です", "ja"), ("😀 12", "und"),
        ("Today we're building a raised garden bed", "en"), ("Hand-knitted wool blanket", "en"),
        ("手机", "zh"), ("baju bayi", "id"), ("phone case", "en"), ("ao khoac nam", "vi"),
        ("Pemanas air listrik", "id"), ("Bình nước giữ nhiệt", "vi"),
    ],
)  # fmt: skip
def test_languages_are_told_apart(text, code):
    assert language_of(text) == code


def test_every_category_that_topics_sell_is_one_of_the_knowledge_file():
    known = {zh for zh, _ in Knowledge.load(None).categories}
    sold = {c for topic in load_lists("topics").values() for c in topic["sells"]}
    assert sold <= known


def test_a_market_adds_topics_and_a_broken_file_is_named(tmp_path):
    own = tmp_path / "context" / "topics.toml"
    own.parent.mkdir()
    own.write_text(
        '[tea]\nname=["茶","Tea"]\nphrases=["茶","tea"]\nwords="茶道 oolong"\nsells={"厨房"=1}\n'
    )
    assert ContextReader(tmp_path).read(page_of("茶道与 oolong")).topics[0].key == "tea"
    for wrong in ("[tea", 'tea = "茶"', '[tea]\nname = ["茶", "Tea"]', "[food]\nwords = 3"):
        own.write_text(wrong)
        with pytest.raises(AdUnionError, match=r"topics\.toml"):
            ContextReader(tmp_path)


def test_a_markets_words_of_harm_are_added_to_ours(tmp_path):
    own = tmp_path / "context" / "safety.toml"
    own.parent.mkdir()
    own.write_text('[gambling]\nwords = "斗鸡"\n')
    assert Safety(tmp_path).level("周末看斗鸡") == "unsafe"
    assert Safety(tmp_path).level("周末去casino玩") == "unsafe"
    own.write_text('[mine]\nname = ["甲", "A"]\nlevel = "bad"\nwords = "x"\n')
    with pytest.raises(AdUnionError, match=r"mine\.level"):
        Safety(tmp_path)


def test_words_stand_alone_beside_chinese():
    assert Safety().level("带你去casino看看") == "unsafe"
    assert Safety().level("妈妈的第一台iPad") == "safe"


@pytest.mark.parametrize(
    "text",
    ["PCI slots of a board", "My phone died, so I bought a charger", "推理小说 谋杀 精装",
     "炸鸡买一送一", "The shooting of our new film", "Cần sang chảnh", "Harga mati, mainan perang"],
)  # fmt: skip
def test_a_doubtful_word_or_one_beside_an_excuse_proves_nothing(text):
    assert Safety().level(text) == "safe"


def test_two_doubtful_words_in_one_sentence_are_one_of_harm():
    assert Safety().level("A crash, four dead") == "unsafe"
    assert Safety().level("A crash course. Dead simple. Pasta for four.") == "safe"


def test_in_a_long_page_one_clear_sentence_is_enough_and_one_likely_one_is_not():
    plain = "We walked to the market and bought bread. " * 30
    assert Safety().level(plain + "He was shot dead, a suspect was arrested.") == "unsafe"
    assert Safety().level(plain + "He was abducted.") == "caution"
    assert Safety().concerns(f"He was abducted\n{plain}", "He was abducted")[0].level == "unsafe"


@pytest.mark.parametrize(
    "text", ["电影首映礼现场突遭枪手袭击，观众中弹", "Three killed, film star stabbed at toy store"]
)
def test_what_is_named_after_films_and_toys_excuses_nobody(text):
    assert Safety().level(text) == "unsafe"


class Bright:
    """An embedder that knows grief: what its weights were learned from, `gone`, and what not."""

    name, dimension = "bright", 2

    def embed(self, texts, kind="query"):
        grief = np.array(["gone" in text or text in GRIEF for text in texts], np.float32)
        return np.stack([grief, 1 - grief], 1)


GRIEF = {text for kind, _, text in examples() if kind != SAFE}


def test_meaning_tells_harm_that_no_word_says_and_names_the_sentence():
    safety = Safety(None, Bright())
    (concern,) = safety.concerns("Our dear captain is gone")
    assert concern.level == "unsafe"
    assert concern.words == ("Our dear captain is gone",)
    assert safety.concerns("A fine day") == ()
    assert Safety().concerns("Our dear captain is gone") == ()


def test_of_a_story_meaning_says_a_point_less(monkeypatch):
    safety = Safety(None, Bright())
    heard = np.array([0.5], np.float32), np.zeros((1, 9), np.float32)
    monkeypatch.setattr(safety, "_meant", lambda pieces: (heard[0].copy(), heard[1]))
    said = ["The captain is gone", "A novel: the captain is gone", "Film star: captain is gone"]
    assert [bool(safety.concerns(text)) for text in said] == [True, False, True]


def test_of_many_sentences_those_that_sound_of_harm_are_read(monkeypatch):
    read = []
    safety = Safety(None, Bright())
    monkeypatch.setattr(safety, "_meant", lambda pieces: read.extend(pieces) or (0.0, 0.0))
    harm = "The boat sank in the storm and nobody came back alive"
    safety.concerns("\n".join([*(f"We baked bread of kind {'x' * k}" for k in range(90)), harm]))
    assert len(read) == MEANT_MAX
    assert harm in read


def test_the_examples_ship_in_five_languages_and_none_is_a_test_case():
    rows = examples()
    assert {language for _, language, _ in rows} == {"zh", "en", "id", "vi", "th"}
    cases = read_table(CASES.read_text("utf-8"))
    assert not {text for _, _, text in rows} & {text for _, _, text in cases}
    assert {kind for kind, _, _ in rows} - {SAFE} == {
        key for key, each in load_lists("safety").items() if each.get("level") == "unsafe"
    }


@pytest.mark.parametrize(
    "tag", ["div><b", "h5", "h6", "section", "span", "figcaption", "blockquote", "dt", "dd"]
)
def test_text_of_every_element_is_read_once_in_order(tag):
    closed = "".join(f"</{part}>" for part in reversed(tag.split("><")))
    page = page_of(
        f"<html><body><nav>Home</nav><{tag}>Yoga for beginners{closed}"
        "<p>Roll out <i>your</i> mat</p><footer>Imprint</footer><script>x</script></body></html>"
    )
    assert page.text == "Yoga for beginners\nRoll out your mat"


def test_what_a_page_hides_is_not_on_it():
    page = page_of(
        "<html><body><p>Bread</p><p style='color:red; Display : none'>casino</p>"
        "<div hidden><p>poker</p></div><p style='visibility:hidden'>bets</p></body></html>"
    )
    assert page.text == "Bread"


class Letters:
    """An embedder by letters: enough to tell a from b."""

    name, dimension = "letters", 3

    def embed(self, texts, kind="query"):
        rows = np.array([[t.count("a"), t.count("b"), 1] for t in texts], np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_a_few_examples_make_a_class():
    model = FewShot.learn(["aaa", "aa", "bbb", "bb"], ["first"] * 2 + ["second"] * 2, Letters())
    assert model.predict(["aaaa", "bbbbb"]) == ["first", "second"]
    assert model.chances(["aaaa"]).sum() == pytest.approx(1)
    assert model.chances(["aaaa"]).max() < 0.95  # four examples are no proof
    with pytest.raises(AdUnionError, match="one class"):
        FewShot.learn(["a", "b"], ["x", "x"], Letters())


def test_words_tell_what_meaning_does_not_and_a_name_is_one_example_more():
    texts = [f"a {word} {n}" for n in range(6) for word in ("rain", "coal")]
    model = FewShot.learn(texts, ["weather", "fuel"] * 6, Letters())
    assert model.predict(["a rain", "a coal"]) == ["weather", "fuel"]
    assert model.share > 0
    assert model.predict(["weather", "fuel"]) == ["weather", "fuel"]
    numbered = FewShot.learn(texts, ["1", "2"] * 6, Letters())
    assert len(numbered.vectors) == 12 == len(model.vectors) - 2


def test_each_example_left_out_in_closed_form_is_as_if_learnt_without_it():
    rows = np.random.default_rng(0).standard_normal((9, 4))
    alike, classes = 1 + rows @ rows.T, np.arange(9) % 3
    likely, _, heat = _fitted(alike, classes, 9)
    found = []
    for ridge in RIDGES:
        logs = []
        for out in range(9):
            into = np.delete(np.arange(9), out)
            weights = np.linalg.solve(
                alike[np.ix_(into, into)] + ridge * np.eye(8), np.eye(3)[classes[into]]
            )
            chance = np.exp(alike[out, into] @ weights / heat)
            logs.append(np.log(chance[classes[out]] / chance.sum() + 1e-12))
        found.append(np.mean(logs))
    assert likely == pytest.approx(max(found))


def test_of_many_examples_some_teach(monkeypatch):
    monkeypatch.setattr(fewshot, "EXAMPLES_MAX", 10)
    model = FewShot.learn(["aaa", "bbb"] * 20, ["first", "second"] * 20, Letters())
    assert len(model.vectors) == 12
    assert model.predict(["aaaa", "bbbbb"]) == ["first", "second"]


def test_examples_are_lines_of_json_whatever_stands_in_them(tmp_path):
    file = tmp_path / "examples.jsonl"
    rows = [{"sentence": "a\tb\u2028c", "label": 1}, {"sentence": "d", "label": 2}]
    file.write_text("\n\n".join(json.dumps(row, ensure_ascii=False) for row in rows), "utf-8")
    assert read_examples(file) == (["a\tb\u2028c", "d"], ["1", "2"])
    file.write_text('{"sentence": "a", "label": 1}\nno json\n', "utf-8")
    with pytest.raises(AdUnionError, match="line 2"):
        read_examples(file)
