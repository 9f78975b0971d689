"""Columns of a chunk become fields: texts cleaned, money to minor units, times to UTC.

Every function works on whole Arrow columns; it looks at single rows only where a column has
something unusual, so that a clean file costs little.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from html import unescape
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from adunion.kernel.errors import AdUnionError

from ..binary import data_of
from .mapping import FieldMap, Section
from .types import Chunk, Problem

_SURROGATE = re.compile("[\ud800-\udfff]")
_CONTROL = re.compile(r"[\x01-\x1f\x7f]")
_UNTIDY = r"[\x01-\x1f\x7f]|  "
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,1000}>|<!--[^<>]*-->")
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
        read = {name: _plain(column[row]) for name, column in self.chunk.columns.items()}
        shown = orjson.dumps(read, default=str, option=orjson.OPT_NON_STR_KEYS).decode("utf-8")
        self.bad[row] = Problem(self.chunk.lines[row], field, message, shown[:2000])

    def refuse_all(self, wrong: Any, field: str, message: str) -> None:
        """Note the same of all rows where a boolean column is true."""
        if pc.any(wrong).as_py():
            for row in np.flatnonzero(wrong.to_numpy(zero_copy_only=False)).tolist():
                self.refuse(row, field, message)

    def keep(self, column: Any) -> Any:
        """A column without the rows refused."""
        if not self.bad:
            return column
        good = np.ones(len(self), bool)
        good[list(self.bad)] = False
        return _chosen(column, good)


def _plain(value: Any) -> Any:
    return value.as_py() if isinstance(value, pa.Scalar) else value


def _chosen(column: Any, mask: npt.NDArray[np.bool_]) -> Any:
    if isinstance(column, pa.Array):
        return column.filter(pa.array(mask))
    if isinstance(column, np.ndarray):
        return column[mask]
    return [column[row] for row in np.flatnonzero(mask).tolist()]


def without_ignored(chunk: Chunk, section: Section, ignored: Counter[str]) -> Chunk:
    """The chunk without the rows that the mapping's rules leave out."""
    keep = np.ones(len(chunk), bool)
    for rule in section.ignore:
        found = matching(chunk, rule.column, rule.matches) & keep
        ignored[rule.reason] += int(found.sum())
        keep &= ~found
    if keep.all():
        return chunk
    records = None if chunk.records is None else _chosen(chunk.records, keep)
    columns = {name: _chosen(column, keep) for name, column in chunk.columns.items()}
    return Chunk(_chosen(chunk.lines, keep), columns, chunk.problems, records)


def matching(chunk: Chunk, column: str, pattern: re.Pattern[str]) -> npt.NDArray[np.bool_]:
    """Rows whose column matches as a whole, as a mask."""
    if column not in chunk.columns:
        return np.zeros(len(chunk), bool)
    texts = as_texts(chunk.columns[column]).dictionary_encode()
    hits = [bool(pattern.fullmatch(text)) for text in texts.dictionary.to_pylist()]
    found: npt.NDArray[np.bool_] = np.array(hits, bool)[texts.indices.to_numpy()]
    return found


def as_texts(values: Any) -> pa.StringArray:
    """Values of any kind as texts without blanks around them; none is null."""
    if not isinstance(values, pa.Array):
        if not set(map(type, values)) <= {str}:
            values = [v if type(v) is str else "" if v is None else _as_text(v) for v in values]
        try:
            values = pa.array(values, pa.string())
        except UnicodeEncodeError:  # half a pair becomes NUL, which is refused where it matters
            values = pa.array([_SURROGATE.sub("\0", text) for text in values], pa.string())
    return pc.utf8_trim_whitespace(values)


def _as_text(value: Any) -> str:
    if isinstance(value, (list, dict)):
        return orjson.dumps(value, default=str).decode()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.isoformat(" ")
    return str(value).strip()


def repeated(value: str, count: int) -> pa.StringArray:
    """A column of one text."""
    return pa.repeat(pa.scalar(value, pa.string()), count)


def changed(texts: pa.StringArray, change: Callable[[str], str]) -> pa.StringArray:
    """Every text changed, each distinct one once."""
    distinct = texts.dictionary_encode()
    made = [change(text) for text in distinct.dictionary.to_pylist()]
    return pa.array(made, pa.string()).take(distinct.indices)


def evaluate(rows: Rows, name: str, spec: FieldMap | None) -> pa.StringArray:
    """A field of every row as text, before its own kind of check."""
    count = len(rows)
    if spec is None or spec.constant is not None:
        return repeated("" if spec is None or spec.constant is None else spec.constant, count)
    columns = rows.chunk.columns
    if spec.template is not None:
        texts = _templated(rows, spec.template, spec.reads)
    else:
        read = [columns[column] for column in spec.column if column in columns]
        if spec.json is not None:  # lists that a typed format already read need no second parsing
            read = [_flat(values, first=spec.json == "first") for values in read]
        found = [as_texts(values) for values in read]
        texts = found[0] if found else repeated("", count)
        for fallback in found[1:]:
            texts = pc.if_else(pc.equal(texts, ""), fallback, texts)
    if spec.json is not None:
        texts = _from_json(rows, name, spec, texts.to_pylist())
    if spec.remove_suffix:
        suffix = spec.remove_suffix
        texts = changed(texts, lambda text: text.removesuffix(suffix))
    if spec.upper:
        texts = changed(texts, str.upper)
    if spec.values:
        table = spec.values
        texts = changed(texts, lambda text: table.get(text, text))
    return texts


def _templated(rows: Rows, template: str, reads: Iterable[str]) -> pa.StringArray:
    none = repeated("", len(rows))
    parts = {name: as_texts(rows.chunk.columns.get(name, none)).to_pylist() for name in reads}
    return pa.array(
        [
            template.format_map(dict(zip(parts, row, strict=True)))
            for row in zip(*parts.values(), strict=True)
        ],
        pa.string(),
    )


def _from_json(rows: Rows, name: str, spec: FieldMap, texts: list[str]) -> pa.StringArray:
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
    return as_texts(out)


def _joined(text: str, *, first: bool) -> str:
    if text[0] not in "[{":
        return text  # already plain
    found = orjson.loads(text)
    return _parts(found if isinstance(found, list) else [found], first=first)


def _flat(values: Any, *, first: bool) -> Any:
    if isinstance(values, pa.Array):
        return values
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
    rows: Rows, name: str, texts: pa.StringArray, chars_max: int, *, markup: bool = False
) -> pa.StringArray:
    """Texts as we store them: one line, no NUL, bounded; HTML tags and entities undone."""
    if (pc.max(pc.binary_length(texts)).as_py() or 0) > chars_max:
        lengths = pc.utf8_length(texts).to_numpy()
        for row in np.flatnonzero(lengths > chars_max).tolist():
            rows.refuse(row, name, f"{lengths[row]} characters long, at most {chars_max} fit.")
    data = data_of(texts).tobytes()
    if b"\0" in data:
        wrong = pc.match_substring(texts, "\0")
        rows.refuse_all(wrong, name, "holds a NUL byte or half a surrogate pair.")
    if markup and (b"<" in data or b"&" in data):
        marked = pc.match_substring_regex(texts, "[<&]")
        texts = _replaced(texts, marked, lambda text: unescape(_TAG.sub(" ", text)).strip())
        data = data_of(texts).tobytes()
    signs = np.frombuffer(data, np.uint8)
    if b"  " in data or (len(signs) and (signs.min() < 32 or 127 in data)):
        untidy = pc.match_substring_regex(texts, _UNTIDY)
        texts = _replaced(texts, untidy, lambda text: " ".join(_CONTROL.sub(" ", text).split()))
    return texts


def _replaced(texts: pa.StringArray, chosen: Any, change: Callable[[str], str]) -> pa.StringArray:
    made = [change(text) for text in texts.filter(chosen).to_pylist()]
    return pc.replace_with_mask(texts, chosen, pa.array(made, pa.string()))


def texts(
    rows: Rows, specs: Mapping[str, FieldMap], chars_max: Mapping[str, int], required: Sequence[str]
) -> dict[str, list[Any]]:
    """Columns of plain texts by name, cut to `chars_max`; rows without a required one are bad."""
    found = {}
    for name, most in chars_max.items():
        column = evaluate(rows, name, specs.get(name))
        if name in specs:
            column = clean(rows, label(name, specs[name]), column, most)
        if name in required:
            hint = " Name the merchant with --merchant." if name == "merchant" else ""
            require(rows, label(name, specs.get(name)), column, hint)
        found[name] = column.to_pylist()
    return found


def require(rows: Rows, name: str, texts: pa.StringArray, hint: str = "") -> None:
    """Refuse rows where the field is empty."""
    rows.refuse_all(pc.equal(texts, ""), name, f"is empty.{hint}")


def convert(
    rows: Rows, name: str, texts: pa.StringArray, read: Callable[[str], Any], otherwise: Any
) -> list[Any]:
    """Each text through `read`, every distinct one once; rows it refuses are noted."""
    distinct = texts.dictionary_encode()
    made: list[Any] = []
    wrong: dict[int, str] = {}
    for place, text in enumerate(distinct.dictionary.to_pylist()):
        try:
            made.append(read(text))
        except AdUnionError as error:
            made.append(otherwise)
            wrong[place] = " ".join(filter(None, (error.message, error.hint)))
    places = distinct.indices.to_pylist()
    if wrong:
        for row, place in enumerate(places):
            if place in wrong:
                rows.refuse(row, name, wrong[place])
    return [made[place] for place in places]


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
