"""Lists as PostgreSQL arrays, written whole: our set-based statements pass many long columns.

psycopg writes an array element by element in Python; a plain list of integers, texts or times is
one join.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import psycopg
from psycopg.abc import Buffer
from psycopg.types.array import ListDumper


class PlainListDumper(ListDumper):
    """The fast way for lists of one plain type, psycopg's own for all others."""

    def dump(self, obj: list[Any]) -> Buffer | None:
        """The text form of an array."""
        kinds = set(map(type, obj))
        if kinds == {int}:
            return b"{" + ",".join(map(str, obj)).encode() + b"}"
        if kinds in ({datetime}, {date}):
            return b'{"' + '","'.join(map(str, obj)).encode() + b'"}'
        if kinds == {str}:
            text = '","'.join(obj)
            if "\\" not in text and text.count('"') == 2 * (len(obj) - 1):
                return b'{"' + text.encode() + b'"}'
        return super().dump(obj)


def use_plain_lists() -> None:
    """Write lists this way on every connection from now on."""
    psycopg.adapters.register_dumper(list, PlainListDumper)
