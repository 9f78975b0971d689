"""Needs for retrieval: a query's needs as pools of catalog rows, fast enough for the hot path.

A decision never waits for a query to be read: it takes what is known (`ready`), and what is not is
read soon after (`read_waiting`), by words and meaning, and remembered.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from adunion.catalog.types import CatalogSnapshot
from adunion.understanding.embed import Cached
from adunion.understanding.lexical import LexicalIndex, remember

from .finder import NeedFinder
from .match import Rows, Scores, answering
from .sources import Library
from .sources.types import rank_weight
from .weigh import Weights
from .words import Mention, names_the_thing

Pool = tuple[float, Rows, Scores]
"""A need's strength, and the items that answer it with their relevance, best first."""

TEXT_CHARS_MAX = 300  # of a page: what it is about stands at the front
NEEDS_MAX = 6
_ITEMS_MAX = 60
_WAITING_MAX = 2_000
_READ_MAX = 20_000
_COMPANIONS_EACH = 6  # items of one complement
_THING_CHARS_MAX = 40
_THINGS_MAX = 200
_SAYS_IT = np.float32(0.9)  # least relevance of an item of the product that is asked for
_BARE = 0.75  # of a query's letters: a name that leaves hardly anything else

GoWith = tuple[Rows, npt.NDArray[np.int64], Rows, Scores]


class NeedPools:
    """Pools of one catalog; what was worked out of a product stays."""

    def __init__(self, library: Library, index: LexicalIndex) -> None:
        self._library = library
        self._index = index
        by_words = ("knowledge", "complements")
        self._words = NeedFinder(library.by_words, Weights.load("words"), sources=by_words)
        self._whole = NeedFinder(library) if library.embedder else None
        self._pools: dict[int, tuple[Rows, Scores]] = {}
        self._things: dict[str, tuple[Rows, Scores]] = {}
        self._names, self._product_of = zip(*library.knowledge.names.items(), strict=True)
        self._place_of = {name: k for k, name in enumerate(self._names)}
        self._titles: tuple[npt.NDArray[np.int64], Rows] | None = None  # names by item
        self._waiting: dict[str, None] = {}
        self._read: OrderedDict[str, list[Pool]] = OrderedDict()
        self._by_words: OrderedDict[str, list[Pool]] = OrderedDict()

    def ready(self, query: str) -> list[Pool] | None:
        """What was read of a query; None where nothing was yet: then it waits to be read."""
        text = query[:TEXT_CHARS_MAX]
        found = self._read.get(text)
        if found is None and len(self._waiting) < _WAITING_MAX:
            self._waiting[text] = None
        return found

    def read_waiting(self, most: int = 20) -> int:
        """Read queries that wait, the longest waiting first; how many."""
        some = list(self._waiting)[:most]
        if some and self._library.embedder is not None:
            self._library.embedder.embed(some, "query")
        for text in some:
            self._waiting.pop(text, None)
            remember(self._read, text, self.of(text), _READ_MAX)
        return len(some)

    def of(self, query: str) -> list[Pool]:
        """The pools of a query's needs, strongest first; those without items are left out.

        By its words, and by its meaning too where it was embedded before; remembered.
        """
        text = query[:TEXT_CHARS_MAX]
        known = self._read.get(text)
        if known is None:
            finder = self._finder(text)
            kept = self._by_words if finder is self._words else self._read
            known = kept.get(text)
            if known is None:
                known = self._pools_of(finder, text)
                remember(kept, text, known, _READ_MAX)
        return known

    def _pools_of(self, finder: NeedFinder, text: str) -> list[Pool]:
        pools = []
        for need in finder.read(text, "query", 2 * NEEDS_MAX).needs:
            rows, scores = self._pool(need.product)
            if len(rows):
                pools.append((need.strength, rows, scores))
        return pools[:NEEDS_MAX]

    def thing(self, query: str, catalog: CatalogSnapshot) -> tuple[Rows, Scores]:
        """The items of the product that a short query names, whichever of its names they say.

        None where it names none, or only what the thing is for. They are worth what the name is of
        the query's letters, at most 1.
        """
        said = self._library.name_finder.find(query) if len(query) <= _THING_CHARS_MAX else []
        named = [each for each in said if _is_the_thing(query, each)]
        if not named:
            return np.zeros(0, np.int32), np.zeros(0, np.float32)
        name, share = named[-1].name, named[-1].share
        if name not in self._things:
            self._things[name] = self._sold(named[-1], catalog)
        rows, scores = self._things[name]
        return rows, scores * np.float32(1 if share >= _BARE else share)

    def _sold(self, said: Mention, catalog: CatalogSnapshot) -> tuple[Rows, Scores]:
        """The items whose title says the product by any name that is no part of its own, wider.

        Another name of it may be narrower: chopsticks are dinnerware. Where items say that one,
        they alone count.
        """
        found = self._library.knowledge.products[said.product]
        own = f"{found.zh} {found.en}".lower()
        every = [found.zh, found.en, *(each for each in found.also if each.lower() not in own)]
        if said.name not in (found.zh.lower(), found.en.lower()):
            rows, scores = self._titled(said.product, [said.name], catalog)
            if len(rows):
                return rows, scores
        return self._titled(said.product, every, catalog)

    def _titled(
        self, product: int, names: Sequence[str], catalog: CatalogSnapshot
    ) -> tuple[Rows, Scores]:
        """The items that say any of a product's names in their titles."""
        rows, scores = answering(self._index, *names, knowledge=self._library.knowledge)
        rows, scores = rows[:_THINGS_MAX], scores[:_THINGS_MAX]
        low = [name.lower() for name in names]
        owner, name = self._named_in(rows, catalog)
        kinds = np.unique(name)
        right = [
            self._product_of[k] == product
            or any(names_the_thing(self._names[k], each) for each in low)
            for k in kinds.tolist()
        ]
        kept = np.unique(owner[np.isin(name, kinds[np.array(right, np.bool_)])])
        return rows[kept], _SAYS_IT + (1 - _SAYS_IT) * scores[kept]

    def _named_in(self, rows: Rows, catalog: CatalogSnapshot) -> tuple[Rows, Rows]:
        """What the titles of some items name, in either language: places in `rows`, and names."""
        if self._titles is not None:
            offsets, name = self._titles
            size = offsets[rows + 1] - offsets[rows]
            owner = np.repeat(np.arange(len(rows), dtype=np.int32), size)
            within = np.arange(len(owner)) - np.repeat(np.cumsum(size) - size, size)
            return owner, name[offsets[rows][owner] + within]
        said = [
            self._found(catalog.titles[row]) + self._found(catalog.titles_en[row])
            for row in rows.tolist()
        ]
        owner = np.repeat(np.arange(len(rows), dtype=np.int32), [len(each) for each in said])
        return owner, np.array([k for each in said for k in each], np.int32)

    def _found(self, title: str) -> list[int]:
        """The names of products in a title, as places in `_names`."""
        return [self._place_of[each.name] for each in self._library.name_finder.find(title)]

    def go_with(self, catalog: CatalogSnapshot) -> GoWith:
        """By the knowledge file alone: what goes with a catalog's items, before anyone bought.

        The product of each item (n,), -1 where its title names none, and for each product the items
        that go with it: the best of each complement in turn. What all titles name is remembered, so
        that `thing` needs to read none of them.
        """
        named = [self._found(title) for title in catalog.titles]
        product = np.array([self._product_of[each[-1]] if each else -1 for each in named], np.int32)
        for each, title in zip(named, catalog.titles_en, strict=True):
            each += self._found(title)
        ends = np.cumsum([0, *map(len, named)])
        self._titles = ends, np.array([k for each in named for k in each], np.int32)
        sizes = np.zeros(len(self._library.knowledge.products), np.int64)
        rows, scores = [np.zeros(0, np.int32)], [np.zeros(0, np.float32)]
        for row in np.unique(product[product >= 0]).tolist():
            found, score = self._companions(row)
            sizes[row] = len(found)
            rows.append(found)
            scores.append(score)
        offsets = np.concatenate(([0], np.cumsum(sizes)))
        return product, offsets, np.concatenate(rows), np.concatenate(scores)

    def _companions(self, product: int) -> tuple[Rows, Scores]:
        others = self._library.knowledge.products[product].goes_with
        pools = [self._pool(other) for other in others]
        turns = [(k, n) for k in range(_COMPANIONS_EACH) for n in range(len(pools))]
        taken = [(n, k) for k, n in turns if k < len(pools[n][0])]
        rows = np.array([pools[n][0][k] for n, k in taken], np.int32)
        score = [pools[n][1][k] * rank_weight(n) for n, k in taken]
        return rows, np.array(score, np.float32)

    def _finder(self, text: str) -> NeedFinder:
        embedder = self._library.embedder
        if self._whole is None or embedder is None:
            return self._words
        if isinstance(embedder, Cached) and not embedder.known(text, "query"):
            return self._words
        return self._whole

    def _pool(self, product: int) -> tuple[Rows, Scores]:
        if product not in self._pools:
            knowledge = self._library.knowledge
            found = knowledge.products[product]
            kind = knowledge.categories[found.category][0]
            rows, scores = answering(
                self._index, found.zh, found.en, kind=kind, knowledge=knowledge
            )
            self._pools[product] = rows[:_ITEMS_MAX], scores[:_ITEMS_MAX]
        return self._pools[product]


def _is_the_thing(query: str, said: Mention) -> bool:
    return said.share >= _BARE or names_the_thing(query, said.name)
