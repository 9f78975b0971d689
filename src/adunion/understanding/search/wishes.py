"""What a query says beside the thing: how dear it may be, and what it must not be.

`lipstick under $20`, `100元以下 口红`, `爽肤水 不要酒精`, `toner not black`. What is read here
is taken out of the words that are searched for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from adunion.kernel.money import to_minor

from ..tokens import tokens
from .types import Ints, Longs, SearchItem
from .words import QUERY_CHARS_MAX, plain

Bools = npt.NDArray[np.bool_]

_SIGNS: dict[str, tuple[str, ...]] = {
    "$": ("USD", "SGD", "AUD", "CAD", "HKD", "TWD", "NZD"), "us$": ("USD",), "usd": ("USD",),
    "dollars": ("USD", "SGD", "AUD", "CAD", "HKD", "TWD", "NZD"), "€": ("EUR",), "eur": ("EUR",),
    "euro": ("EUR",), "euros": ("EUR",), "£": ("GBP",), "gbp": ("GBP",), "¥": ("CNY", "JPY"),
    "元": ("CNY",), "块钱": ("CNY",), "块": ("CNY",), "rmb": ("CNY",), "cny": ("CNY",),
    "yuan": ("CNY",), "rp": ("IDR",), "idr": ("IDR",), "rupiah": ("IDR",), "฿": ("THB",),
    "บาท": ("THB",), "thb": ("THB",), "₫": ("VND",), "đ": ("VND",), "vnd": ("VND",),
    "đồng": ("VND",),
    "rm": ("MYR",), "myr": ("MYR",), "₱": ("PHP",), "php": ("PHP",), "sgd": ("SGD",),
}  # fmt: skip
_TIMES = {
    "k": 1_000, "rb": 1_000, "ribu": 1_000, "nghìn": 1_000, "千": 1_000, "万": 10_000,
    "jt": 1_000_000, "juta": 1_000_000, "triệu": 1_000_000,
}  # fmt: skip


_MONEY_TIMES = frozenset(_TIMES) - {"k", "千", "万"}  # 4k, 5千克 and 2万毫安 are no prices


def _either(words: Sequence[str]) -> str:
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))


_LETTER_SIGNS = _either([sign for sign in _SIGNS if sign.isalpha() and sign < "\u0e00"])
_OTHER_SIGNS = _either([sign for sign in _SIGNS if not (sign.isalpha() and sign < "\u0e00")])
_MONEY = (
    rf"(?P<sign>(?:(?<![^\W_])(?:{_LETTER_SIGNS})\.?|{_OTHER_SIGNS})\s?)?"
    r"(?<![\d.])(?P<amount>\d{1,3}(?:\.\d{3}){1,3}|\d{1,12}(?:\.\d{1,4})?)(?!\.?\d)"
    rf"(?:\s?(?P<times>{_either([*_TIMES])})(?![a-z]))?"
    rf"(?:\s?(?P<unit>(?:{_LETTER_SIGNS})(?![^\W\d_\u0e00-\U0003134f])|{_OTHER_SIGNS}))?"
)
_THOUSANDS = re.compile(r"\d{1,3}(?:\.\d{3})+")
_BELOW = "under|below|less than|cheaper than|di ?bawah|kurang dari|dưới|ไม่เกิน|ต่ำกว่า"
_ABOVE = "over|above|more than|di ?atas|lebih dari|trên|มากกว่า"
_END = re.compile(r"\s*(?:$|[,;])")
_GAP = re.compile(r"(?<=的)|$|[\s,;]")
_ANY, _NEVER = re.compile(""), re.compile("(?!)")
_LIMITS = (
    (re.compile(rf"(?:(?<=\s)|^)(?:{_BELOW})\s?{_MONEY}"), "below", _END),
    (re.compile(rf"(?:(?<=\s)|^)(?:max|up to|at most)\s?{_MONEY}"), "below", _NEVER),
    (re.compile(rf"(?:(?<=\s)|^)(?:{_ABOVE})\s?{_MONEY}"), "above", _END),
    (re.compile(rf"(?:(?<=\s)|^)at least\s?{_MONEY}"), "above", _NEVER),
    (re.compile(rf"(?:(?<!不)低于|不超过|少于|不到){_MONEY}(?:的)?"), "below", _GAP),
    (re.compile(rf"(?:高于|(?<!不)超过|不低于){_MONEY}(?:的)?"), "above", _GAP),
    (re.compile(rf"{_MONEY}\s?(?:以下|以内|之内|之下)(?:的)?"), "below", _ANY),
    (re.compile(rf"{_MONEY}\s?以上(?:的)?"), "above", _ANY),
)
"""How a limit is said, its side, and what must come behind one without a currency."""
_SIZED = re.compile(r"\b(?:for|size|ages?)\b|码|岁")
_BARE_MIN = 10
_AMOUNT_MAX = Decimal(10**12)
_FUNCTION = frozenset(
    "a an the any and or nor for in on of off to with at by from as is are be it this that your my "
    "our his her their its you me i we they do does did will can if so only just why".split()
)
_NAMED = rf"(?!(?:{_either(sorted(_FUNCTION))})\b)[^\W\d_]+"
_NOT = re.compile(
    r"\b(?:(?P<not>not)|without|except|excluding|tanpa(?! kabel\b)|bukan"
    r"|không(?! (?:dây|khí|gian)\b)(?: (?:chứa|phải|có)\b)?)\s+(?:a |an |the |any )?"
    rf"(?P<words>{_NAMED}(?:\s+(?:or|and|nor)\s+{_NAMED})*)"
    "|(?:不要|不含|不带|别要|除了)\\s?(?P<chinese>[\u4e00-\u9fff]{1,6}?)(?:的|色的|[^\u4e00-\u9fff]|$)"
)
"""What must not be. Wireless (không dây, tanpa kabel) is a property, and không khí is air."""
_DENIED = re.compile(
    r"(?:无|不含|不带|不要|别要|非|零|(?<!\d)0|没有|不添加|未添加|\bnon[- ]?"
    r"|\b(?:without|no|not|zero|free of|free from|tanpa|bukan|không(?: chứa| phải| có)?)"
    r"(?: an?| the| any)? )$"
)
_FREE = re.compile(r"[- ]?free\b")


class Prices(NamedTuple):
    """Of each item of an index (n,): its price, 0 unknown, and which of the currencies it is in."""

    minor: Longs
    currency: Ints
    names: tuple[str, ...]

    @classmethod
    def of(cls, items: Sequence[SearchItem]) -> Prices:
        """The prices of some items in their order."""
        names = {name: row for row, name in enumerate(sorted({it.currency for it in items}))}
        minor = np.array([item.price_minor for item in items], np.int64)
        return cls(minor, np.array([names[it.currency] for it in items], np.int32), tuple(names))


@dataclass(frozen=True)
class Wish:
    """A query's other words, bounds in major units of one of some currencies (any where none is
    named), and words that an item must not say.
    """

    text: str
    low: Decimal | None = None
    high: Decimal | None = None
    currencies: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    def affordable(self, prices: Prices) -> Bools:
        """Which items (n,) are within the price.

        A price of another currency than was named, or one that is not known, is no reason.
        """
        kept = np.ones(len(prices.minor), bool)
        if self.low is None and self.high is None:
            return kept
        for row, name in enumerate(prices.names):
            if not name or (self.currencies and name not in self.currencies):
                continue
            known = (prices.currency == row) & (prices.minor != 0)
            if self.low is not None:
                kept &= ~(known & (prices.minor < _minor(self.low, name)))
            if self.high is not None:
                kept &= ~(known & (prices.minor > _minor(self.high, name)))
        return kept

    def says_none(self, item: SearchItem) -> bool:
        """Whether an item says none of what it must not."""
        return not any(_says(item, word) for word in self.without)

    def said(self, shop: Sequence[str] = ()) -> str:
        """What was read, for the reader; empty where nothing was.

        It tells of a price that no item can be held to: `shop` has the currencies it sells in.
        """
        bounds = (("from", self.low), ("up to", self.high))
        prices = [f"{word} {bound:f}" for word, bound in bounds if bound is not None]
        named = "dollars" if len(self.currencies) > 2 else "/".join(self.currencies)
        money = " ".join([*prices, named]) if prices else ""
        if prices and shop and self.currencies and not set(shop) & set(self.currencies):
            money += f", not applied: prices are in {'/'.join(shop)}"
        without = f"without {', '.join(self.without)}" if self.without else ""
        return "; ".join(filter(None, (money.strip(), without)))


def read_wish(text: str) -> Wish:
    """A query taken apart; one that says none of this, or nothing else, is left as it was."""
    left, low, high = plain(text, QUERY_CHARS_MAX), None, None
    currencies: tuple[str, ...] = ()
    for pattern, side, behind in _LIMITS:
        found = next((at for at in pattern.finditer(left) if _is_price(at, left, behind)), None)
        if found is None:
            continue
        amount = _amount(found) * _TIMES.get(found["times"] or "", 1)
        low, high = (low, amount) if side == "below" else (amount, high)
        currencies = _SIGNS.get((found["sign"] or found["unit"] or "").strip(" ."), currencies)
        left = f"{left[: found.start()]} {left[found.end() :]}"
    bare, without = _without(left)
    if not bare.strip():
        bare, without = left, []
    kept = tuple(word for word in dict.fromkeys(without) if word not in bare)
    if not bare.strip() or (not without and low is None and high is None):
        return Wish(text)
    return Wish(" ".join(bare.split()), low, high, currencies, kept)


def _without(text: str) -> tuple[str, list[str]]:
    """A text without what must not be, and the words of that."""
    words: list[str] = []

    def take(found: re.Match[str]) -> str:
        before = re.findall(r"[^\W\d_]+", text[: found.start()])
        if found["not"] and (not before or before[-1] in _FUNCTION):
            return found[0]  # do not disturb, forget me not, not your mother's
        said = found["words"] or found["chinese"].removesuffix("色")
        words.extend(re.split(r"\s+(?:or|and|nor)\s+", said))
        return " "

    return _NOT.sub(take, text), words


def _amount(found: re.Match[str]) -> Decimal:
    """In `500.000` the full stop is of thousands."""
    said = found["amount"]
    return Decimal(said.replace(".", "") if _THOUSANDS.fullmatch(said) else said)


def _is_price(found: re.Match[str], text: str, behind: re.Pattern[str]) -> bool:
    """With a currency; else where neither a unit (`under 24 inch`) nor `for`, 码, 岁 is said."""
    if found["sign"] or found["unit"] or found["times"] in _MONEY_TIMES:
        return True
    times = 1 if found["times"] == "k" else _TIMES.get(found["times"] or "", 1)
    if _amount(found) * times < _BARE_MIN or _SIZED.search(text):
        return False
    if not behind.match(text, found.end()):
        return False
    if behind is _ANY or found["times"]:
        return True
    said, rest = found["amount"], text[found.end() :]
    return tokens(said + rest)[:1] == tokens(said)[:1]  # else one of a size: `20 寸`


def _minor(amount: Decimal, currency: str) -> int:
    return to_minor(min(amount, _AMOUNT_MAX), currency, exact=False)


def _says(item: SearchItem, word: str) -> bool:
    """Whether an item's title, label or attributes say a word, and not that it is without it."""
    title, label, _, attributes = item.texts()
    text = plain(f"{title} | {label} | {attributes}", 2_000)
    pattern = rf"\b{re.escape(word)}s?\b" if word.isascii() else re.escape(word)
    return any(
        not _DENIED.search(text[: at.start()]) and not _FREE.match(text, at.end())
        for at in re.finditer(pattern, text)
    )
