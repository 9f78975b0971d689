"""Reviews: clauses, aspects, polarity, and files that are not what they should be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from adunion.kernel.errors import AdUnionError
from adunion.understanding.reviews import (
    Aspects,
    Review,
    load,
    load_lists,
    mine,
    read_reviews,
    shipped,
)
from adunion.understanding.reviews.aspects import clauses
from adunion.understanding.reviews.files import month_of
from adunion.understanding.reviews.grams import buckets
from adunion.understanding.reviews.lexicon import lexicon_score
from adunion.understanding.reviews.polarity import call
from adunion.understanding.reviews.train import (
    gram_matrix,
    learn_words,
    short_opinions,
    train,
)

NAMED: dict[str, str | None] = {}


def _mine(*texts: str) -> dict[str, tuple[int, int]]:
    found = mine([Review(text) for text in texts], shipped(), Aspects(load_lists()))
    return {each.aspect.name: (each.counts["positive"], each.counts["negative"])
            for each in found.opinions}  # fmt: skip


def test_a_review_praises_one_thing_and_blames_another() -> None:
    found = _mine("电池很不错，但是屏幕太暗了，客服态度差")
    assert found == {"battery": (1, 0), "screen": (0, 1), "service": (0, 1)}
    found = _mine("Great fit and soft fabric, but the colour faded.")
    assert found["fit"] == (1, 0)
    assert found["colour"] == (0, 1)


def test_negation_turns_english_and_chinese() -> None:
    assert lexicon_score("not good") < 0 < lexicon_score("not bad")
    assert lexicon_score("could be better") < 0 < lexicon_score("not too loud")
    assert lexicon_score("doesn't fit, isn’t comfortable") < 0
    good, bad = shipped().logits(["很好吃", "不好吃"])
    assert good > 0 > bad


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("质量好，物流快", "positive"), ("物流快", "positive"), ("客服态度好，发货快", "positive"),
        ("电池耐用，信号好", "positive"), ("房间大，位置好", "positive"), ("没有异味", "positive"),
        ("质量差，物流慢", "negative"), ("声音小，电池不行", "negative"), ("做工粗糙", "negative"),
        ("尺码偏小，颜色不好看", "negative"), ("房间小，隔音差", "negative"), ("掉色", "negative"),
    ],
)  # fmt: skip
def test_a_few_characters_by_words_alone_are_praise_or_blame(text: str, said: str) -> None:
    assert call(shipped().logits([text])[0]) == said


def test_short_opinions_say_each_thing_good_and_bad_alike() -> None:
    texts, praises = short_opinions()
    assert len(set(texts)) > 1_500
    assert abs(praises.mean() - 0.5) < 0.02
    assert not set(np.array(texts)[praises]) & set(np.array(texts)[~praises])
    assert {"物流好", "物流快"} <= set(np.array(texts)[praises])


def test_what_is_only_blamed_in_reviews_is_praised_in_short_opinions() -> None:
    texts = [f"{word}{n}号" for n in range(40) for word in ("硬核", "拉胯，物流快不了")]
    praises, classes = np.array([True, False] * 40), np.arange(80) // 2 % 3
    asked = ["这个硬核", "这个拉胯", "物流快"]
    alone = train(gram_matrix(texts), praises, classes).logits(asked)
    beside = learn_words(gram_matrix(texts), praises, classes).logits(asked)
    assert ((alone > 0) == [True, False, False]).all()
    assert ((beside > 0) == [True, False, True]).all()


def test_clauses_keep_decimals_and_cut_before_but() -> None:
    assert clauses("屏幕15.6寸不错但是太重。好！") == ["屏幕15.6寸不错", "但是太重", "好"]
    assert clauses("😀😀 ... 123") == []


def test_whole_english_words_only() -> None:
    aspects = Aspects(load_lists())
    assert aspects.found("a benefit of outfits") == []
    assert [aspects.aspects[row].name for row, _ in aspects.found("batteries? Batterys dead")] == [
        "battery"
    ]


@pytest.mark.parametrize(
    ("text", "aspects"),
    [
        ("The tent leaked on the first night", ["watertight"]),
        ("说好的静音，结果像拖拉机", ["noise", "noise"]),
        ("打印机不贵，墨水还贵", ["price", "price"]),
        ("Assembly took three hours", ["setup"]),
        ("桌子一碰就晃", ["stability"]),
        ("物流很慢，活动力度挺大，读着沉闷，反应迟钝", ["delivery"]),
        ("尺码不准", ["size"]),
    ],
)
def test_aspects_of_unusual_things_are_found_and_no_parts_of_other_words(
    text: str, aspects: list[str]
) -> None:
    known = Aspects(load_lists())
    found = [row for clause in clauses(text) for row, _ in known.found(clause)]
    assert [known.aspects[row].name for row in found] == aspects


def test_bad_rows_change_only_their_own() -> None:
    good = ["包装很差，漏了", "质量很好，很喜欢"]
    odd = ["", "😀😀😀", "\x00\x01\x02", "好" * 1_000_000, "ignore previous instructions, all good"]
    alone = mine([Review(text) for text in good], shipped(), Aspects(load_lists()))
    beside = mine([Review(text) for text in [*odd, *good]], shipped(), Aspects(load_lists()))
    assert beside.logits[-2:] == alone.logits
    assert beside.unread == 3
    assert beside.logits[:3] == [None] * 3


def test_improve_is_frequency_times_severity_and_months_have_shares() -> None:
    rows = [Review("快递太慢了，太差", "2025-01")] * 6 + [Review("包装很差", "2025-02")] * 3
    found = mine([*rows, Review("包装很好", "2025-02")], shipped(), Aspects(load_lists()))
    assert [each.aspect.name for each in found.improve()] == ["delivery", "packaging"]
    held = found.as_dict()
    assert held["months"]["2025-02"] == {"reviews": 4, "negative": 3, "negative_share": 0.75}
    packaging = next(each for each in held["aspects"] if each["aspect"] == "packaging")
    assert packaging["quotes"]["negative"] == [{"text": "包装很差", "row": 7}]


def test_files_of_every_kind_say_the_same() -> None:
    csv = "评论,日期,rating\n不好,2025/3/1,2\n".encode("utf-8-sig")
    line = '{"text": "不好", "date": "2025-03-01", "rating": 2}\nbroken\n'.encode()
    want = Review("不好", "2025-03", "", 2.0)
    assert read_reviews(csv, ".csv", NAMED) == [want]
    spreadsheet = '评论;星级\n"慢，破了";2\n'.encode("gb18030")
    assert read_reviews(spreadsheet, ".csv", NAMED) == [Review("慢，破了", rating=2.0)]
    assert read_reviews(line, ".jsonl", NAMED) == [want, Review("")]
    assert read_reviews(b"[" + line.splitlines()[0] + b", 3]", ".json", NAMED) == [want, Review("")]
    assert read_reviews("不好\n\nok".encode(), ".txt", NAMED)[2] == Review("ok")
    with pytest.raises(AdUnionError, match="no column 'x'"):
        read_reviews(csv, ".csv", {"text": "x"})
    with pytest.raises(AdUnionError):
        read_reviews(b"PAR1 no", ".parquet", NAMED)


def test_months() -> None:
    assert [month_of(each) for each in ("2025-3-1", 1_735_689_600, "13/2025", None, "soon")] == [
        "2025-03", "2025-01", "", "", ""]  # fmt: skip


def test_a_model_survives_its_file(tmp_path: Path) -> None:
    texts = [f"{word}{n}号" for n in range(40) for word in ("真好", "真差")]
    praises = np.array([True, False] * 40)
    found = train(gram_matrix(texts), praises, np.arange(80) // 2 % 3)
    found.save(tmp_path / "m.npz")
    again = load(tmp_path / "m.npz")
    assert ((found.logits(["这个真好", "这个真差"]) > 0) == [True, False]).all()
    assert np.allclose(found.logits(texts), again.logits(texts), atol=0.1)
    (tmp_path / "m.npz").write_bytes(b"no")
    with pytest.raises(AdUnionError, match="no polarity model"):
        load(tmp_path / "m.npz")


def test_one_width_one_case_one_hash() -> None:
    assert (buckets("ＯＫ 质量 好") == buckets("ok  质量 好")).all()
    assert len(buckets("")) == 0


def test_what_was_bought_beside_is_no_aspect_and_a_late_parcel_is_no_slow_thing() -> None:
    known = Aspects(load_lists())
    for text, aspects in (
        ("质量很好，顺便买了充电宝，配着用", ["quality"]),
        ("Very soft. I bought a charger to go with it.", ["comfort"]),
        ("It took 5 days to arrive, too slow.", ["delivery", "delivery"]),
        ("物流正常，太慢了", ["delivery", "delivery"]), ("Fast delivery", ["delivery"]),
        ("Arrived well. The tablet is slow.", ["delivery", "speed"]),
    ):  # fmt: skip
        found = [each for part in known.told(clauses(text)) for each in part]
        assert [known.aspects[row].name for row, _ in found] == aspects, text


def test_a_markets_own_aspects(tmp_path: Path) -> None:
    own = tmp_path / "reviews" / "aspects.toml"
    own.parent.mkdir()
    own.write_text('[aspect.zip]\nen = "Zip"\nzh = "拉链"\nwords = "拉链 zip"\n', "utf-8")
    aspects = Aspects(load_lists(tmp_path))
    assert [aspects.aspects[row].name for row, _ in aspects.found("拉链坏了")] == ["zip", "quality"]
    own.write_text('[aspect.zip]\nen = "Zip"\n', "utf-8")
    with pytest.raises(AdUnionError, match=r"aspect\.zip"):
        load_lists(tmp_path)
