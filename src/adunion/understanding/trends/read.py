"""Files of hot topics: Parquet, CSV or JSON lines with a row for each topic of each hour."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import csv, json

from adunion.kernel.errors import AdUnionError

from .types import DAY, NO_CATEGORY, Floats, Ints, Topics

NEEDED = ("day", "hour", "title", "pos", "hot")
COUNTS = ("readCount", "discussCount", "origin")
SUFFIXES = {".parquet": "parquet", ".csv": "csv", ".tsv": "tsv", ".jsonl": "json"}


def read(file: Path) -> Topics:
    """The rows of a file, sorted; of a title that an hour holds twice, the higher place counts.

    Raises:
        AdUnionError: `no_such_file`, `bad_topics` with the column, the row and what to do.
    """
    table = _table(file)
    missing = [name for name in NEEDED if name not in table.column_names]
    if missing:
        raise _bad(
            f"{file} has no column {', '.join(missing)}.", missing[0],
            f"A topics file has {', '.join(NEEDED)}, and may have category, ads,"
            f" {', '.join(COUNTS)}.",
        )  # fmt: skip
    if not table.num_rows:
        raise _bad(f"{file} holds no row.", hint="Give a file with topics.")
    hour = _hours(table)
    pos, heat = _numbers(table, "pos"), _numbers(table, "hot")
    _check(pos, (pos >= 0) & (pos == np.floor(pos)), "pos", "a whole number from 0 on")
    _check(heat, heat >= 0, "hot", "a number from 0 on")
    title = _texts(table, "title")
    _check(title, title != "", "title", "a text")
    keep = np.lexsort((title, pos, hour))
    titles, topic = np.unique(title, return_inverse=True)
    codes = hour[keep] * len(titles) + topic[keep]
    keep = keep[np.sort(np.unique(codes, return_index=True)[1])]
    return Topics(
        hour, pos.astype(np.int64), topic.astype(np.int64), titles, _categories(table), heat,
        _flags(table), _counts(table),
    ).take(keep)  # fmt: skip


def _table(file: Path) -> pa.Table:
    if not file.is_file():
        what = "is a folder" if file.is_dir() else "no such file"
        raise AdUnionError("no_such_file", f"{file}: {what}.", hint="Name a topics file.")
    kind = SUFFIXES.get(file.suffix.lower())
    if kind is None:
        raise _bad(
            f"{file}: what is a {file.suffix or 'file without a suffix'}?",
            hint=f"Give one of {', '.join(SUFFIXES)}.",
        )
    try:
        if kind == "parquet":
            wanted = [*NEEDED, *COUNTS, "category", "ads"]
            held = pq.read_schema(file).names
            return pq.read_table(file, columns=[name for name in wanted if name in held])
        if kind == "json":
            return json.read_json(file)
        return csv.read_csv(
            file, parse_options=csv.ParseOptions(delimiter="\t" if kind == "tsv" else ",")
        )
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise _bad(
            f"{file} is no readable {kind}: {str(error).splitlines()[0]}",
            hint="Write it again, or as another format.",
        ) from None


def _hours(table: pa.Table) -> Ints:
    """Hours since 1970-01-01 of day and hour as they stand, in the list's own zone."""
    hour = _numbers(table, "hour")
    _check(hour, (hour >= 0) & (hour < DAY) & (hour == np.floor(hour)), "hour", "0 to 23")
    column = table["day"]
    kinds = pa.types
    try:
        if kinds.is_string(column.type) or kinds.is_large_string(column.type):
            coded = pc.dictionary_encode(column).combine_chunks()
            known = np.array(coded.dictionary.to_pylist(), dtype="datetime64[D]")
            day = known[coded.indices.to_numpy(zero_copy_only=False)]
        else:
            day = column.cast(pa.date32()).to_numpy().astype("datetime64[D]")
    except (ValueError, IndexError, pa.ArrowException):
        raise _bad(
            "A day is no date such as 2025-10-01.", "day", "Write days as YYYY-MM-DD."
        ) from None
    _check(day, ~np.isnat(day), "day", "a date such as 2025-10-01")
    return np.asarray(day.astype("datetime64[h]").astype(np.int64) + hour.astype(np.int64))


def _numbers(table: pa.Table, name: str) -> Floats:
    try:
        return np.asarray(table[name].cast(pa.float64()).to_numpy(), np.float64)
    except pa.ArrowException as error:
        raise _bad(f"{name} is no column of numbers: {error}.", name, "Write numbers.") from None


def _texts(table: pa.Table, name: str) -> np.ndarray[Any, np.dtype[np.object_]]:
    column = table[name].cast(pa.large_string()).fill_null("")
    return np.array([text.strip() for text in column.to_pylist()], dtype=object)


def _categories(table: pa.Table) -> np.ndarray[Any, np.dtype[np.object_]]:
    """The first level, empty where none is given."""
    if "category" not in table.column_names:
        return np.full(table.num_rows, "", dtype=object)
    coded = pc.dictionary_encode(table["category"].cast(pa.large_string()).fill_null(""))
    coded = coded.combine_chunks()
    words = [(text.split() or [""])[0].split("-")[0] for text in coded.dictionary.to_pylist()]
    names = np.array(["" if word == NO_CATEGORY else word for word in words], dtype=object)
    return np.asarray(names[coded.indices.to_numpy(zero_copy_only=False)])


def _flags(table: pa.Table) -> np.ndarray[Any, np.dtype[np.bool_]]:
    if "ads" not in table.column_names:
        return np.zeros(table.num_rows, bool)
    try:
        return np.asarray(table["ads"].cast(pa.bool_()).fill_null(False).to_numpy(), bool)
    except pa.ArrowException:
        raise _bad("ads is no column of true and false.", "ads", "Write true or false.") from None


def _counts(table: pa.Table) -> Floats:
    """(n, 3) with nan where a count is absent or below zero."""
    absent = np.full(table.num_rows, np.nan)
    held = table.column_names
    found = np.stack([_numbers(table, n) if n in held else absent for n in COUNTS], axis=1)
    return np.where(found >= 0, found, np.nan)


def _check(values: Any, fine: Any, field: str, wanted: str) -> None:
    fine = np.asarray(fine)
    if not fine.all():
        row = int(np.argmin(fine))
        raise _bad(
            f"Row {row + 1}: {field} is {str(values[row])[:60]!r}.", field, f"Give {wanted}."
        )


def _bad(message: str, field: str | None = None, hint: str | None = None) -> AdUnionError:
    return AdUnionError("bad_topics", message, 422, field=field, hint=hint)
