"""Reviews out of files: one a line, CSV, TSV, JSON or Parquet."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from adunion.kernel.errors import invalid
from adunion.understanding.textlines import decoded, text_lines

TABLES = {".csv": ",", ".tsv": "\t"}
"""The usual sign between columns; what the header holds more of is it (spreadsheets write `;`)."""
NAMES: Mapping[str, Sequence[str]] = {
    "text": (
        "text",
        "review",
        "comment",
        "content",
        "body",
        "review_text",
        "sentence",
        "评论",
        "评价",
        "内容",
    ),
    "date": ("date", "time", "created_at", "timestamp", "review_date", "日期", "时间"),
    "item": ("item", "item_id", "product", "product_id", "sku", "asin", "商品"),
    "rating": ("rating", "stars", "star", "score", "评分", "星级"),
    "label": ("label", "polarity", "sentiment"),
    "class": ("cat", "class", "category", "product_class", "类别"),
}
"""Column names that are taken where none is named."""
GOOD = {"1", "positive", "pos", "true", "好评"}
BAD = {"0", "-1", "negative", "neg", "false", "差评"}


@dataclass(frozen=True)
class Review:
    """One row of a file; `month` is YYYY-MM or empty, `rating` None where none is given."""

    text: str
    month: str = ""
    item: str = ""
    rating: float | None = None


def read_reviews(data: bytes, suffix: str, named: Mapping[str, str | None]) -> list[Review]:
    """The rows of a file's bytes; a row without a readable text is a review without text.

    `suffix` is `.csv`, `.tsv`, `.jsonl` or `.parquet`; anything else is one review a line. `named`
    gives the columns of text, date, item and rating; None finds them by `NAMES`.

    Raises:
        AdUnionError: the file cannot be read, or a named column is not there.
    """
    table = _table(data, suffix)
    if table is None:
        chosen = [column for column in named.values() if column]
        if chosen:
            raise invalid("text", f"A file of lines has no column {chosen[0]!r}.",
                          "Give .csv, .tsv, .jsonl or .parquet.")  # fmt: skip
        return [Review(line) for line in text_lines(data, "The file")]
    wanted = ("text", "date", "item", "rating")
    columns = {what: _column(table, what, named.get(what)) for what in wanted}
    found = []
    for row in table:
        text, date, item, rating = (row.get(name) if name else None for name in columns.values())
        found.append(Review(_text(text), month_of(date), _text(item)[:100], _number(rating)))
    return found


def read_labelled(
    file: Path,
) -> tuple[list[str], NDArray[np.bool_], NDArray[np.int64], list[str]]:
    """Texts, whether each praises, its class's number, and the classes' names.

    Rows whose label is neither praise nor blame, or without a text, are left out.
    """
    table = _table(_bytes(file), file.suffix.lower())
    if table is None:
        raise invalid("data", f"{file} has no columns.", "Give .csv, .tsv, .jsonl or .parquet.")
    text, label = _column(table, "text", None), _column(table, "label", None)
    of = _column(table, "class", None)
    if not label:
        raise invalid("data", f"{file} has no column label.", "Give 1 or 0 in a column label.")
    kept: list[tuple[str, bool, str]] = []
    for row in table:
        said = _text(row.get(text)).lstrip("\ufeff") if text else ""
        mark = _text(row.get(label)).lower().removesuffix(".0")
        if said.strip() and mark in GOOD | BAD:
            kept.append((said, mark in GOOD, _text(row.get(of)) if of else ""))
    names = list(dict.fromkeys(name for _, _, name in kept))
    numbers = np.array([names.index(name) for _, _, name in kept], np.int64)
    return [said for said, _, _ in kept], np.array([g for _, g, _ in kept], bool), numbers, names


def month_of(value: object) -> str:
    """YYYY-MM of a date, a time, or seconds since 1970; empty where it is none."""
    if isinstance(value, int | float) and not isinstance(value, bool) and 1e8 < value < 1e11:
        return str(np.datetime64(int(value), "s"))[:7]
    said = _text(value).strip().replace("/", "-")[:10]
    parts = said.split("-")
    try:
        year, month = int(parts[0]), int(parts[1][:2])
    except (ValueError, IndexError):
        return ""
    return f"{year:04d}-{month:02d}" if 1970 <= year <= 2200 and 1 <= month <= 12 else ""


def _table(data: bytes, suffix: str) -> list[dict[str, Any]] | None:
    if suffix == ".parquet":
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            rows: list[dict[str, Any]] = pq.read_table(pa.BufferReader(data)).to_pylist()
        except (pa.ArrowException, OSError) as error:
            raise invalid("in", f"It is no Parquet file ({error}).", "Export it again.") from None
        return rows
    if suffix in TABLES:
        csv.field_size_limit(1 << 27)
        text = decoded(data).replace("\0", "")
        header, usual = text.partition("\n")[0], TABLES[suffix]
        sign = max((usual, *",;|\t"), key=header.count)
        try:
            return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=sign))
        except csv.Error as error:
            raise invalid("in", f"It is no table ({error}).", "Export it as UTF-8 CSV.") from None
    if suffix in (".json", ".jsonl", ".ndjson"):
        data = data.removeprefix(b"\xef\xbb\xbf")
        if data.lstrip().startswith(b"["):
            return _array(data)
        return [_object(line) for line in data.splitlines() if line.strip()]
    return None


def _array(data: bytes) -> list[dict[str, Any]]:
    try:
        found = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise invalid(
            "in", f"It is no JSON ({error}).", "Give a list, or one row a line."
        ) from None
    return [row if isinstance(row, dict) else {} for row in found]


def _object(line: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _column(table: Sequence[Mapping[str, Any]], what: str, named: str | None) -> str | None:
    there: dict[str, None] = {}
    for row in table[:1000]:
        there |= dict.fromkeys(key for key in row if isinstance(key, str))
    if named is not None:
        if named not in there:
            raise invalid(what, f"There is no column {named!r}.", f"There are {', '.join(there)}.")
        return named
    lower = {name.strip("\ufeff ").lower(): name for name in there}
    for name in NAMES[what]:
        if name in lower:
            return lower[name]
    if what == "text" and table:
        raise invalid("text", f"No column of {', '.join(there) or 'none'} is the text.",
                      "Name it with --text.")  # fmt: skip
    return None


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise invalid("in", f"{file} cannot be read ({error}).", "Check the path.") from None


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _number(value: object) -> float | None:
    try:
        found = float(_text(value))
    except ValueError:
        return None
    return found if np.isfinite(found) else None
