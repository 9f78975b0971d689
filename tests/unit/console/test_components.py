"""Tables: sorted, paged, and safe as CSV."""

from datetime import UTC, datetime

from adunion.console.components import PAGE_ROWS, Column, Empty, Table

COLUMNS = (Column("name", "Name"), Column("spend", "Spend", "money"), Column("at", "Time", "time"))


def table(rows: list[dict[str, object]]) -> Table:
    return Table("t", COLUMNS, rows, "JPY", Empty("", ""))


def test_sorting_puts_unknown_values_last_both_ways() -> None:
    it = table([{"name": "a", "spend": 2}, {"name": "b", "spend": None}, {"name": "c", "spend": 9}])
    it.sort_by("-spend")
    assert [row["name"] for row in it.rows] == ["c", "a", "b"]
    it.sort_by("spend")
    assert [row["name"] for row in it.rows] == ["a", "c", "b"]


def test_an_unknown_column_keeps_the_order() -> None:
    it = table([{"name": "b"}, {"name": "a"}])
    it.sort_by("-drop table")
    assert [row["name"] for row in it.rows] == ["b", "a"]


def test_pages_hold_every_row_once() -> None:
    names = []
    for page in range(3):
        it = table([{"name": n} for n in range(PAGE_ROWS * 2 + 1)])
        it.turn_to(page)
        names += [row["name"] for row in it.rows]
        assert it.total == PAGE_ROWS * 2 + 1
    assert names == list(range(PAGE_ROWS * 2 + 1))


def test_a_page_past_the_end_is_the_last() -> None:
    it = table([{"name": 1}])
    it.turn_to(99)
    assert len(it.rows) == 1


def test_csv_is_exact_and_defuses_formulas() -> None:
    at = datetime(2026, 11, 1, tzinfo=UTC)
    text = table([{"name": "=cmd|' /C calc'!A0", "spend": 1234, "at": at}]).csv(str)
    assert text == (
        "\ufeffName,Spend (JPY),Time\r\n'=cmd|' /C calc'!A0,1234,2026-11-01T00:00:00Z\r\n"
    )
