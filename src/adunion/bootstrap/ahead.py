"""What is asked for is found and read after each change of items, so that no forecast waits."""

from __future__ import annotations

from collections import Counter

from adunion.catalog.types import CatalogSnapshot
from adunion.kernel.clock import sleep

from .market import Market
from .replayed import LOOKED_MAX

QUERIES_MAX = 4_000  # fewer than retrieval remembers
CHARS_MAX = 500  # a longer text is a page's, which is not remembered
AT_ONCE = 200
PAUSE_SECONDS = 0.0005  # that the market's lock is left to others between two queries


class Ahead:
    """Finds what the logged queries match and reads what they need, the most frequent first.

    Retrieval remembers both.
    """

    def __init__(self, market: Market) -> None:
        self._market = market
        self._catalog: CatalogSnapshot | None = None
        self._left: list[str] = []

    def read(self) -> int:
        """Some of the queries that are left; how many are left then."""
        market = self._market
        if self._catalog is not market.catalog:
            with market.lock:
                self._catalog, logged = market.catalog, market.recent.logged()
            texts = [] if logged is None else logged.events.text[:LOOKED_MAX].tolist()
            counted = Counter(text for text in texts if text and len(text) < CHARS_MAX)
            self._left = [query for query, _ in counted.most_common(QUERIES_MAX)][::-1]
        for _ in range(min(AT_ONCE, len(self._left))):
            with market.lock:
                if market.catalog is not self._catalog:
                    break
                needs, query = market.brain.needs, self._left.pop()
                market.brain.retrieval.answer([query])
            if needs is not None:
                needs.of(query)
            sleep(PAUSE_SECONDS)
        return len(self._left)
