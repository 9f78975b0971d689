"""The components that pages are made of; their looks are in templates/components.html."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from io import StringIO
from typing import Any

from adunion.kernel.clock import rfc3339
from adunion.kernel.money import to_major

PAGE_ROWS = 25
RIGHT = frozenset(("money", "number", "ratio", "rate"))


@dataclass(frozen=True)
class Column:
    """A column of a table; `label` is a message id, `href` a pattern over the row's keys."""

    key: str
    label: str
    kind: str = "text"  # text long money number ratio rate time second state item code actions
    href: str | None = None
    sortable: bool = True


@dataclass(frozen=True)
class Empty:
    """What a page shows while it has nothing to show: what will be here, and how to get there."""

    title: str
    text: str
    href: str | None = None
    action: str | None = None


@dataclass
class Table:
    """Rows under headers; sorted by the URL's `sort` (`-spend`: falling), downloadable as CSV."""

    id: str
    columns: Sequence[Column]
    rows: Sequence[Mapping[str, Any]]
    currency: str
    empty: Empty
    sort: str = ""  # the order when the URL says none
    sorted_by_source: bool = False  # the query sorted and paged it already
    next_page: int | None = None
    previous_page: int | None = None
    total: int | None = None
    page_rows: int = PAGE_ROWS

    def sort_by(self, wish: str | None) -> None:
        """Sort by a column as the URL wishes; an unknown one keeps the order."""
        if wish:
            self.sort = wish
        key = self.sort.removeprefix("-")
        if self.sorted_by_source or not any(c.key == key and c.sortable for c in self.columns):
            return
        known = [row for row in self.rows if row.get(key) is not None]
        unknown = [row for row in self.rows if row.get(key) is None]
        known.sort(key=lambda row: row[key], reverse=self.sort.startswith("-"))
        self.rows = known + unknown

    def turn_to(self, page: int) -> None:
        """Keep one page of the rows, unless the query did."""
        if self.sorted_by_source:
            return
        self.total = self.total or len(self.rows)
        size = self.page_rows
        page = min(page, max(0, (len(self.rows) - 1) // size))
        self.previous_page = page - 1 if page else None
        self.next_page = page + 1 if (page + 1) * size < len(self.rows) else None
        self.rows = self.rows[page * size : (page + 1) * size]

    def csv(self, label: Any) -> str:
        """All rows, headers translated by `label`; exact decimals, RFC 3339 times."""
        out = StringIO()
        out.write("\ufeff")  # spreadsheets read UTF-8 only with it
        writer = csv.writer(out)
        columns = [column for column in self.columns if column.kind != "actions"]
        writer.writerow(
            f"{label(c.label)} ({self.currency})" if c.kind == "money" else label(c.label)
            for c in columns
        )
        for row in self.rows:
            other = row.get("currency", self.currency)
            writer.writerow(_plain(row.get(c.key), c.kind, self.currency, other) for c in columns)
        return out.getvalue()


@dataclass(frozen=True)
class Stat:
    """A figure that matters; `live` names it in the page's stream."""

    label: str
    value: str
    note: str = ""
    tone: str = ""  # spend gmv organic good warn bad
    live: str = ""


@dataclass(frozen=True)
class Series:
    """One line or bar of a chart; `role` gives the colour: spend gmv due organic target band."""

    name: str
    values: Sequence[float | None]
    role: str
    kind: str = "line"  # line bar band
    axis: int = 0
    base: Sequence[float] | None = None  # lower edge of a band
    notes: Sequence[str] | None = None  # beside each point; empty: none


@dataclass(frozen=True)
class Chart:
    """A chart; `x` are RFC 3339 times (`time`) or labels; units name the axes."""

    id: str
    title: str
    x: Sequence[str]
    series: Sequence[Series]
    units: Sequence[str] = ("",)
    x_kind: str = "time"  # time label value
    x_unit: str = ""
    empty: str = ""
    marks: Mapping[str, Any] = field(default_factory=dict)

    def spec(self) -> dict[str, Any]:
        """What the browser draws from."""
        return {
            "x": list(self.x),
            "xKind": self.x_kind,
            "xUnit": self.x_unit,
            "units": list(self.units),
            "marks": dict(self.marks),
            "series": [
                {
                    "name": s.name,
                    "values": list(s.values),
                    "role": s.role,
                    "kind": s.kind,
                    "axis": s.axis,
                    "base": None if s.base is None else list(s.base),
                    "notes": None if s.notes is None else list(s.notes),
                }
                for s in self.series
            ],
        }


def _plain(value: Any, kind: str, currency: str, of: str) -> str:
    if value is None:
        return ""
    if kind == "money":
        return f"{to_major(value, of)}{'' if of == currency else f' {of}'}"
    if isinstance(value, datetime):
        return rfc3339(value)
    text = str(value)
    # A spreadsheet runs a cell that begins like a formula.
    return f"'{text}" if isinstance(value, str) and text[:1] in ("=", "+", "-", "@") else text
