"""What a query says beside the thing: how dear it may be, and what it must not be.

`lipstick under $20`, `100元以下 口红`, `爽肤水 不要酒精`, `toner not black`. What is read here
is taken out of the words that are searched for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from adunion.kernel.money import to_minor

from .types import SearchItem
from .words import QUERY_CHARS_MAX, plain

_SIGNS: dict[str, tuple[str, ...]] = {
    "$": ("USD", "SGD", "AUD", "CAD", "HKD", "TWD", "NZD"), "us$": ("USD",), "usd": ("USD",),
    "dollars": ("USD", "SGD", "AUD", "CAD", "HKD", "TWD", "NZD"), "€": ("EUR",), "eur": ("EUR",),
    "euro": ("EUR",), "euros": ("EUR",), "£": ("GBP",), "gbp": ("GBP",), "¥": ("CNY", "JPY"),
    "元": ("CNY",), "块钱": ("CNY",), "块": ("CNY",), "rmb": ("CNY",), "cny": ("CNY",),
    "yuan": ("CNY",), "rp": ("IDR",), "idr": ("IDR",), "rupiah": ("IDR",), "฿": ("THB",),
    "บาท": ("THB",), "thb": ("THB",), "₫": ("VND",), "đ": ("VND",), "vnd": ("VND",),
    "rm": ("MYR",), "myr": ("MYR",), "₱": ("PHP",), "php": ("PHP",), "sgd": ("SGD",),
}  # fmt: skip
_TIMES = {
    "k": 1_000, "rb": 1_000, "ribu": 1_000, "nghìn": 1_000, "千": 1_000, "万": 10_000,
    "jt": 1_000_000, "juta": 1_000_000, "triệu": 1_000_000,
}  # fmt: skip


def _either(words: Sequence[str]) -> str:
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))


_MONEY = (
    rf"(?P<sign>(?:{_either([*_SIGNS])})\s?)?(?P<amount>\d+(?:\.\d+)?)\s?"
    rf"(?P<times>(?:{_either([*_TIMES])})(?![a-z]))?\s?(?P<unit>(?:{_either([*_SIGNS])})(?![a-z]))?"
)
_END = r"(?=\s*(?:$|[,;，]|\b(?:for|with|in|and)\b))"
_BELOW = (
    "under|below|less than|cheaper than|at most|up to|max|di ?bawah|kurang dari|dưới|ไม่เกิน|ต่ำกว่า"
)
_ABOVE = "over|above|more than|at least|di ?atas|lebih dari|trên|มากกว่า"
_LIMITS = (
    (re.compile(rf"(?:(?<=\s)|^)(?:{_BELOW})\s?{_MONEY}"), "below"),
    (re.compile(rf"(?:(?<=\s)|^)(?:{_ABOVE})\s?{_MONEY}"), "above"),
    (re.compile(rf"(?:低于|不超过|少于|不到){_MONEY}(?:的)?"), "below"),
    (re.compile(rf"(?:高于|超过|不低于){_MONEY}(?:的)?"), "above"),
    (re.compile(rf"{_MONEY}(?:以下|以内|之内|之下)(?:的)?"), "below"),
    (re.compile(rf"{_MONEY}以上(?:的)?"), "above"),
)
_NOT = re.compile(
    r"\b(?:not|without|except|excluding|tanpa|bukan|không(?: chứa)?)\s+(?:a |an |the |any )?"
    r"(?P<words>[^\W\d_]+(?:\s+(?:or|and|nor)\s+[^\W\d_]+)*)"
    "|(?:不要|不含|不带|别要|除了)\\s?(?P<chinese>[\u4e00-\u9fff]{1,6}?)(?:的|色的|[^\u4e00-\u9fff]|$)"
)
_DENIED = re.compile(
    r"(?:无|不含|零|0|没有|不添加|未添加|without |no |not |free of |free from |non[- ]?)$"
)
_FREE = re.compile(r"[- ]?free\b")


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

    def allows(self, item: SearchItem) -> bool:
        """Whether an item is within the price and says none of what it must not.

        A price of another currency than was named, or one that is not known, is no reason.
        """
        return self._affordable(item) and not any(_says(item, word) for word in self.without)

    def _affordable(self, item: SearchItem) -> bool:
        if not item.currency or not item.price_minor:
            return True
        if self.currencies and item.currency not in self.currencies:
            return True
        if self.low is not None and item.price_minor < _minor(self.low, item.currency):
            return False
        return self.high is None or item.price_minor <= _minor(self.high, item.currency)

    def said(self) -> str:
        """What was read, for the reader; empty where nothing was."""
        bounds = (("from", self.low), ("up to", self.high))
        prices = [f"{word} {bound:f}" for word, bound in bounds if bound is not None]
        named = "dollars" if len(self.currencies) > 2 else "/".join(self.currencies)
        money = " ".join([*prices, named]) if prices else ""
        without = f"without {', '.join(self.without)}" if self.without else ""
        return "; ".join(filter(None, (money.strip(), without)))


def read_wish(text: str) -> Wish:
    """A query taken apart; one that says nothing of the kind is left as it was."""
    left, low, high = plain(text, QUERY_CHARS_MAX), None, None
    currencies: tuple[str, ...] = ()
    for pattern, side in _LIMITS:
        found = pattern.search(left)
        if found is None or not _is_price(found, left):
            continue
        amount = Decimal(found["amount"][:12]) * _TIMES.get(found["times"] or "", 1)
        low, high = (low, amount) if side == "below" else (amount, high)
        currencies = _SIGNS.get((found["sign"] or found["unit"] or "").strip(), currencies)
        left = f"{left[: found.start()]} {left[found.end() :]}"
    without: list[str] = []
    for found in _NOT.finditer(left):
        said = found["words"] or found["chinese"].removesuffix("色")
        without += re.split(r"\s+(?:or|and|nor)\s+", said)
    bare = _NOT.sub(" ", left) if without else left
    kept = tuple(word for word in dict.fromkeys(without) if word not in bare)
    if not without and low is None and high is None:
        return Wish(text)
    return Wish(" ".join(bare.split()), low, high, currencies, kept)


def _is_price(found: re.Match[str], text: str) -> bool:
    """With a currency; else at the end, as `under 24 inch` is a size; `100以下` says enough."""
    if found["sign"] or found["unit"] or found["times"]:
        return True
    if not found[0][0].isascii() or not found[0][-1].isascii():
        return Decimal(found["amount"][:12]) >= 10
    return re.match(_END, text[found.end() :]) is not None


def _minor(amount: Decimal, currency: str) -> int:
    return to_minor(amount, currency, exact=False)


def _says(item: SearchItem, word: str) -> bool:
    """Whether an item's title, label or attributes say a word, and not that it is without it."""
    title, label, _, attributes = item.texts()
    text = plain(f"{title} | {label} | {attributes}", 2_000)
    pattern = rf"\b{re.escape(word)}s?\b" if word.isascii() else re.escape(word)
    return any(
        not _DENIED.search(text[: at.start()]) and not _FREE.match(text, at.end())
        for at in re.finditer(pattern, text)
    )
