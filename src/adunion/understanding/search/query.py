"""Answering queries: words first, then meaning where the words are not enough, then the model."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import islice

import numpy as np

from .features import NAMES, features
from .index import SearchIndex
from .postings import Plan
from .ranking import Model, shipped
from .types import Floats, Hit, Ints, Query
from .wishes import Wish, read_wish

CANDIDATES_MAX = 300
_ALL = 0.999
_SURE_ITEMS = 3
_SURE_CONCEPTS = 4
_NEAR = 50
_UNKNOWN = -1
_MEANING_MIN = 0.5
"""Likeness, four standard deviations above the catalog's mean, that an item has which says no word
of the query: what letters without sense are nearest to has less."""

Meaning = Callable[[str], Floats | None]
"""Relatedness of every item to a text, (n,), or None where it is not at hand."""


class Searcher:
    """Searches one index; safe for many threads."""

    def __init__(
        self, index: SearchIndex, meaning: Meaning | None = None, model: Model | None = None
    ) -> None:
        self.index = index.warm()
        self._meaning = meaning
        self.model = model or shipped()

    def search(self, text: str, top: int = 24) -> list[Hit]:
        """The best items of a query, best first; none for a query that says nothing."""
        rows, table, exact = self.candidates(text)
        if not len(rows):
            return []
        cover, meaning = table[:, NAMES.index("cover")], table[:, NAMES.index("meaning")]
        kept = (cover > 0) | (meaning >= _MEANING_MIN) | (exact > 0)
        rows, key = rows[kept], (self.model.probability(table) + exact)[kept]
        order = np.lexsort((rows, -key))[: max(top, 0)]
        return [Hit(int(rows[k]), self.index.ids[rows[k]], float(min(key[k], 1.0))) for k in order]

    def candidates(self, text: str) -> tuple[Ints, Floats, Floats]:
        """Rows (k,), their features (k, F), and 1 where an item's own number was asked for (k,)."""
        index = self.index
        wish = read_wish(text)
        text = wish.text
        query = index.rewriter.read(text)
        plan = plan_of(query, index)
        exact = self._exact(query)
        score, cover = index.postings.first_pass(plan)
        affordable = wish.affordable(index.prices)
        score[~affordable] = cover[~affordable] = 0
        found = self._allowed(wish, np.flatnonzero(score).astype(np.int32), score + cover)
        rows = np.union1d(found, exact).astype(np.int32)
        meaning = None
        if self._meaning is not None and query.concepts and not _sure(cover, len(query.concepts)):
            meaning = self._meaning(text)
            if meaning is not None:
                near = np.argpartition(
                    np.where(affordable, -meaning, np.inf), min(_NEAR, len(meaning) - 1)
                )[:_NEAR]
                rows = np.union1d(rows, near).astype(np.int32)
        if wish.said():
            rows = self._allowed(wish, rows[affordable[rows]], None)
        if not len(rows):
            return rows, np.zeros((0, 0), np.float32), np.zeros(0, np.float32)
        detail, told = index.postings.detail(plan, rows)
        first = index.first_words(plan.token, rows)
        table = features(
            detail, told, plan.weight, first, index.titles, rows,
            np.zeros(len(rows), np.float32) if meaning is None else meaning[rows],
            index.synonyms.is_accessory(text),
            np.array(
                index.synonyms.made_for(
                    text, [index.plain_titles[row] for row in rows], _names(query)
                )
            ),
        )  # fmt: skip
        return rows, table, np.isin(rows, exact).astype(np.float32)

    def _allowed(self, wish: Wish, rows: Ints, prior: Floats | None) -> Ints:
        """The rows of the greatest prior, CANDIDATES_MAX of them at most where there is one,
        without items that say what must not be.
        """
        if prior is not None and len(rows) > CANDIDATES_MAX:
            rows = rows[np.lexsort((rows, -prior[rows]))]
        elif not wish.without:
            return rows
        entries, ids = self.index.entries, self.index.ids
        fits = (row for row in rows if not wish.without or wish.says_none(entries[ids[row]].item))
        most = len(rows) if prior is None else CANDIDATES_MAX
        return np.fromiter(islice(fits, most), rows.dtype)

    def _exact(self, query: Query) -> Ints:
        """Items whose GTIN or manufacturer's number is the query, or a word of it."""
        found: list[int] = []
        for said in query.codes:
            found += self.index.codes.get(said.lstrip("0"), [])
        return np.unique(np.array(found, np.int32))


def _sure(cover: Floats, concepts: int) -> bool:
    """Whether words are enough: some items say all of the query; of a long one, one item does."""
    return int((cover > _ALL).sum()) >= (1 if concepts >= _SURE_CONCEPTS else _SURE_ITEMS)


def _names(query: Query) -> set[str]:
    """The last word of a query, sizes aside, and of what may stand for it, in Latin letters.

    Empty where it asks for something `for` another.
    """
    words = [at for at, concept in enumerate(query.concepts) if concept.isalpha()]
    if not words or re.search(r"\b(?:for|fits)\b", query.text.lower()):
        return set()
    last = words[-1]
    found = {query.concepts[last]}
    found |= {each.tokens[-1] for each in query.alternatives if each.last == last}
    return {name for name in found if name.isascii() and name.isalpha()}


def plan_of(query: Query, index: SearchIndex) -> Plan:
    """A query in the numbers of an index; rare words count for more, unknown ones for most.

    A word that only withdrawn items said is unknown, as it is to an index built anew.
    """
    said, idf = np.diff(index.postings.offsets) > 0, index.postings.idf
    token = np.array([index.vocabulary.get(t, _UNKNOWN) for t in query.concepts], np.int32)
    token = np.where((token >= 0) & said[token], token, _UNKNOWN) if said.any() else token
    rarest = float(idf[said].max(initial=1.0))
    weight = np.where(token >= 0, idf[token], rarest) if len(idf) else np.full(len(token), rarest)
    weight = weight / max(float(weight.sum()), 1e-9)
    others = query.alternatives
    tokens = [index.vocabulary[t] for each in others for t in each.tokens]
    sizes = [len(each.tokens) for each in others]
    return Plan(
        token, weight.astype(np.float32),
        np.array([e.first for e in others], np.int32), np.array([e.last for e in others], np.int32),
        np.array([e.weight for e in others], np.float32),
        np.concatenate(([0], np.cumsum(sizes))).astype(np.int32), np.array(tokens, np.int32),
    )  # fmt: skip
