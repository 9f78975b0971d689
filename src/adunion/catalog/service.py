"""Use cases of the room, one transaction each."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from sqlalchemy import Engine

from adunion.kernel.clock import Clock, monotonic_s
from adunion.kernel.errors import invalid
from adunion.kernel.ids import IdFactory
from adunion.kernel.money import MINOR_MAX

from . import repository
from .feeds import FeedFile, Mapping, Progress, SkipReport, load_mapping, read_items
from .loading import FIELDS, Loading
from .types import CatalogSnapshot, ImportReport, Item, ItemRecord, Merchant, Merged

_CHUNK = 10_000


class Catalog:
    """The catalog of the market."""

    def __init__(self, engine: Engine, clock: Clock, ids: IdFactory) -> None:
        self._engine = engine
        self._clock = clock
        self._ids = ids

    def snapshot(self, currency: str) -> CatalogSnapshot:
        """The live items of one currency as columns."""
        with self._engine.connect() as conn:
            return repository.snapshot(conn, currency)

    def import_catalog(
        self,
        path: Path,
        mapping: str | Mapping = "google_merchant",
        *,
        merchant: str | None = None,
        skip_bad: bool = False,
        report: Path | None = None,
        progress: Progress | None = None,
        withdraw_missing: bool = True,
        local_images: bool = False,
    ) -> ImportReport:
        """Bring the catalog in line with a file: all of it or nothing.

        With `withdraw_missing`, items that the merchants of the file had and the file no longer
        holds are withdrawn, unless rows were skipped: a bad row is no reason to end a sale.
        Raises AdUnionError with file, line, field and reason.
        """
        started = monotonic_s()
        mapped = mapping if isinstance(mapping, Mapping) else load_mapping(mapping)
        section = mapped.section("catalog")
        skips = SkipReport(
            path.name, report or path.with_name(path.name + ".skipped.csv"), skip_bad=skip_bad
        )
        rows = 0
        with self._engine.begin() as conn:
            loading = Loading(conn, self._ids, self._clock.now())
            file = FeedFile(path, mapped.hints, progress)
            for found in read_items(file, section, skips, merchant, local_images=local_images):
                loading.add({name: found.columns[name] for name in FIELDS})
                rows += len(found)
            merged = loading.finish(withdraw_missing=withdraw_missing and not skips.skipped)
        return ImportReport(
            merged.inserted,
            merged.updated,
            merged.unchanged,
            merged.withdrawn,
            skips.skipped,
            {reason: count for reason, count in skips.ignored.items() if count},
            rows,
            skips.path,
            monotonic_s() - started,
        )

    def upsert_items(
        self, records: Iterable[ItemRecord], *, withdraw_missing: bool = False
    ) -> Merged:
        """Insert or update validated items; merchants that are missing are made."""
        remaining = iter(records)
        with self._engine.begin() as conn:
            loading = Loading(conn, self._ids, self._clock.now())
            while chunk := list(islice(remaining, _CHUNK)):
                loading.add_records(chunk)
            return loading.finish(withdraw_missing=withdraw_missing)

    def upsert_merchant(self, external_id: str, name: str, name_en: str | None = None) -> Merchant:
        """Make a merchant, or rename it; `name_en` is its name in English, None keeps it."""
        english = None if name_en is None else {external_id: name_en}
        with self._engine.begin() as conn:
            made = repository.upsert_merchants(
                conn, {external_id: name}, self._ids, self._clock.now(), english
            )
            return repository.get_merchant(conn, made[external_id])

    def set_price(self, item_id: str, price_minor: int) -> Item:
        """Change an item's price."""
        if not 0 < price_minor <= MINOR_MAX:
            raise invalid("price_minor", "A price is a positive number of minor units.")
        with self._engine.begin() as conn:
            return repository.set_price(conn, item_id, price_minor, self._clock.now())

    def withdraw(self, item_id: str, withdrawn: bool = True) -> Item:
        """Take an item out of the market; `withdrawn=False` brings it back."""
        with self._engine.begin() as conn:
            return repository.set_withdrawn(conn, item_id, withdrawn, self._clock.now())
