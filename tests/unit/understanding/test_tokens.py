from __future__ import annotations

import pytest

from adunion.understanding import tokens
from adunion.understanding.tokens import CHARS_MAX, chunks, of_chunk


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("儿童手机壳", ["儿童", "童手", "手机", "机壳"]),
        ("壳", ["壳"]),
        ("Phone Cases for the iPad", ["phone", "case", "ipad"]),
        ("batteries and boxes, glass lens", ["battery", "box", "glass", "len"]),
        ("0.5L 500ml 500 毫升 500毫升", ["500ml"] * 4),
        ("1.2公斤 1200g", ["1200g"] * 2),
        ('17" 17英寸', ["17in"] * 2),
        ("2 m 2 metres 2 meter 2米 2公尺 200cm 2-metre", ["2000mm"] * 7),
        ("1 litre 1 liter 1公升 1000ml 100cl", ["1000ml"] * 5),
        ("250 grams 250 gram 250克 0.25 kilos", ["250g"] * 4),
        ("17 inches 17 zoll 17吋 17-inch 17'' 17″ 17”", ["17in"] * 7),
        ("“苹果15”手机壳 15.6” 17”", ["苹果", "15", "手机", "机壳", "15.6in", "17in"]),
        ("dyson 15 v 15v 12 volt", ["dyson", "15", "v", "15v", "12v"]),
        ("500 gigabytes 0.5 terabytes", ["500gb", "512gb"]),
        ("GTX 1080 Gigabyte", ["gtx", "1080gb", "1080", "gigabyte"]),
        (
            "6 feet 6ft 2.4 GHz 2400MHz 12 volt 60 watts",
            ["6ft"] * 2 + ["2400mhz"] * 2 + ["12v", "60w"],
        ),
        ("3 in 1 hub, 4 meterware", ["3", "1", "hub", "4", "meterware"]),
        ("Wi-Fi iPhone13", ["wifi", "wi", "fi", "iphone13", "iphone", "13"]),
        ("ＡＢＣ奶粉", ["abc", "奶粉"]),
        ("", []),
        ("😀 🎉!!", []),
        ("的", []),
    ],
)
def test_text_becomes_its_tokens(text: str, expected: list[str]) -> None:
    assert tokens(text) == expected


def test_singles_add_each_unspaced_character() -> None:
    assert tokens("手机壳", singles=True) == ["手机", "机壳", "手", "机", "壳"]


def test_long_text_is_read_to_a_bound() -> None:
    assert len(tokens("word " * 1_000_000)) == CHARS_MAX // 5
    assert len(tokens("9" * 1_000_000 + "kg")) == 1


@pytest.mark.parametrize(
    "text",
    [
        "手机壳 手机 壳", "phone cases  for iPad", "0.5 L 奶粉", "12  ml", "12\tml 3 4 瓶",
        "３ 片 装", " 5 ", "", "iphone 15 pro max", "🆠 g 克", "m² 2 m x 3", "wi-fi 6 500 ml",
        "2 metres x 3 in", "17 zoll 17 ''", "500 gigabyte",
    ],
)  # fmt: skip
def test_the_chunks_of_a_text_have_its_tokens(text: str) -> None:
    assert [token for chunk in chunks(text) for token in of_chunk(chunk)] == tokens(text)
