from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import (
    Column,
    Engine,
    Integer,
    MetaData,
    Table,
    bindparam,
    column,
    select,
    table,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DataError, IntegrityError

from adunion.engines.direct import ask, ask_plain, insert_row, run

pytestmark = pytest.mark.integration

ADD = text(
    "insert into direct_notes select * from unnest(cast(:n as int[])) on conflict do nothing"
)
ADD_ONE = text("insert into direct_notes values (:n)")
NOTES = table("direct_notes", column("n"))
ABOVE = select(NOTES.c.n.label("number")).where(NOTES.c.n > bindparam("least"), NOTES.c.n < 9)


@pytest.fixture
def notes(engine: Engine) -> Iterator[Engine]:
    with engine.begin() as conn:
        conn.execute(text("create table direct_notes (n int primary key)"))
    yield engine
    with engine.begin() as conn:
        conn.execute(text("drop table direct_notes"))


def numbers(engine: Engine) -> list[int]:
    with engine.connect() as conn:
        return list(conn.execute(text("select n from direct_notes order by n")).scalars())


def test_it_is_in_the_transaction_of_its_connection(notes: Engine) -> None:
    with notes.begin() as conn:
        assert run(conn, ADD, {"n": [1, 2, 10]}) == 3
        assert run(conn, ADD, {"n": [2, 3]}) == 1
        assert [row.number for row in ask(conn, ABOVE, {"least": 1})] == [2, 3]
        assert conn.execute(text("select count(*) from direct_notes")).scalar_one() == 4
    with notes.connect() as conn:
        run(conn, ADD, {"n": [4]})
        conn.rollback()
    with notes.connect() as conn:
        run(conn, ADD, {"n": [5]})
    with notes.connect() as conn:
        run(conn, ADD, {"n": [6]})
        conn.commit()
    assert numbers(notes) == [1, 2, 3, 6, 10]


def test_a_refusal_is_what_sqlalchemy_says_of_it(notes: Engine) -> None:
    with notes.connect() as conn:
        run(conn, ADD_ONE, {"n": 7})
        with pytest.raises(IntegrityError, match="direct_notes"):
            run(conn, ADD_ONE, {"n": 7})
        conn.rollback()
        with pytest.raises(DataError):
            ask(conn, text("select 1 / :zero as n"), {"zero": 0})
        conn.rollback()
        assert ask(conn, text("select 1 as n"), {}) == [(1,)]
    assert numbers(notes) == []


def test_a_row_is_written_with_its_json_and_rows_come_back_plain(engine: Engine) -> None:
    said = Table("direct_said", MetaData(), Column("n", Integer), Column("what", JSONB))
    with engine.connect() as conn:  # rolled back at the end
        conn.execute(text("create table direct_said (n int, what jsonb)"))
        insert_row(conn, said, {"n": 1, "what": {"名": ["é'\\", None]}})
        insert_row(conn, said, {"n": 2, "what": None})
        insert_row(conn, said, {"n": 3})
        wanted = [(1, {"名": ["é'\\", None]}, "object"), (2, None, "null"), (3, None, None)]
        found = ask_plain(
            conn, text("select n, what, jsonb_typeof(what) from direct_said order by n"), {}
        )
        assert found == wanted
        assert [type(row) for row in found] == [tuple] * 3
