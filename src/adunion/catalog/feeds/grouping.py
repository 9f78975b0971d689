"""Several rows of one id become one item, each field by the rule of its `pick`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

from .mapping import Section
from .types import Problem

_FIELD_OF_COLUMN = {"price_minor": "price", "image_url": "image", "external_id": "id"}


def _most_frequent(values: list[Any]) -> Any:
    """The value seen most often, empty ones not counted; of equals the first seen."""
    counts = Counter(value for value in values if value not in ("", None))
    return counts.most_common(1)[0][0] if counts else ""


def _median(values: list[Any]) -> Any:
    """The lower median: a value that did occur."""
    return sorted(values)[(len(values) - 1) // 2]


_PICKS: dict[str, Callable[[list[Any]], Any]] = {
    "last": lambda values: values[-1],
    "first": lambda values: values[0],
    "most_frequent": _most_frequent,
    "median": _median,
    "max": max,
}


class Grouping:
    """Collects all rows, then gives one per (merchant, id), in order of first occurrence."""

    def __init__(self, section: Section) -> None:
        self._section = section
        self._lines: list[int] = []
        self._columns: dict[str, list[Any]] = {}

    def add(self, lines: list[int], columns: dict[str, list[Any]]) -> None:
        """Take the valid rows of a chunk."""
        self._lines += lines
        for name, column in columns.items():
            self._columns.setdefault(name, []).extend(column)

    def finish(self) -> tuple[list[int], dict[str, list[Any]], list[Problem]]:
        """Lines (of the last row), columns, and ids that came out without a title."""
        columns = self._columns
        order = columns.pop("order_by", None)
        groups: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
        if columns:
            for row, key in enumerate(
                zip(columns["merchant"], columns["external_id"], strict=True)
            ):
                groups[key].append(row)
        if order is not None:
            for rows in groups.values():
                rows.sort(key=order.__getitem__)  # stable: of equals the later row stays last
        picked = {name: self._pick(name, column, groups) for name, column in columns.items()}
        lines = [self._lines[rows[-1]] for rows in groups.values()]
        return self._without_untitled(lines, picked)

    def _pick(
        self, name: str, column: list[Any], groups: dict[tuple[str, str], list[int]]
    ) -> list[Any]:
        spec = self._section.fields.get(_FIELD_OF_COLUMN.get(name, name))
        rule = spec.pick if spec else "last"
        if rule == "last":
            return [column[rows[-1]] for rows in groups.values()]
        pick = _PICKS[rule]
        return [pick([column[row] for row in rows]) for rows in groups.values()]

    @staticmethod
    def _without_untitled(
        lines: list[int], columns: dict[str, list[Any]]
    ) -> tuple[list[int], dict[str, list[Any]], list[Problem]]:
        titles = columns.get("title", [])
        if "" not in titles:
            return lines, columns, []
        keep = [row for row, title in enumerate(titles) if title]
        problems = [
            Problem(lines[row], "title", f"no row of {columns['external_id'][row]!r} has a title.")
            for row, title in enumerate(titles)
            if not title
        ]
        kept = {name: [column[row] for row in keep] for name, column in columns.items()}
        return [lines[row] for row in keep], kept, problems
