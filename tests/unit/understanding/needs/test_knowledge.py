"""The knowledge file: what ships is whole, and a mistake is named by its line."""

import pytest

from adunion.kernel.errors import AdUnionError
from adunion.understanding.needs import Knowledge, check
from adunion.understanding.needs.knowledge import PRODUCTS, SITUATIONS


def test_ships_enough_in_both_languages():
    known = Knowledge.load()
    assert len(known.situations) >= 300
    assert len({known.products[s.needs[0]].category for s in known.situations}) >= 16
    for situation in known.situations:
        assert any("\u4e00" <= c <= "\u9fff" for c in situation.phrases[0]), situation
        assert any(p.isascii() for p in situation.phrases), situation
        assert situation.why_zh
        assert situation.why_en


def test_own_file_adds_and_replaces(tmp_path):
    own = tmp_path / "needs"
    own.mkdir()
    (own / PRODUCTS).write_text(
        "[母婴 | Mother & Baby]\n竹纤维尿布 | bamboo diapers | |\n", "utf-8"
    )
    (own / SITUATIONS).write_text(
        "[母婴 | Mother & Baby]\n红屁股 | diaper rash | 竹纤维尿布 | 透气 | airy\n"
        "养蚕 | raising silkworms | 竹纤维尿布 | 试试 | try\n",
        "utf-8",
    )
    before, known = Knowledge.load(), Knowledge.load(tmp_path)
    assert len(known.situations) == len(before.situations) + 1
    replaced = next(s for s in known.situations if s.phrases[0] == "红屁股")
    assert [known.products[row].en for row in replaced.needs] == ["bamboo diapers"]


@pytest.mark.parametrize(
    ("kind", "text", "line", "said"),
    [
        (SITUATIONS, "# a\n[甲 | A]\n失眠 | insomnia | 枕头 | 睡\n", 3, "4 columns instead of 5"),
        (SITUATIONS, "[甲 | A]\n失眠 | insomnia | 月亮石 | 睡 | sleep\n", 2, "月亮石"),
        (SITUATIONS, "[甲 | A]\n\n失眠 | insomnia | | 睡 | sleep\n", 3, "needs: empty"),
        (SITUATIONS, "失眠 | insomnia | 枕头 | 睡 | sleep\n", 1, "no [category]"),
        (PRODUCTS, "[甲 | A]\n枕 | pillow two | |\n[乙]\n", 3, "no category"),
        (PRODUCTS, "[甲 | A]\n | | |\n", 2, "empty"),
        (PRODUCTS, "[甲 | A]\n" + "长" * 5_000, 2, "longer than"),
    ],
)
def test_a_mistake_is_named_by_line(kind, text, line, said):
    with pytest.raises(AdUnionError) as error:
        check(kind, text)
    assert f"line {line}:" in str(error.value)
    assert said in str(error.value)
    assert error.value.hint


def test_a_file_that_is_no_text_names_the_line(tmp_path):
    own = tmp_path / "needs"
    own.mkdir()
    (own / PRODUCTS).write_bytes("[甲 | A]\n".encode() + b"\xff\xfe\n")
    with pytest.raises(AdUnionError, match=r"line 2: no UTF-8"):
        Knowledge.load(tmp_path)
