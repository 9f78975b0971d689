"""Lists as PostgreSQL arrays, written whole: our set-based statements pass many long columns.

psycopg writes an array element by element in Python; a plain list of numbers, truths, texts or
times is what JSON makes of it, in braces: PostgreSQL reads its words, quotes and instants alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from types import NoneType
from typing import Any

import orjson
import psycopg
from psycopg.abc import Buffer, DumperKey, PyFormat
from psycopg.types.array import BaseListDumper, ListDumper
from sqlalchemy import Connection, Table, TextClause, text
from sqlalchemy.dialects import postgresql

from .direct import run


class PlainListDumper(ListDumper):
    """The fast way for lists of one plain type, nulls among them; psycopg's own for all others.

    What the elements are is left to the statement, whose casts say it: psycopg would look at every
    one for the smallest type that holds them, and prepare a statement for each such type.
    """

    def get_key(self, obj: list[Any], format: PyFormat) -> DumperKey:
        """One dumper for all plain lists."""
        return self.cls if _plain(obj) else super().get_key(obj, format)

    def upgrade(self, obj: list[Any], format: PyFormat) -> BaseListDumper:
        """Itself, for a plain list."""
        return self if _plain(obj) else super().upgrade(obj, format)

    def dump(self, obj: list[Any]) -> Buffer | None:
        """The text form of an array."""
        kinds = set(map(type, obj)) - {NoneType}
        if len(kinds) != 1 or not kinds <= _PLAIN:
            return super().dump(obj)
        try:
            found = orjson.dumps(obj)
        except TypeError:  # such as an integer of more than 64 bits
            return super().dump(obj)
        whole = kinds != {float} or found.count(b"null") == obj.count(None)  # JSON knows no NaN
        if whole and b"\\" not in found:  # which means another thing in an array
            return b"{" + found[1:-1] + b"}"
        return super().dump(obj)


_PLAIN = {int, float, bool, str, date, datetime}


def _plain(these: list[Any]) -> bool:
    kinds = set(map(type, these)) - {NoneType}
    return len(kinds) == 1 and kinds <= _PLAIN


def insert_columns(
    conn: Connection, table: Table, columns: Mapping[str, list[Any]], *, keep: bool = False
) -> None:
    """Insert rows given as columns by one statement; with `keep`, those not there already."""
    run(conn, _insertion(table, tuple(columns), "do nothing" if keep else ""), columns)


def add_columns(
    conn: Connection, table: Table, keys: Mapping[str, list[Any]], sums: Mapping[str, list[Any]]
) -> None:
    """Insert rows of sums by one statement, or add them to the rows of the same keys."""
    changes = ", ".join(f"{name} = {table.name}.{name} + excluded.{name}" for name in sums)
    conflict = f"({', '.join(keys)}) do update set {changes}"
    run(conn, _insertion(table, (*keys, *sums), conflict), {**keys, **sums})


@cache
def _insertion(table: Table, names: tuple[str, ...], conflict: str) -> TextClause:
    types = [table.c[name].type.compile(postgresql.dialect()) for name in names]  # type: ignore[no-untyped-call]
    casts = ", ".join(f"cast(:{n} as {type_}[])" for n, type_ in zip(names, types, strict=True))
    insert = f"insert into {table.name} ({', '.join(names)}) select * from unnest({casts})"
    return text(f"{insert} on conflict {conflict}" if conflict else insert)


def use_plain_lists() -> None:
    """Write lists this way on every connection from now on."""
    psycopg.adapters.register_dumper(list, PlainListDumper)
