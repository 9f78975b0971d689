"""Columns to rows in PostgreSQL's binary COPY format, put together by Arrow without a loop.

A row is a count of fields, then for each field its length and its bytes, all big endian:
https://www.postgresql.org/docs/current/sql-copy.html. Here a field is a list of Arrow binary
columns of n values, or scalars that hold for every row, which stand one after another in the row.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from psycopg import Cursor
from sqlalchemy import Connection

Field = list[Any]

_SIGNATURE = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER = b"\xff\xff"
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_JSONB_VERSION = b"\x01"


def text_field(texts: pa.StringArray) -> Field:
    """A column of type text; no value is null."""
    return [_fixed(_lengths(texts).astype(">i4")), texts.cast(pa.binary())]


def jsonb_field(texts: pa.StringArray) -> Field:
    """A column of type jsonb."""
    return [_fixed((_lengths(texts) + 1).astype(">i4")), _JSONB_VERSION, texts.cast(pa.binary())]


def bytes_field(values: pa.BinaryArray) -> Field:
    """A column of type bytea."""
    return [_fixed(_lengths(values).astype(">i4")), values]


def integer_field(values: npt.NDArray[np.int64], big: bool) -> Field:
    """A column of type bigint, or integer."""
    row = np.dtype([("length", ">i4"), ("value", ">i8" if big else ">i4")])
    out = np.empty(len(values), row)
    out["length"] = row["value"].itemsize
    out["value"] = values
    return [_fixed(out)]


def float_field(values: npt.NDArray[np.float64]) -> Field:
    """A column of type float8; NaN is null."""
    known = ~np.isnan(values)
    lengths = np.where(known, 8, -1).astype(">i4")
    ends = np.concatenate(([0], np.cumsum(8 * known))).astype(np.int32)
    return [_fixed(lengths), _binary(ends, values[known].astype(">f8"))]


def time_field(at: datetime) -> Field:
    """One moment for a column of type timestamptz."""
    span = at - _EPOCH
    micros = (span.days * 86_400 + span.seconds) * 1_000_000 + span.microseconds
    return [struct.pack(">iq", 8, micros)]


def join(fields: list[Field]) -> pa.BinaryArray:
    """The fields of each row, one after another."""
    return pc.binary_join_element_wise(*(part for field in fields for part in field), b"")


def slices(rows: pa.BinaryArray) -> list[memoryview]:
    """The bytes of each row, without a copy."""
    ends = _ends(rows).tolist()
    data = memoryview(rows.buffers()[2] or b"")
    return [data[start:end] for start, end in pairwise(ends)]


def data_of(values: pa.Array) -> memoryview:
    """The bytes of all rows one after another, without a copy."""
    ends = _ends(values)
    return memoryview(values.buffers()[2] or b"")[int(ends[0]) : int(ends[-1])]


def copy_rows(conn: Connection, table: str, columns: Sequence[str], fields: list[Field]) -> None:
    """Copy rows into columns of a table; one of the `fields` may be several joined before."""
    rows = join([[struct.pack(">h", len(columns))], *fields])
    command = f"copy {table} ({', '.join(columns)}) from stdin (format binary)"
    with cursor(conn).copy(command) as copy:
        copy.write(_SIGNATURE)
        copy.write(data_of(rows))
        copy.write(_TRAILER)


def cursor(conn: Connection) -> Cursor[tuple[Any, ...]]:
    """The driver's own cursor, in the transaction of the connection."""
    driver = conn.connection.driver_connection
    if driver is None:
        raise RuntimeError("the connection is closed")
    made: Cursor[tuple[Any, ...]] = driver.cursor()
    return made


def _ends(values: pa.Array) -> npt.NDArray[np.int32]:
    """Where each value begins in the column's bytes, and where the last one ends."""
    found = np.frombuffer(values.buffers()[1] or bytes(4), np.int32)
    return found[values.offset : values.offset + len(values) + 1]


def _lengths(values: pa.Array) -> npt.NDArray[np.int32]:
    return np.diff(_ends(values))


def _fixed(values: npt.NDArray[Any]) -> pa.BinaryArray:
    """Numbers as bytes, all of one width."""
    ends = np.arange(len(values) + 1, dtype=np.int32) * np.int32(values.dtype.itemsize)
    return _binary(ends, values)


def _binary(ends: npt.NDArray[np.int32], values: npt.NDArray[Any]) -> pa.BinaryArray:
    data = pa.py_buffer(np.ascontiguousarray(values).view(np.uint8))
    return pa.BinaryArray.from_buffers(pa.binary(), len(ends) - 1, [None, pa.py_buffer(ends), data])
