"""Lists as PostgreSQL arrays, written whole: our set-based statements pass many long columns.

psycopg writes an array element by element in Python; a plain list of numbers, truths, texts or
times is one join.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from types import NoneType
from typing import Any

import psycopg
from psycopg.abc import Buffer
from psycopg.types.array import ListDumper
from sqlalchemy import Connection, Table, text


class PlainListDumper(ListDumper):
    """The fast way for lists of one plain type, nulls among them; psycopg's own for all others."""

    def dump(self, obj: list[Any]) -> Buffer | None:
        """The text form of an array."""
        kinds = set(map(type, obj))
        some = kinds - {NoneType}
        if some in ({int}, {float}, {bool}):  # PostgreSQL reads Python's own words for them
            return _joined(["NULL" if one is None else str(one) for one in obj])
        if some in ({datetime}, {date}):
            return _joined(["NULL" if one is None else f'"{one}"' for one in obj])
        if some == {str}:
            quoted = ["NULL" if one is None else f'"{one}"' for one in obj]
            text = ",".join(quoted)
            if "\\" not in text and text.count('"') == 2 * (len(obj) - obj.count(None)):
                return b"{" + text.encode() + b"}"
        return super().dump(obj)


def _joined(words: list[str]) -> bytes:
    return b"{" + ",".join(words).encode() + b"}"


def insert_columns(
    conn: Connection, table: Table, columns: Mapping[str, list[Any]], *, keep: bool = False
) -> None:
    """Insert rows given as columns by one statement; with `keep`, those not there already."""
    casts = ", ".join(
        f"cast(:{name} as {table.c[name].type.compile(conn.dialect)}[])" for name in columns
    )
    conn.execute(
        text(
            f"insert into {table.name} ({', '.join(columns)}) select * from unnest({casts})"
            + (" on conflict do nothing" if keep else "")
        ),
        dict(columns),
    )


def use_plain_lists() -> None:
    """Write lists this way on every connection from now on."""
    psycopg.adapters.register_dumper(list, PlainListDumper)
