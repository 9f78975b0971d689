"""A search index: items by id, their words, their vectors; never changed, only replaced."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from numba import njit

from ..embed.calibration import centred, means, scripts
from . import synonyms as synonyms_file
from .features import Titles
from .postings import Forward, Postings
from .rewrite import Rewriter
from .synonyms import Synonyms
from .types import FIELDS, Floats, Ints, Longs, SearchItem
from .wishes import Prices
from .words import FIELD_CHARS_MAX, code, field_tokens, plain

_ASIDE = ("for", "compatible", "replacement", "replaces", "fits", "适用", "专用", "兼容", "配件")


@dataclass(frozen=True)
class Entry:
    """An item and the token ids of its fields."""

    item: SearchItem
    tokens: Forward


class SearchIndex:
    """What search knows of a catalog; rows are in order of id, so that it never matters how the
    index came to be. Use `build`, and `changed` for another with some items added or withdrawn.
    """

    def __init__(
        self,
        entries: Mapping[str, Entry],
        vocabulary: dict[str, int],
        vectors: Mapping[str, Floats] | None = None,
        synonyms: Synonyms | None = None,
    ) -> None:
        self.entries = dict(sorted(entries.items()))
        self.vocabulary = vocabulary
        self.ids = list(self.entries)
        self.synonyms = synonyms or synonyms_file.load()
        self.vectors: Floats | None = None
        if vectors is not None and self.ids:
            self.vectors = np.stack([vectors[id_] for id_ in self.ids])

    @classmethod
    def build(cls, items: Iterable[SearchItem], synonyms: Synonyms | None = None) -> SearchIndex:
        """Index items; of two with one id the later counts."""
        return cls({}, {}, None, synonyms).changed(items)

    def changed(self, put: Iterable[SearchItem] = (), drop: Iterable[str] = ()) -> SearchIndex:
        """Another index with items added or changed, and those of some ids withdrawn.

        Only texts that are new are read. The vectors are left to `embedded`.
        """
        entries, vocabulary = dict(self.entries), dict(self.vocabulary)
        for item in put:
            known = entries.get(item.id)
            if known is None or known.item.texts() != item.texts():
                entries[item.id] = Entry(item, _read(item, vocabulary))
            elif known.item != item:
                entries[item.id] = Entry(item, known.tokens)
        for id_ in drop:
            entries.pop(id_, None)
        return SearchIndex(entries, vocabulary, None, self.synonyms)

    def __len__(self) -> int:
        return len(self.ids)

    def with_vectors(self, vectors: Floats) -> SearchIndex:
        """The same index with a vector for each row, (n, d)."""
        rows = dict(zip(self.ids, vectors, strict=True))
        return SearchIndex(self.entries, self.vocabulary, rows, self.synonyms)

    @cached_property
    def centred(self) -> Floats | None:
        """The vectors without the mean of their language."""
        if self.vectors is None:
            return None
        script = scripts([entry.item.title for entry in self.entries.values()])
        return centred(self.vectors, script, means(self.vectors, script))

    @cached_property
    def postings(self) -> Postings:
        """The inverted lists."""
        return Postings.build([e.tokens for e in self.entries.values()], len(self.vocabulary))

    @cached_property
    def rewriter(self) -> Rewriter:
        """Reads queries with the words that items say."""
        counts = np.diff(self.postings.offsets)
        said = {t: int(counts[row]) for t, row in self.vocabulary.items() if counts[row]}
        return Rewriter(said, self.synonyms)

    @cached_property
    def codes(self) -> dict[str, list[int]]:
        """The rows of each identifier: GTIN and manufacturer's number."""
        found: dict[str, list[int]] = {}
        for row, entry in enumerate(self.entries.values()):
            for text in (entry.item.gtin, entry.item.mpn):
                said = code(text)
                if said:
                    found.setdefault(said.lstrip("0"), []).append(row)
        return found

    @cached_property
    def titles(self) -> Titles:
        """What features read of the titles."""
        aside = np.zeros(len(self), np.int32)
        for row, entry in enumerate(self.entries.values()):
            aside[row] = _words_before_aside(entry.item.title, len(entry.tokens[0]))
        goods = [entry.item for entry in self.entries.values()]
        part = np.array([self.synonyms.is_accessory(item.title) for item in goods], bool)
        accessory = cache(self.synonyms.is_accessory)  # many items have one label
        label = np.array([accessory(f"{item.brand} {item.category}") for item in goods], bool)
        return Titles(aside, part, label)

    @cached_property
    def plain_titles(self) -> list[str]:
        """The titles as queries are read."""
        return [plain(e.item.texts()[0], FIELD_CHARS_MAX[0]) for e in self.entries.values()]

    @cached_property
    def prices(self) -> Prices:
        """What each item costs."""
        return Prices.of([entry.item for entry in self.entries.values()])

    @cached_property
    def title_words(self) -> tuple[Longs, Ints]:
        """The titles' tokens one after another, and where each begins."""
        sizes = [len(e.tokens[0]) for e in self.entries.values()]
        ids = np.concatenate([np.zeros(0, np.int32), *(e.tokens[0] for e in self.entries.values())])
        return np.concatenate(([0], np.cumsum(sizes))).astype(np.int64), ids.astype(np.int32)

    def first_words(self, tokens: Ints, rows: Ints) -> Ints:
        """Where in each title each token stands first, (k, C); -1 where it does not."""
        out = np.full((len(rows), len(tokens)), -1, np.int32)
        offsets, ids = self.title_words
        _first_words(offsets, ids, tokens, rows, out)
        return out

    def warm(self) -> SearchIndex:
        """Make now what is else made by the first search."""
        _ = self.postings, self.rewriter, self.codes, self.titles, self.title_words
        _ = self.plain_titles, self.prices, self.centred
        return self


def _read(item: SearchItem, vocabulary: dict[str, int]) -> Forward:
    fields = zip(item.texts(), FIELD_CHARS_MAX, strict=True)
    found = [
        np.array(
            [vocabulary.setdefault(t, len(vocabulary)) for t in field_tokens(text, most)], np.int32
        )
        for text, most in fields
    ]
    assert len(found) == len(FIELDS)
    return found[0], found[1], found[2], found[3]


def _words_before_aside(title: str, words: int) -> int:
    low = f" {title.lower()} "
    places = [low.find(f" {word} " if word.isascii() else word) for word in _ASIDE]
    found = [place for place in places if place > 0]
    return len(field_tokens(low[: min(found)], FIELD_CHARS_MAX[0])) if found else words


@njit(cache=True, nogil=True)
def _first_words(offsets: Longs, ids: Ints, tokens: Ints, rows: Ints, out: Ints) -> None:
    for k in range(len(rows)):
        begin = offsets[rows[k]]
        for at in range(offsets[rows[k] + 1] - 1, begin - 1, -1):
            for c in range(len(tokens)):
                if ids[at] == tokens[c]:
                    out[k, c] = at - begin
