"""Bulk loading: rows are copied into a staging table, then merged with the catalog set by set."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any

import orjson
from psycopg import Cursor
from sqlalchemy import Connection, text

from adunion.kernel.ids import Ids

from .repository import ensure_merchants
from .types import ItemRecord, Merged

FIELDS = (
    "merchant", "external_id", "title", "translations", "description", "category", "brand",
    "price_minor", "currency", "availability", "link", "image_url", "gtin", "mpn", "item_group",
    "attributes", "rating", "rating_count",
)  # fmt: skip
"""Columns of the staging table after `row`, in this order; `content_hash` follows them."""

_STORED = [name for name in FIELDS if name not in ("merchant", "external_id")]
_INTEGERS = ("price_minor", "rating_count")
_CASTS = {"translations": "::jsonb", "attributes": "::jsonb"}
_MERGE_LOCK = 720_318


class Staging:
    """Rows on their way into the catalog, in a temporary table of one connection.

    Give rows with `add`, then `merge` once. Nothing is visible to others before the commit.
    """

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        self._rows = 0
        self._merchants: set[str] = set()
        typed = {"price_minor": "bigint", "rating": "float8", "rating_count": "int"}
        columns = ", ".join(f"{name} {typed.get(name, 'text')}" for name in FIELDS)
        conn.execute(text("drop table if exists staged_items"))
        conn.execute(
            text(
                f"create temp table staged_items (row int, {columns}, content_hash bytea) "
                "on commit drop"
            )
        )

    def add(self, columns: Sequence[list[Any]]) -> None:
        """Copy rows in: a list of texts for each of `FIELDS` (integers for the numeric ones).

        Values must be valid already: no NUL, no lone surrogate; None only for a rating.
        """
        if not columns:
            return
        self._merchants.update(filter(None, set(columns[0])))
        escaped = [
            list(map(str, column)) if name in _INTEGERS else escape(column)
            for name, column in zip(FIELDS, columns, strict=True)
        ]
        lines = ["\t".join(row) for row in zip(*escaped, strict=True)]
        start = self._rows
        copied = "\n".join(
            f"{row}\t{line}\t\\\\x{blake2b(line.encode(), digest_size=16).hexdigest()}"
            for row, line in enumerate(lines, start)
        )
        self._rows += len(lines)
        copy_in(self._conn, "staged_items", copied + "\n")

    def add_records(self, records: Sequence[ItemRecord]) -> None:
        """Copy records in."""
        if records:
            self.add([[_stored(getattr(r, name)) for r in records] for name in FIELDS])

    def merge(self, ids: Ids, at: datetime, *, withdraw_missing: bool) -> Merged:
        """Insert what is new, update what changed, withdraw what the files no longer hold.

        Only items of merchants that occur in the staged rows are ever withdrawn. Merges run one
        at a time, so that two imports of one file end as one.
        """
        conn = self._conn
        conn.execute(text("select pg_advisory_xact_lock(:n)"), {"n": _MERGE_LOCK})
        merchants = ensure_merchants(conn, self._merchants, ids, at)
        conn.execute(text("analyze staged_items (row, merchant, external_id)"))
        conn.execute(text("drop table if exists matched_items"))
        conn.execute(text(_MATCH))
        conn.execute(text("analyze matched_items"))
        withdrawn = 0
        if withdraw_missing:
            only = {"at": at, "merchants": list(merchants.values())}
            withdrawn = conn.execute(text(_WITHDRAW), only).rowcount
        updated = conn.execute(text(_UPDATE), {"at": at}).rowcount
        inserted = self._insert(ids, at)
        conn.execute(text("drop table staged_items, matched_items"))
        return Merged(inserted, updated, self._rows - inserted - updated, withdrawn)

    def _insert(self, ids: Ids, at: datetime) -> int:
        conn = self._conn
        found = conn.execute(text("select row from matched_items where id is null order by row"))
        rows: list[int] = [row[0] for row in found]
        if not rows:
            return 0
        conn.execute(text("create temp table new_items (row int, id text) on commit drop"))
        copy_in(conn, "new_items", "".join(f"{row}\t{ids('itm')}\n" for row in rows))
        conn.execute(text("analyze new_items"))
        conn.execute(text(_INSERT), {"at": at})
        conn.execute(text("drop table new_items"))
        return len(rows)


_MATCH = """
create temp table matched_items on commit drop as
select s.row, m.id as merchant_id, i.id,
       i.content_hash is distinct from s.content_hash or i.withdrawn_at is not null as changed
from staged_items s
join merchants m on m.external_id = s.merchant
left join items i on i.merchant_id = m.id and i.external_id = s.external_id
"""

_UPDATE = f"""
update items i set
  {", ".join(f"{name} = s.{name}{_CASTS.get(name, '')}" for name in _STORED)},
  content_hash = s.content_hash, updated_at = :at, withdrawn_at = null
from staged_items s join matched_items t using (row)
where i.id = t.id and t.changed
""".replace("::", r"\:\:")

_INSERT = f"""
insert into items (id, merchant_id, external_id, {", ".join(_STORED)},
                   content_hash, created_at, updated_at)
select n.id, t.merchant_id, s.external_id,
       {", ".join(f"s.{name}{_CASTS.get(name, '')}" for name in _STORED)},
       s.content_hash, :at, :at
from new_items n join matched_items t using (row) join staged_items s using (row)
order by n.row
""".replace("::", r"\:\:")

_WITHDRAW = """
update items i set withdrawn_at = :at, updated_at = :at
where i.merchant_id = any(:merchants) and i.withdrawn_at is null
  and not exists (select from matched_items t where t.id = i.id)
"""


def escape(column: list[str | None]) -> list[str]:
    r"""Texts as `COPY` wants them: `\N` for None, backslash, tab and line ends escaped."""
    if None in column:
        return ["\\N" if value is None else _escaped(value) for value in column]
    known: list[str] = column  # type: ignore[assignment]
    joined = "".join(known)
    if any(sign in joined for sign in "\\\t\n\r"):
        return list(map(_escaped, known))
    return known


def _escaped(value: str) -> str:
    value = value.replace("\\", "\\\\")
    return value.replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def copy_in(conn: Connection, table: str, lines: str | bytes) -> None:
    """Copy lines in PostgreSQL's text format, each with its line end, into a table."""
    driver = conn.connection.driver_connection
    if driver is None:
        raise RuntimeError("the connection is closed")
    cursor: Cursor[tuple[object, ...]] = driver.cursor()
    with cursor.copy(f"copy {table} from stdin") as copy:
        copy.write(lines)


def _stored(value: Any) -> Any:
    if isinstance(value, dict):
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
    return str(value) if isinstance(value, float) else value
