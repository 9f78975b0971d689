"""Bulk loading: new items are copied straight into their table, changed ones updated as a set."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa
from sqlalchemy import Connection, text

from adunion.kernel.ids import IdFactory

from . import binary
from .repository import ensure_merchants
from .types import ItemRecord, Merged

FIELDS = (
    "merchant", "external_id", "title", "translations", "description", "category", "brand",
    "price_minor", "currency", "availability", "link", "image_url", "gtin", "mpn", "item_group",
    "attributes", "rating", "rating_count",
)  # fmt: skip
"""The columns of a load."""

_CONTENT = FIELDS[2:]
_COLUMNS = (
    "id", "merchant_id", "external_id", *_CONTENT, "content_hash", "created_at", "updated_at",
)  # fmt: skip
_JSON = ("translations", "attributes")
_INTEGERS = ("price_minor", "rating_count")
_LOCK = 720_318


class Loading:
    """Items on their way into the catalog, in one transaction: `add` them, then `finish` once.

    Nothing is visible to others before the commit. Loads run one at a time, so that two imports
    of one file end as one; the second waits here for the first.
    """

    def __init__(self, conn: Connection, ids: IdFactory, at: datetime) -> None:
        self._conn = conn
        self._ids = ids
        self._at = at
        self._merchants: dict[str, str] = {}  # external id -> our id
        self._stocked: list[str] = []  # merchants, by our id, who had items before this load
        self._rows = self._inserted = self._updated = 0
        lock_catalog(conn)

    def add(self, columns: dict[str, Any]) -> None:
        """Load rows of valid columns, each (n,), by the names of `FIELDS`.

        Texts are Arrow string arrays, `price_minor` and `rating_count` integers, `rating` floats
        where NaN is not rated. No (merchant, external id) occurs twice in one load.
        """
        count = len(columns["merchant"])
        if not count:
            return
        names = columns["merchant"].dictionary_encode()
        merchants = self._know(names.dictionary.to_pylist())
        content = binary.join([_field(name, columns[name]) for name in _CONTENT])
        hashes = [sha256(row).digest()[:16] for row in binary.slices(content)]
        merchant = pa.array(merchants, pa.string()).take(names.indices)
        item_ids, changed = self._match(merchant, columns["external_id"], hashes)
        new = item_ids == ""
        item_ids[new] = self._ids.batch("itm", int(new.sum()))
        rows = pa.record_batch(
            {
                "id": pa.array(item_ids, pa.string()),
                "merchant_id": merchant,
                "external_id": columns["external_id"],
                "content": content,
                "content_hash": pa.array(hashes, pa.binary()),
            }
        )
        self._rows += count
        self._inserted += self._copy("items", rows, new)
        self._updated += self._update(rows, changed)

    def add_records(self, records: Sequence[ItemRecord]) -> None:
        """Load records."""
        self.add({name: _column(name, records) for name in FIELDS})

    def finish(self, *, withdraw_missing: bool) -> Merged:
        """Withdraw, of the merchants that occurred in the load, what it did not hold."""
        withdrawn = 0
        if self._stocked:
            if withdraw_missing:
                self._conn.execute(text("analyze kept_items"))
                only = {"at": self._at, "merchants": self._stocked}
                withdrawn = self._conn.execute(text(_WITHDRAW), only).rowcount
            self._conn.execute(text("drop table kept_items"))
        unchanged = self._rows - self._inserted - self._updated
        return Merged(self._inserted, self._updated, unchanged, withdrawn)

    def _know(self, names: list[str]) -> list[str]:
        """Our ids of merchants; of new ones it is noted whether they have items already."""
        fresh = [name for name in names if name not in self._merchants]
        if fresh:
            made = ensure_merchants(self._conn, fresh, self._ids, self._at)
            self._merchants |= made
            found = self._conn.execute(text(_STOCKED), {"merchants": list(made.values())})
            stocked = [row[0] for row in found]
            if stocked and not self._stocked:
                self._conn.execute(text("create temp table kept_items (id text) on commit drop"))
            self._stocked += stocked
        return [self._merchants[name] for name in names]

    def _match(
        self, merchant: pa.StringArray, external_id: pa.StringArray, hashes: list[bytes]
    ) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.bool_]]:
        """Of each row the item's id, empty where it is new, and whether the item changes."""
        item_ids = np.full(len(hashes), "", object)
        changed = np.zeros(len(hashes), bool)
        if not self._stocked or set(merchant.unique().to_pylist()).isdisjoint(self._stocked):
            return item_ids, changed
        keys = {"merchants": merchant.to_pylist(), "external_ids": external_id.to_pylist()}
        for row, item_id, content_hash, withdrawn in self._conn.execute(text(_MATCH), keys):
            item_ids[row - 1] = item_id
            changed[row - 1] = withdrawn or content_hash != hashes[row - 1]
        return item_ids, changed

    def _copy(self, table: str, rows: pa.RecordBatch, chosen: npt.NDArray[np.bool_]) -> int:
        if not chosen.any():
            return 0
        if not chosen.all():
            rows = rows.filter(pa.array(chosen))
        item_id, merchant, external_id, content, content_hash = rows.columns
        at = binary.time_field(self._at)
        fields = [*map(binary.text_field, (item_id, merchant, external_id)), [content]]
        fields += [binary.bytes_field(content_hash), at, at]
        binary.copy_rows(self._conn, table, _COLUMNS, fields)
        return len(rows)

    def _update(self, rows: pa.RecordBatch, changed: npt.NDArray[np.bool_]) -> int:
        """Update changed items, and note all that were there before as kept."""
        if not self._stocked:
            return 0
        binary.copy_rows(self._conn, "kept_items", ("id",), [binary.text_field(rows["id"])])
        if not changed.any():
            return 0
        self._conn.execute(text(_CHANGED))
        count = self._copy("changed_items", rows, changed)
        self._conn.execute(text(_UPDATE))
        self._conn.execute(text("drop table changed_items"))
        return count


def lock_catalog(conn: Connection) -> None:
    """Wait until no other load is under way; until the end of the transaction none can begin."""
    conn.execute(text("select pg_advisory_xact_lock(:n)"), {"n": _LOCK})


_STOCKED = """
select m from unnest(cast(:merchants as text[])) m
where exists (select from items where merchant_id = m)
"""

_MATCH = r"""
select k.row, i.id, i.content_hash, i.withdrawn_at is not null
from unnest(cast(:merchants as text[]), cast(:external_ids as text[]))
  with ordinality as k (merchant, external_id, row)
join items i on i.merchant_id = k.merchant and i.external_id = k.external_id
"""

_CHANGED = "create temp table changed_items (like items including defaults) on commit drop"

_UPDATE = f"""
update items i set
  {", ".join(f"{name} = c.{name}" for name in (*_CONTENT, "content_hash", "updated_at"))},
  withdrawn_at = null
from changed_items c where i.id = c.id
"""

_WITHDRAW = """
update items i set withdrawn_at = :at, updated_at = :at
where i.merchant_id = any(:merchants) and i.withdrawn_at is null
  and not exists (select from kept_items k where k.id = i.id)
"""


def _field(name: str, column: Any) -> binary.Field:
    if name in _INTEGERS:
        return binary.integer_field(column, big=name == "price_minor")
    if name == "rating":
        return binary.float_field(column)
    return binary.jsonb_field(column) if name in _JSON else binary.text_field(column)


def _column(name: str, records: Sequence[ItemRecord]) -> Any:
    values = [getattr(record, name) for record in records]
    if name in _INTEGERS:
        return np.array(values, np.int64)
    if name == "rating":
        return np.array([np.nan if stars is None else stars for stars in values], np.float64)
    if name in _JSON:
        values = [orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode() for value in values]
    return pa.array(values, pa.string())


def escape(column: list[str]) -> list[str]:
    r"""Texts as `COPY` in text format wants them: backslash, tab and line ends escaped."""
    if any(sign in "".join(column) for sign in "\\\t\n\r"):
        return list(map(_escaped, column))
    return column


def _escaped(value: str) -> str:
    value = value.replace("\\", "\\\\")
    return value.replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def copy_in(conn: Connection, table: str, lines: str | bytes) -> None:
    """Copy lines in PostgreSQL's text format, each with its line end, into a table."""
    with binary.cursor(conn).copy(f"copy {table} from stdin") as copy:
        copy.write(lines)
