from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from pydantic import TypeAdapter, ValidationError

from adunion.api.fields import Currency, Key, Name, PositiveMinor, Url, When

WHEN = TypeAdapter(When)


def test_every_day_that_exists_is_a_time_and_no_other() -> None:
    day = date(2000, 1, 1)
    while day.year < 2100:
        WHEN.validate_python(f"{day}T00:00:00Z")
        day += timedelta(days=1)
    for text in (
        "2026-02-29",
        "2026-04-31",
        "2026-13-01",
        "2026-00-10",
        "1999-12-31",
        "2100-01-01",
    ):
        with pytest.raises(ValidationError):
            WHEN.validate_python(f"{text}T00:00:00Z")


def test_times_are_taken_with_any_offset_and_answered_in_utc() -> None:
    at = WHEN.validate_python("2026-11-11T08:00:00.250000+08:00")
    assert at == datetime(2026, 11, 11, 0, 0, 0, 250_000, UTC)
    assert WHEN.dump_json(at) == b'"2026-11-11T00:00:00.250000Z"'
    for text in ("2026-11-11T08:00:00", "2026-11-11", 1_700_000_000, "2026-11-11T24:00:00Z", "２"):
        with pytest.raises(ValidationError):
            WHEN.validate_python(text)


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (Name, ["张记", "a b"], ["", " a", "a ", "a\x00b", "a\nb", "x" * 201]),
        (Key, ["size", "母婴 > 奶粉"], ["", " a", "a\x7f", "x" * 101]),
        (Url, ["", "https://a.example/é?x=1"], ["javascript:x", "http://a b", "/x", "http://"]),
        (Currency, ["CNY", "JPY"], ["cny", "XXQ", ""]),
        (PositiveMinor, [1, 10**15, 48.0], [0, -1, 10**15 + 1, 2**70, 1.5]),
    ],
)
def test_fields_take_what_they_say(kind: object, good: list[object], bad: list[object]) -> None:
    adapter: TypeAdapter[object] = TypeAdapter(kind)
    for value in good:
        adapter.validate_python(value)
    for value in bad:
        with pytest.raises(ValidationError):
            adapter.validate_python(value)
