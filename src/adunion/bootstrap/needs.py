"""Needs for the faces: one finder over the market's catalog, and the operator's own knowledge."""

from __future__ import annotations

import threading

from adunion.catalog.types import CatalogSnapshot
from adunion.kernel.config import Settings
from adunion.tracking import reviews
from adunion.understanding.needs import ItemMatcher, Knowledge, NeedFinder, Reading, Said, check
from adunion.understanding.needs.knowledge import PRODUCTS, SITUATIONS
from adunion.understanding.needs.library import open_library
from adunion.understanding.needs.opinions import REVIEWS_MAX

from .live import LiveMarket

OWN_FILES = (SITUATIONS, PRODUCTS)


class MarketNeeds:
    """Made when first asked; anew when the catalog or the operator's knowledge has changed."""

    def __init__(self, market: LiveMarket) -> None:
        self._market = market
        self._settings = Settings(home=market.home)
        self._lock = threading.Lock()
        self._tools: tuple[NeedFinder, ItemMatcher] | None = None
        self._made_of: tuple[CatalogSnapshot, tuple[float, ...]] | None = None

    def read(self, text: str, kind: Said = "query", most: int = 10) -> Reading:
        """The needs of a text, with the market's items."""
        return self.tools()[0].read(text, kind, most)

    def knowledge(self, own: bool = True) -> Knowledge:
        """All that is known now, with or without the operator's own files."""
        return Knowledge.load(self._market.home if own else None)

    def own(self, name: str) -> str:
        """The operator's own file of that name; empty where there is none."""
        path = self._market.home / "needs" / name
        return path.read_text("utf-8", "replace") if path.exists() else ""

    def check(self, name: str, text: str) -> Knowledge:
        """The knowledge as it would be; raises AdUnionError with the line that is wrong."""
        return check(name, text, self._market.home)

    def keep(self, name: str, text: str) -> None:
        """Put the operator's own file in force, once it was found right."""
        self.check(name, text)
        folder = self._market.home / "needs"
        folder.mkdir(parents=True, exist_ok=True)
        fresh = folder / f"{name}.new"
        fresh.write_text(text.replace("\r\n", "\n"), "utf-8")
        fresh.replace(folder / name)

    def tools(self) -> tuple[NeedFinder, ItemMatcher]:
        """The finder over the catalog as it is now, and what finds its items."""
        with self._lock, self._market.lock:
            catalog, index = self._market.catalog, self._market.brain.index
        made_of = (catalog, self._times())
        with self._lock:
            if self._tools is None or self._made_of is None or self._made_of[1] != made_of[1] or (
                self._made_of[0] is not catalog
            ):  # fmt: skip
                matcher = ItemMatcher(catalog, index, self.knowledge())
                library = open_library(self._settings, reviews=self._texts(), matcher=matcher)
                self._tools = NeedFinder(library, matcher=matcher), matcher
                self._made_of = made_of
            return self._tools

    def _texts(self) -> list[str]:
        with self._market.engine.connect() as conn:
            return reviews.some_texts(conn, REVIEWS_MAX)

    def _times(self) -> tuple[float, ...]:
        """When the operator's files were last changed."""
        files = [self._market.home / "needs" / name for name in OWN_FILES]
        return tuple(file.stat().st_mtime if file.exists() else 0.0 for file in files)
