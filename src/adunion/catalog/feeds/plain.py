"""The usual case of text files, read many lines at once; anything unusual is left to others.

Plain is delimited text with every row on one line of its own, quotes only where a field begins and
ends, and as many fields as the header has; and JSON with one object on every line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv
from pyarrow import json as arrow_json

from .types import FIELD_CHARS_MAX, LINE_CHARS_MAX, Chunk, Wanted

_PIECE_BYTES = 1 << 22
_KINDS = {str: pa.string(), type(None): pa.string(), int: pa.int64()}


def whole_lines(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """UTF-8 in pieces of a few million bytes that end where a line ends.

    A line too long is given in several pieces, so that what is held at once stays bounded.
    """
    held: list[bytes] = []
    length = 0
    for block in blocks:
        held.append(block)
        length += len(block)
        if length < _PIECE_BYTES:
            continue
        joined = b"".join(held)
        end = joined.rfind(b"\n") + 1 or length
        yield joined[:end]
        held, length = [joined[end:]], length - end
    if length:
        yield b"".join(held)


def split_header(data: bytes) -> tuple[bytes, bytes, bytes]:
    """Blank lines at the beginning, the first line that is not, with its end, and the rest."""
    begin = len(data) - len(data.lstrip())
    begin = data.rfind(b"\n", 0, begin) + 1
    end = data.find(b"\n", begin) + 1 or len(data)
    return data[:begin], data[begin:end], data[end:]


def plain_header(line: str, delimiter: str) -> list[str] | None:
    """The names of a header line, or None where it is not plain."""
    if delimiter == "whitespace" or '"' in line or len(line) > LINE_CHARS_MAX:
        return None
    names = [name.strip() for name in line.removesuffix("\n").removesuffix("\r").split(delimiter)]
    return names if any(names) and "\r" not in line[:-2] else None


def plain_chunk(
    data: bytes, delimiter: str, width: int, places: dict[str, int], line: int
) -> Chunk | None:
    """The columns at `places` (name -> number) of whole lines, or None where they are not plain."""
    if not _plain_lines(data) or not _plain_quotes(data, delimiter.encode()):
        return None
    header = [str(place) for place in range(width)]
    try:
        table = csv.read_csv(
            pa.BufferReader(data),
            csv.ReadOptions(use_threads=False, block_size=len(data) + 1, column_names=header),
            csv.ParseOptions(delimiter=delimiter, quote_char='"' if b'"' in data else False),
            csv.ConvertOptions(
                column_types=dict.fromkeys(header, pa.string()),
                include_columns=[str(place) for place in sorted(set(places.values()))],
            ),
        )
    except pa.ArrowInvalid:  # a row of fewer or more fields
        return None
    columns = {name: table[str(place)].combine_chunks() for name, place in places.items()}
    longest = max((pc.max(pc.binary_length(c)).as_py() for c in columns.values()), default=0)
    lines = np.count_nonzero(np.frombuffer(data, np.uint8) == 10)
    if table.num_rows != lines or longest > FIELD_CHARS_MAX:
        return None
    return Chunk(range(line, line + table.num_rows), columns)


def plain_columns(data: bytes, wanted: Wanted, line: int) -> Chunk | None:
    """The columns of whole lines of JSON, or None where a column is not of one plain type.

    The first line says the types: text or integer. Fractions are left to `plain_records`, because
    a column of them would also turn 15 into 15.0.
    """
    signs = np.frombuffer(data, np.uint8)
    ends = signs == 10
    count = int(np.count_nonzero(ends))
    objects = np.count_nonzero(ends[:-1] & (signs[1:] == 123)) + data.startswith(b"{")
    if wanted.prefixes or objects != count or not _plain_lines(data):
        return None
    try:
        first = orjson.loads(data[: data.index(b"\n")])
        kinds = {name: _KINDS.get(type(first.get(name))) for name in wanted.names}
        if None in kinds.values():
            return None
        schema = pa.schema(list(kinds.items()))
        table = arrow_json.read_json(
            pa.BufferReader(data),
            arrow_json.ReadOptions(use_threads=False, block_size=len(data) + 1),
            arrow_json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore"),
        )
    except (orjson.JSONDecodeError, pa.ArrowInvalid, UnicodeDecodeError):
        return None
    if table.num_rows != count:
        return None
    columns = {
        name: pc.fill_null(table[name].combine_chunks().cast(pa.string()), "") for name in kinds
    }
    return Chunk(range(line, line + count), columns)


def plain_records(data: bytes) -> list[dict[str, Any]] | None:
    """The objects of whole lines of JSON, or None where a line is no object."""
    if not _plain_lines(data):
        return None
    try:
        records = [orjson.loads(line) for line in data.removesuffix(b"\n").split(b"\n")]
    except orjson.JSONDecodeError:
        return None
    return records if set(map(type, records)) == {dict} else None


def _plain_lines(data: bytes) -> bool:
    """Ends with a line end; no blank line, no line too long, no carriage return inside a line."""
    ends = np.frombuffer(data, np.uint8) == 10
    if (
        not data.endswith(b"\n")
        or data.startswith((b"\n", b"\r\n"))
        or (ends[1:] & ends[:-1]).any()
    ):
        return False
    if b"\r" in data and (b"\n\r" in data or data.count(b"\r") != data.count(b"\r\n")):
        return False
    step = LINE_CHARS_MAX // 2  # with an end in each step no line is longer than two
    return all(b"\n" in data[start : start + step] for start in range(0, len(data) - step, step))


def _plain_quotes(data: bytes, delimiter: bytes) -> bool:
    """Each quote opens a whole field, closes it on the same line, or is doubled inside it."""
    if b'"' not in data:
        return True
    outside = b"\r\n" + delimiter
    if b'""' in data:
        sign = re.escape(delimiter)
        if re.search(rb"(?:^|[\n" + sign + rb'])(?:"")+[^"\r\n' + sign + rb"]", data):
            return False
        data = data.replace(b'""', b"")
    signs = np.frombuffer(data, np.uint8)
    quotes = np.flatnonzero(signs == 34)
    if len(quotes) % 2 or not len(quotes):
        return not len(quotes)
    opens, closes = quotes[::2], quotes[1::2]
    free = np.isin(np.arange(256), np.frombuffer(outside, np.uint8))
    begins = free[signs[opens - 1]] | (opens == 0)
    line = np.cumsum(signs == 10)
    return bool((begins & free[signs[closes + 1]] & (line[opens] == line[closes])).all())
