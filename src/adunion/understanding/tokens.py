"""Tokens of Chinese and English shop language.

Scripts written without spaces become overlapping character pairs, which need no dictionary and
find a new product word on its first day; words with spaces lose their plural; sizes come in one
unit (`0.5 L`, `500毫升`, `500ml` are one token); model numbers stand whole and in parts.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

CHARS_MAX = 4_000
"""Longer texts (a page) are read to here: what it is about stands at the front."""

UNSPACED = "぀-ヿ㐀-䶿一-鿿가-힯฀-๿\U00020000-\U0003134f"
"""Characters of scripts that are written without spaces, for a class of a pattern."""
_MEASURES: dict[tuple[float, str], str] = {
    (1, "ml"): "ml 毫升 millilitre millilitres milliliter milliliters มล",
    (10, "ml"): "cl", (1000, "ml"): "l 升 公升 litre litres liter liters lít ลิตร",
    (0.001, "g"): "mg 毫克 milligram milligrams",
    (1, "g"): "g 克 gram grams gramm gramme grammes gr กรัม", (500, "g"): "斤 市斤",
    (1000, "g"): "kg kgs 千克 公斤 kilo kilos kilogram kilograms kilogramm กก กิโลกรัม",
    (1, "mm"): "mm 毫米 millimetre millimetres millimeter millimeters",
    (10, "mm"): "cm 厘米 公分 centimetre centimetres centimeter centimeters ซม",
    (1000, "mm"): "m 米 公尺 metre metres meter meters mètre mètres mét เมตร",
    (1, "in"): "inch inches \" '' ′′ ” 英寸 寸 吋 英吋 zoll pouce pouces นิ้ว",
    (1, "ft"): "ft foot feet 英尺", (1, "oz"): "oz ounce ounces 盎司", (1, "lb"): "lb lbs 磅",
    (1 / 1024, "gb"): "mb megabyte megabytes",
    (1, "gb"): "gb gigabyte gigabytes", (1024, "gb"): "tb terabyte terabytes",
    (1, "mah"): "mah 毫安 毫安时", (1, "w"): "w watt watts 瓦", (1, "v"): "v volt volts 伏",
    (1, "mhz"): "mhz 兆赫", (1000, "mhz"): "ghz", (1, "hz"): "hz 赫兹",
    (1, "pc"): "pcs pc pack packs piece pieces stück 片 只 支",
}  # fmt: skip
_UNITS = {said: measure for measure, words in _MEASURES.items() for said in words.split()}
_BRANDS = frozenset(("gigabyte",))
"""Units that name a brand as well: GTX 1080 Gigabyte; its words stand beside the size."""
_ONLY = {"”": r"”(?!\w)", "v": r"(?<!\s)v"}
"""Units that are none in “苹果15”手机壳 and in `dyson 15 v`."""
_UNIT = "|".join(_ONLY.get(unit, unit) for unit in sorted(_UNITS, key=len, reverse=True))
_PIECES = re.compile(
    rf"(?P<number>\d+(?:\.\d+)?)[\s-]?(?P<unit>{_UNIT})"
    rf"(?![^\W_{UNSPACED}])"
    rf"|(?P<unspaced>[{UNSPACED}]+)"
    rf"|(?P<word>[^\W_{UNSPACED}]+(?:[-./'][^\W_{UNSPACED}]+)*)"
)
_JOINS = re.compile(r"[-./']")
_PARTS = re.compile(r"\d+|[^\W\d_]+")
_STOP = frozenset(
    "a an and are as at by for from in is it of on or the to with 的 了 和 与 及 或".split()
)


def tokens(text: str, *, singles: bool = False) -> list[str]:
    """The tokens of a text in order, with repeats; `singles` adds each unspaced character alone.

    An index is built with `singles` so that a query of one character finds something.
    """
    return [token for piece in pieces(text, singles=singles) for token in piece]


def chunks(text: str) -> list[str]:
    """A text cut at spaces, but not after a number, which may be of a size.

    The tokens of the chunks (`of_chunk`), one after the other, are those of the text.
    """
    out: list[str] = []
    for part in _spelled(text).split(" "):
        if out and out[-1][-1:].isdecimal():
            out[-1] += f" {part}"
        else:
            out.append(part)
    return out


def of_chunk(chunk: str) -> list[str]:
    """The tokens of one of a text's `chunks`."""
    return [token for piece in _cut(chunk, singles=False) for token in piece]


def pieces(text: str, *, singles: bool = False) -> Iterator[list[str]]:
    """The tokens of each piece as it is written: a word, a size, a run of unspaced script."""
    return _cut(_spelled(text), singles=singles)


def _cut(spelled: str, *, singles: bool) -> Iterator[list[str]]:
    for piece in _PIECES.finditer(spelled):
        kind = piece.lastgroup
        if kind == "unit":
            number, unit = piece["number"], piece["unit"]
            yield [_size(float(number[:12]), unit), *((number, unit) if unit in _BRANDS else ())]
        elif kind == "unspaced":
            yield _pairs(piece["unspaced"], singles)
        else:
            yield _words(piece["word"])


def _spelled(text: str) -> str:
    """The beginning of a text in the one spelling that is indexed."""
    return unicodedata.normalize("NFKC", text[:CHARS_MAX]).lower()


def _size(number: float, said: str) -> str:
    """A size in its one unit; memory is told in powers of ten, as 1024 GB are sold as 1 TB."""
    factor, unit = _UNITS[said]
    value = number * factor
    if unit == "gb" and value >= 1024 and value % 1024 == 0:
        value = value / 1024 * 1000
    return f"{value:g}{unit}"


def _pairs(run: str, singles: bool) -> list[str]:
    if len(run) == 1:
        return [] if run in _STOP else [run]
    pairs = [run[i : i + 2] for i in range(len(run) - 1)]
    return pairs + list(run) if singles else pairs


def _words(word: str) -> list[str]:
    if word.isalpha():
        return [] if word in _STOP else [_stem(word)]
    whole = _JOINS.sub("", word)
    parts = _PARTS.findall(word)
    if len(parts) == 1:
        return [] if whole in _STOP else [_stem(whole)]
    return [whole, *(_stem(part) for part in parts if len(part) > 1)]


def _stem(word: str) -> str:
    """The singular, nearly: enough that `cases` finds `case`."""
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "xes", "sses", "zes")):
        return word[:-2]
    return word[:-1]
