"""Amounts of money and whole numbers of a feed: read at once where usual, else with care."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from adunion.kernel.errors import AdUnionError
from adunion.kernel.money import MINOR_MAX, exponent, parse_price, to_minor

from .fields import Rows, convert, evaluate, label, repeated
from .mapping import FieldMap

_GROUPED = re.compile(r"[^,]*?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?[^,0-9]*")
_PLAIN = re.compile(r"([0-9]{1,12})(?:\.([0-9]{1,9}))?(?: ([A-Z]{3}))?")
_BETWEEN = "\x1f"


def read_money(
    rows: Rows,
    name: str,
    spec: FieldMap,
    currencies: pa.StringArray,
    check: Callable[[str, int], None] | None = None,
    empty: str = "",
) -> tuple[npt.NDArray[np.int64], pa.StringArray]:
    """Minor units and currency of a field of money; `check` may refuse (text, minor units).

    `empty` is what an empty field counts as; by itself it is refused.
    """
    texts = evaluate(rows, name, spec)
    if empty:
        texts = pc.if_else(pc.equal(texts, ""), empty, texts)
    plain = _plain_money(texts, currencies) if spec.unit == "major" else None
    if plain is not None and (check is None or plain[0].min(initial=1) > 0):
        return plain
    read = money_reader(spec)

    def read_pair(pair: str) -> tuple[int, str]:
        text, _, currency = pair.rpartition(_BETWEEN)
        minor, found = read((text, currency))
        if check is not None:
            check(text, minor)
        return minor, found

    pairs = pc.binary_join_element_wise(texts, currencies, _BETWEEN)
    found = convert(rows, label(name, spec), pairs, read_pair, (0, ""))
    minor = np.fromiter((pair[0] for pair in found), np.int64, len(found))
    return minor, pa.array([pair[1] for pair in found], pa.string())


def _plain_money(
    texts: pa.StringArray, currencies: pa.StringArray
) -> tuple[npt.NDArray[np.int64], pa.StringArray] | None:
    """The usual case read at once: amounts like `15.00` or `15.00 CNY`, all of one currency."""
    if not len(texts) or len(currencies.unique()) > 1:
        return None
    currency = currencies[0].as_py() or texts[0].as_py()[-3:]
    try:
        digits = exponent(currency)
    except AdUnionError:
        return None
    written = "" if currencies[0].as_py() else f" {currency}"
    usual = pc.match_substring_regex(texts, rf"^[0-9]{{1,12}}(\.[0-9]{{1,4}})?{written}$")
    if not pc.all(usual).as_py():
        return None
    try:
        whole = pc.replace_substring(texts, written, "") if written else texts
        amounts = whole.cast(pa.decimal128(18, digits))
    except pa.ArrowInvalid:  # finer than the minor unit
        return None
    halves = np.frombuffer(amounts.buffers()[1], np.int64)  # a decimal is 16 bytes, unscaled
    minor = halves[::2][amounts.offset : amounts.offset + len(amounts)]
    return minor.copy(), repeated(currency, len(texts))


def money_reader(spec: FieldMap) -> Callable[[tuple[str, str]], tuple[int, str]]:
    """Reads (text, currency or empty) to (minor units, currency), as the mapping says."""

    def read(given: tuple[str, str]) -> tuple[int, str]:
        text, currency = given
        if not text:
            raise AdUnionError("invalid", "is empty.")
        plain = _PLAIN.fullmatch(text) if spec.unit == "major" else None
        if plain and (found := plain[3] or currency) and (found == currency or not currency):
            digits, fraction = exponent(found), (plain[2] or "").rstrip("0")
            if len(fraction) <= digits:  # the usual case; the rest goes the careful way
                return int(plain[1] + fraction.ljust(digits, "0")), found
        if "," in text and not _GROUPED.fullmatch(text):
            raise AdUnionError(
                "invalid", f"{text[:40]!r} is not a price: a comma separates thousands only.",
                hint="Write it like 1,500.00.",
            )  # fmt: skip
        if spec.unit == "minor":
            return _minor(text, currency), currency
        if spec.round and currency:
            return to_minor(text.replace(",", ""), currency, exact=False), currency
        minor, found = parse_price(text, currency or None)
        if currency and found != currency:
            raise AdUnionError("invalid", f"{text[:40]!r} is not in {currency}, its currency.")
        return minor, found

    return read


def _minor(text: str, currency: str) -> int:
    exponent(currency)
    if not re.fullmatch(r"-?[0-9]{1,16}(\.0+)?", text):
        raise AdUnionError("invalid", f"{text[:40]!r} is not a whole number of minor units.")
    minor = int(text.partition(".")[0])
    if abs(minor) > MINOR_MAX:
        raise AdUnionError("invalid", f"{text[:40]} is too large.")
    return minor


def whole_numbers(
    rows: Rows, name: str, texts: pa.StringArray, otherwise: int
) -> npt.NDArray[np.int64]:
    """Whole numbers of every row; empty is 0. Rows that hold none are noted."""
    if pc.all(pc.match_substring_regex(texts, "^[0-9]{1,9}$")).as_py():
        return texts.cast(pa.int64()).to_numpy()  # type: ignore[no-any-return]
    return np.array(convert(rows, name, texts, _whole, otherwise), np.int64)


def _whole(text: str) -> int:
    if not text:
        return 0
    if not re.fullmatch(r"[+-]?[0-9]{1,12}(\.0+)?", text):
        raise AdUnionError("invalid", f"{text[:40]!r} is not a whole number.")
    number = int(text.partition(".")[0])
    if abs(number) > 2_000_000_000:
        raise AdUnionError("invalid", f"{text[:40]} is too large.")
    return number
