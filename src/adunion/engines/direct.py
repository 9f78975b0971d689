"""Statements of every tick, handed to psycopg in the transaction of a SQLAlchemy connection.

SQLAlchemy takes twice as long to hand a statement over and wrap its answer as psycopg to ask it.
How it words a statement is asked once; transactions, the pool and errors stay its own. Statements
are kept for ever, so give it those of a module, not such as are made for one call.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import orjson
import psycopg
from psycopg.rows import namedtuple_row, tuple_row
from sqlalchemy import Connection, Table, TextClause, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql import ClauseElement

_DIALECT = PGDialect_psycopg()  # type: ignore[no-untyped-call]
_CURSOR = "direct_cursor"


def ask(conn: Connection, statement: ClauseElement, values: Mapping[str, Any]) -> list[Any]:
    """All rows of an answer, each a named tuple.

    Raises what `conn.execute` would. Values go to PostgreSQL as psycopg writes them.
    """
    return _sent(conn, statement, values).fetchall()


def ask_plain(
    conn: Connection, statement: ClauseElement, values: Mapping[str, Any]
) -> list[tuple[Any, ...]]:
    """Like `ask`, each row a plain tuple: of very many rows the names take longest."""
    return _sent(conn, statement, values, named=False).fetchall()


def insert_row(conn: Connection, table: Table, values: Mapping[str, Any]) -> None:
    """Write one row; of JSON columns what their value is in JSON."""
    given = {
        name: orjson.dumps(value).decode() if isinstance(table.c[name].type, JSONB) else value
        for name, value in values.items()
    }
    run(conn, _insertion(table, tuple(values)), given)


def run(conn: Connection, statement: ClauseElement, values: Mapping[str, Any]) -> int:
    """How many rows a statement changed, which answers with none."""
    return _sent(conn, statement, values).rowcount


@cache
def _insertion(table: Table, names: tuple[str, ...]) -> TextClause:
    types = [table.c[name].type.compile(postgresql.dialect()) for name in names]  # type: ignore[no-untyped-call]
    casts = ", ".join(f"cast(:{name} as {type_})" for name, type_ in zip(names, types, strict=True))
    return text(f"insert into {table.name} ({', '.join(names)}) values ({casts})")


def _sent(
    conn: Connection, statement: ClauseElement, values: Mapping[str, Any], named: bool = True
) -> psycopg.Cursor[Any]:
    if not conn.in_transaction():
        conn.begin()
    key = _CURSOR, named
    cursor = conn.info.get(key)
    if cursor is None:  # one for each connection: making it takes half as long as asking
        cursor = conn.connection.cursor(row_factory=namedtuple_row if named else tuple_row)
        conn.info[key] = cursor
    sql, fixed = _said(statement)
    try:
        found: psycopg.Cursor[Any] = cursor.execute(sql, {**fixed, **values} if fixed else values)
    except psycopg.Error as error:
        raise DBAPIError.instance(sql, dict(values), error, psycopg.Error) from error
    return found


@cache
def _said(statement: ClauseElement) -> tuple[str, dict[str, Any]]:
    """The text of a statement, and the values that stand in it."""
    compiled = statement.compile(dialect=_DIALECT)
    fixed = {name: value for name, value in compiled.params.items() if value is not None}
    return str(compiled), fixed
