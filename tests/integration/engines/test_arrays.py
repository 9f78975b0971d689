from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

pytestmark = pytest.mark.integration

TEXTS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]))


@pytest.mark.parametrize(
    ("type_", "values"),
    [
        ("bigint", [1, -(2**62), 0, 2**62]),
        ("bigint", []),
        ("bigint", [1, None, 3]),
        ("numeric", [2**70, -1, None]),
        ("boolean", [True, False]),
        ("text", ["a", "", "null", 'say "so"', "back\\slash", "{x,y}", " 空格 ", '","', '"']),
        ("text", ["plain", "", "NULL", "{x,y}", "a b", "行\n"]),
        ("text", ["a", None]),
        ("text", [None, 'say "so"', "NULL", None]),
        ("text", [None]),
        ("boolean", [None, True]),
        ("timestamptz", [None, datetime(2026, 11, 1, tzinfo=UTC)]),
        ("float8", [0.1, 1e300, -0.0, 5e-324, float("inf")]),
        ("timestamptz", [datetime(2026, 11, 1, 3, 4, 5, 678, tzinfo=UTC)] * 2),
        ("timestamptz", [datetime(2026, 11, 1, tzinfo=timezone(timedelta(hours=5, minutes=45)))]),
        ("float8", [1.5, None]),
        ("date", [date(2026, 11, 1), date(1999, 1, 1)]),
        ("bigint[]", [[1, 2], [3, 4]]),
    ],
)
def test_a_list_arrives_as_it_was_sent(engine: Engine, type_: str, values: list[Any]) -> None:
    with engine.connect() as conn:
        found = conn.scalar(text(f"select cast(:values as {type_}[])"), {"values": values})
    assert found == values


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(values=st.lists(TEXTS, max_size=8))
def test_any_texts_arrive_as_they_were_sent(engine: Engine, values: list[str]) -> None:
    with engine.connect() as conn:
        assert conn.scalar(text("select cast(:v as text[])"), {"v": values}) == values
