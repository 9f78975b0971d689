"""Trends of a market: its catalog and its knowledge of needs behind the links."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow.parquet as pq

from adunion.advice import Needs
from adunion.catalog.repository import snapshot as read_snapshot
from adunion.catalog.types import CatalogSnapshot
from adunion.kernel.clock import generator
from adunion.kernel.config import Settings
from adunion.simulation.world.lexicon import Lexicon
from adunion.simulation.world.topics import topics_table
from adunion.simulation.world.vocabulary import load
from adunion.understanding import LexicalIndex
from adunion.understanding.needs.library import open_library
from adunion.understanding.trends import Board, Classifier, Linker, Told, TrendStore, now

from .currency import market_currency
from .records import open_records

RISE_TOPIC, RISE_SEASON = 0.5, 0.3
"""How much a topic that doubles its heat, and a season, lift the need of what is surely linked."""
MADE_DAYS = 15
"""Of made topics."""


@dataclass(frozen=True)
class Source:
    """What a need rises by."""

    kind: str
    """topic or season."""
    zh: str
    en: str
    slug: str


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


def make_trends(
    settings: Settings, catalog: CatalogSnapshot, at: datetime, seed: int, told: Told
) -> None:
    """Made topics that tell of the made market's goods, up to the present hour, and their board."""
    store = TrendStore(settings.home)
    store.folder.mkdir(parents=True, exist_ok=True)
    last = at.replace(minute=0, second=0, microsecond=0)
    table = topics_table(Lexicon(load()), last, MADE_DAYS, generator(seed, 0x707))
    pq.write_table(table, store.topics_file)
    links = linker(settings, catalog, meaning=False)
    store.keep(now(store, store.topics(), None, links, told))


class _Rise:
    """The strongest lift of every item so far, and what it is by."""

    def __init__(self, catalog: CatalogSnapshot) -> None:
        self._row_of = row_of(catalog)
        self.factor = np.ones(len(catalog))
        self.source = np.full(len(catalog), -1)

    def item(self, item_id: str, factor: float, source: int) -> None:
        """Lift one item."""
        if item_id in self._row_of:
            row = self._row_of[item_id]
            if self.factor[row] < factor:
                self.factor[row], self.source[row] = factor, source


def needs_of(board: Board | None, catalog: CatalogSnapshot) -> tuple[Needs, list[Source]]:
    """How much rising topics and seasons lift the items they link, and these by row."""
    rise = _Rise(catalog)
    sources: list[Source] = []
    for one in board.topics if board else ():
        if not one["rising"] or one["commerce"] == "no":
            continue
        sources.append(Source("topic", one["title"], one["title"], one["slug"]))
        sure = 1.0 if one["commerce"] == "yes" else 0.5
        growth = float(np.log2(max(one["peak_heat"], 1.0) / max(one["heat"], 1.0)))
        most = RISE_TOPIC * sure * min(max(growth, 0.0) + one["p_top10_6h"], 2.0)
        for each in one["items"]:
            rise.item(each["id"], 1 + most * each["strength"], len(sources) - 1)
    for each in board.warnings if board else ():
        sources.append(Source("season", each["zh"], each["en"], each["key"]))
        for item in each["items"]:
            rise.item(item["id"], 1 + RISE_SEASON * item["strength"], len(sources) - 1)
    return Needs(rise.factor, rise.source), sources


def row_of(catalog: CatalogSnapshot) -> dict[str, int]:
    """Row of each item's id."""
    return {each: row for row, each in enumerate(catalog.ids)}
