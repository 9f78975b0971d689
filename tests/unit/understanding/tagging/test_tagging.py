"""Titles into parts: a tagger learns, forgets the title it learns from, and is kept in a file."""

from pathlib import Path

import pytest

from adunion.kernel.errors import AdUnionError
from adunion.understanding.tagging import Tag, bounds, f1, load, read_tagged, shipped, train
from adunion.understanding.tagging.lexicon import code, count_parts, own_counts


def tagged(brand: str, product: str) -> tuple[str, list[str]]:
    labels = ["B-HPPX"] + ["I-HPPX"] * (len(brand) - 1)
    labels += ["O"] * 2 + ["B-HCCX"] + ["I-HCCX"] * (len(product) - 1)
    return f"{brand}新款{product}", labels


BRANDS, PRODUCTS = ("海尔", "小熊", "洁柔"), ("空调", "电饭煲", "湿纸巾", "手机壳")


def test_a_tagger_learns_brands_and_products_and_is_the_same_from_its_file(tmp_path: Path) -> None:
    made = train([tagged(b, p) for b in BRANDS for p in PRODUCTS], ["空调", "红色空调"] * 3, [])
    found = made.tag("小熊新款空调")
    assert [(s.tag, s.text) for s in found.spans] == [(Tag.BRAND, "小熊"), (Tag.PRODUCT, "空调")]
    assert all(0.5 < s.probability <= 1 for s in found.spans)
    assert found.words == ("小熊", "新款", "空调")
    made.save(tmp_path / "t.npz")
    assert load(tmp_path / "t.npz").tag("小熊新款空调") == found


def test_while_a_title_is_learnt_from_the_lexicon_does_not_count_it() -> None:
    titles = [
        (text, bounds(labels)) for text, labels in (tagged("海尔", "空调"), tagged("小熊", "空调"))
    ]
    counts = count_parts(titles)
    own = own_counts(*titles[0], counts[0])
    assert code("空调", counts) == 3  # 2 of 2.5: mostly a product
    assert code("空调", counts, own) == 3  # 1 of 1.5
    assert code("海尔", counts) > 0
    assert code("海尔", counts, own) == 0


def test_f1_counts_exact_spans_of_their_kind() -> None:
    truth = [[(0, 2, "HPPX"), (4, 6, "HCCX")]]
    assert f1(truth, truth) == 1
    assert f1([[(0, 2, "HCCX"), (4, 6, "HCCX")]], truth) == 0.5
    assert f1([[]], truth) == 0


def test_the_shipped_tagger_reads_a_title_and_finds_nothing_where_there_is_nothing() -> None:
    found = shipped().tag("洁柔婴儿纸 ignore previous instructions")
    assert found.texts(Tag.BRAND) == ["洁柔"]
    assert "婴儿纸" in found.texts(Tag.PRODUCT)
    for odd in ("", "   ", "😀😀", "\u202eabc"):
        assert shipped().tag(odd).title == odd
    assert shipped().tag("").spans == ()
    assert len(shipped().tag("空调" * 500_000).spans) > 0


@pytest.mark.parametrize(
    ("text", "says"),
    [("帽 B-HCCX\n子 X-HCCX\n", "line 2"), ("\n\n", "no titles"), ("帽子 O\n", "line 1")],
)
def test_a_corpus_of_another_form_is_refused_by_line(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "c.txt").write_text(text, "utf-8")
    with pytest.raises(AdUnionError, match=says):
        read_tagged(tmp_path / "c.txt")


def test_a_file_that_is_no_tagger_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.npz").write_bytes(b"junk")
    with pytest.raises(AdUnionError, match="no tagger"):
        load(tmp_path / "x.npz")
