"""Trends of a market: its catalog and its knowledge of needs behind the links."""

from __future__ import annotations

from adunion.catalog.repository import snapshot as read_snapshot
from adunion.catalog.types import CatalogSnapshot
from adunion.kernel.config import Settings
from adunion.understanding import LexicalIndex
from adunion.understanding.needs.library import open_library
from adunion.understanding.trends import Classifier, Linker

from .currency import market_currency
from .records import open_records


def linker(
    settings: Settings,
    snapshot: CatalogSnapshot | None,
    index: LexicalIndex | None = None,
    meaning: bool = True,
) -> Linker:
    """Links topics to the items of a catalog, or to product types where there is none."""
    if snapshot is not None and index is None:
        index = LexicalIndex.build(snapshot)
    classifier = Classifier.load(settings.home)
    return Linker(open_library(settings), classifier, snapshot, index, meaning)


def market_snapshot(settings: Settings) -> CatalogSnapshot | None:
    """The live items of the home's market; None where there is no market yet."""
    if settings.database_url is None and not (settings.home / "postgres").exists():
        return None
    with open_records(settings) as server, server.engine.connect() as conn:
        currency = market_currency(settings, server.engine)
        found = read_snapshot(conn, currency)
    return found if len(found) else None
