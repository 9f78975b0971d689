"""Columns of a chunk become fields: texts cleaned, money to minor units, times to UTC.

Every function works on whole columns; it looks at single rows only where a column has something
unusual, so that a clean file costs little.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from html import unescape
from typing import Any

import orjson

from adunion.kernel.errors import AdUnionError
from adunion.kernel.money import MINOR_MAX, exponent, parse_price, to_minor

from .mapping import FieldMap, Section
from .types import Chunk, Problem

_NUL_OR_SURROGATE = re.compile("[\0\ud800-\udfff]")
_CONTROL = re.compile(r"[\x01-\x1f\x7f]")
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,1000}>|<!--[^<>]*-->")
_GROUPED = re.compile(r"[^,]*?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?[^,0-9]*")
_PLAIN = re.compile(r"([0-9]{1,12})(?:\.([0-9]{1,9}))?(?: ([A-Z]{3}))?")
_OFFSET = re.compile(r"([+-])([0-9]{2}):([0-9]{2})")


class Rows:
    """A chunk under validation: its columns, and the first problem of each bad row."""

    def __init__(self, chunk: Chunk) -> None:
        self.chunk = chunk
        self.bad: dict[int, Problem] = {}

    def __len__(self) -> int:
        return len(self.chunk)

    def refuse(self, row: int, field: str, message: str) -> None:
        """Note what is wrong with a row; its first problem is the one told."""
        if row in self.bad:
            return
        read = {name: column[row] for name, column in self.chunk.columns.items()}
        shown = orjson.dumps(read, default=str, option=orjson.OPT_NON_STR_KEYS).decode("utf-8")
        self.bad[row] = Problem(self.chunk.lines[row], field, message, shown[:2000])

    def keep(self, column: list[Any]) -> list[Any]:
        """A column without the rows refused."""
        if not self.bad:
            return column
        return [value for row, value in enumerate(column) if row not in self.bad]


def without_ignored(chunk: Chunk, section: Section, ignored: Counter[str]) -> Chunk:
    """The chunk without the rows that the mapping's rules leave out."""
    drop: set[int] = set()
    for rule in section.ignore:
        found = matching(chunk, rule.column, rule.matches) - drop
        ignored[rule.reason] += len(found)
        drop |= found
    if not drop:
        return chunk
    keep = [row for row in range(len(chunk)) if row not in drop]

    def chosen(column: list[Any]) -> list[Any]:
        return [column[row] for row in keep]

    records = None if chunk.records is None else chosen(chunk.records)
    columns = {name: chosen(column) for name, column in chunk.columns.items()}
    return Chunk(chosen(chunk.lines), columns, chunk.problems, records)


def matching(chunk: Chunk, column: str, pattern: re.Pattern[str]) -> set[int]:
    """Rows whose column matches as a whole."""
    texts = as_texts(chunk.columns.get(column, []))
    hits = {text for text in set(texts) if pattern.fullmatch(text)}
    return {row for row, text in enumerate(texts) if text in hits} if hits else set()


def as_texts(values: list[Any]) -> list[str]:
    """Values of any kind as texts without blanks around them; none is empty."""
    if set(map(type, values)) <= {str}:
        return list(map(str.strip, values))
    return [
        value.strip() if type(value) is str else "" if value is None else _as_text(value)
        for value in values
    ]


def _as_text(value: Any) -> str:
    if isinstance(value, (list, dict)):
        return orjson.dumps(value, default=str).decode()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.isoformat(" ")
    return str(value).strip()


def evaluate(rows: Rows, name: str, spec: FieldMap | None) -> list[str]:
    """A field of every row as text, before its own kind of check."""
    count = len(rows)
    if spec is None:
        return [""] * count
    if spec.constant is not None:
        return [spec.constant] * count
    columns = rows.chunk.columns
    if spec.template is not None:
        parts = {column: as_texts(columns.get(column, [""] * count)) for column in spec.reads}
        texts = [
            spec.template.format_map(dict(zip(parts, row, strict=True)))
            for row in zip(*parts.values(), strict=True)
        ]
    else:
        read = [columns[column] for column in spec.column if column in columns]
        if spec.json is not None:  # lists that a typed format already read need no second parsing
            read = [_flat(values, first=spec.json == "first") for values in read]
        found = [as_texts(values) for values in read]
        texts = found[0] if found else [""] * count
        for fallback in found[1:]:
            texts = [first or second for first, second in zip(texts, fallback, strict=True)]
    if spec.json is not None:
        texts = _from_json(rows, name, spec, texts)
    if spec.remove_suffix:
        texts = [text.removesuffix(spec.remove_suffix) for text in texts]
    if spec.upper:
        texts = [text.upper() for text in texts]
    if spec.values:
        texts = [spec.values.get(text, text) for text in texts]
    return texts


def _from_json(rows: Rows, name: str, spec: FieldMap, texts: list[str]) -> list[str]:
    known: dict[str, str] = {"": ""}
    out: list[str] = []
    for row, text in enumerate(texts):
        if text not in known:
            try:
                known[text] = _joined(text, first=spec.json == "first")
            except ValueError as error:
                rows.refuse(row, label(name, spec), f"{text[:40]!r} is not a JSON list ({error}).")
                known[text] = ""
        out.append(known[text])
    return out


def _joined(text: str, *, first: bool) -> str:
    if text[0] not in "[{":
        return text  # already plain
    found = orjson.loads(text)
    return _parts(found if isinstance(found, list) else [found], first=first)


def _flat(values: list[Any], *, first: bool) -> list[Any]:
    return [_parts(v, first=first) if type(v) is list else v for v in values]


def _parts(found: list[Any], *, first: bool) -> str:
    parts = [
        str(part.get("name", "") if isinstance(part, dict) else part)
        for part in (found[:1] if first else found)
        if part is not None
    ]
    return " > ".join(filter(None, parts))


def label(name: str, spec: FieldMap | None) -> str:
    """How errors call a field: by the file's column where there is one."""
    return spec.reads[0] if spec and spec.reads else name


def clean(
    rows: Rows, name: str, texts: list[str], chars_max: int, *, markup: bool = False
) -> list[str]:
    """Texts as we store them: one line, no NUL, bounded; HTML tags and entities undone."""
    joined = "".join(texts)
    if len(joined) > chars_max and max(map(len, texts)) > chars_max:
        for row, text in enumerate(texts):
            if len(text) > chars_max:
                rows.refuse(row, name, f"{len(text)} characters long, at most {chars_max} fit.")
    if not joined.isprintable() and _NUL_OR_SURROGATE.search(joined):
        for row, text in enumerate(texts):
            if _NUL_OR_SURROGATE.search(text):
                rows.refuse(row, name, "holds a NUL byte or half a surrogate pair.")
    if markup and ("<" in joined or "&" in joined):
        texts = [
            unescape(_TAG.sub(" ", text)).strip() if "<" in text or "&" in text else text
            for text in texts
        ]
        joined = "".join(texts)
    if "  " in joined or (not joined.isprintable() and _CONTROL.search(joined)):
        texts = [" ".join(_CONTROL.sub(" ", text).split()) for text in texts]
    return texts


def require(rows: Rows, name: str, texts: list[str], hint: str = "") -> None:
    """Refuse rows where the field is empty."""
    if "" in texts:
        for row, text in enumerate(texts):
            if not text:
                rows.refuse(row, name, f"is empty.{hint}")


def convert(
    rows: Rows, name: str, texts: Iterable[Any], read: Callable[[Any], Any], otherwise: Any
) -> list[Any]:
    """Each text through `read`, every distinct one once; rows it refuses are noted."""
    known: dict[Any, Any] = {}
    wrong: dict[Any, str] = {}
    out: list[Any] = []
    for row, text in enumerate(texts):
        if text not in known:
            try:
                known[text] = read(text)
            except AdUnionError as error:
                known[text] = otherwise
                wrong[text] = " ".join(filter(None, (error.message, error.hint)))
        if wrong and text in wrong:
            rows.refuse(row, name, wrong[text])
        out.append(known[text])
    return out


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


def time_reader(spec: FieldMap, utc_offset: str) -> Callable[[str], datetime | None]:
    """Reads a time to UTC; one that carries no zone is of the mapping's offset. Empty is None."""
    match = _OFFSET.fullmatch(utc_offset)
    if not match:
        raise AdUnionError("invalid", f"utc_offset {utc_offset!r} is not like +08:00.", 422)
    span = timedelta(hours=int(match[2]), minutes=int(match[3]))
    zone = timezone(span if match[1] == "+" else -span)

    def read(text: str) -> datetime | None:
        if not text:
            return None
        try:
            at = datetime.strptime(text, spec.date) if spec.date else datetime.fromisoformat(text)
            at = (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
        except (ValueError, OverflowError):
            form = spec.date or "2026-11-11T08:00:00Z"
            raise AdUnionError(
                "invalid", f"{text[:40]!r} is not a time.", hint=f"Write it like {form}."
            ) from None
        if not 1900 <= at.year <= 2200:
            raise AdUnionError("invalid", f"{text[:40]!r} is not a believable time.")
        return at

    return read


def read_whole(text: str) -> int:
    """A whole number, such as a quantity or a count; empty is 0."""
    if not text:
        return 0
    if not re.fullmatch(r"[+-]?[0-9]{1,12}(\.0+)?", text):
        raise AdUnionError("invalid", f"{text[:40]!r} is not a whole number.")
    number = int(text.partition(".")[0])
    if abs(number) > 2_000_000_000:
        raise AdUnionError("invalid", f"{text[:40]} is too large.")
    return number
