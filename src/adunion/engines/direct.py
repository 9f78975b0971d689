"""Statements of every tick, handed to psycopg in the transaction of a SQLAlchemy connection.

SQLAlchemy takes twice as long to hand a statement over and wrap its answer as psycopg to ask it.
How it words a statement is asked once; transactions, the pool and errors stay its own. Statements
are kept for ever, so give it those of a module, not such as are made for one call.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import psycopg
from psycopg.rows import namedtuple_row
from sqlalchemy import Connection
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


def run(conn: Connection, statement: ClauseElement, values: Mapping[str, Any]) -> int:
    """How many rows a statement changed, which answers with none."""
    return _sent(conn, statement, values).rowcount


def _sent(
    conn: Connection, statement: ClauseElement, values: Mapping[str, Any]
) -> psycopg.Cursor[Any]:
    if not conn.in_transaction():
        conn.begin()
    cursor = conn.info.get(_CURSOR)
    if cursor is None:  # one for each connection: making it takes half as long as asking
        cursor = conn.connection.cursor(row_factory=namedtuple_row)
        conn.info[_CURSOR] = cursor
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
