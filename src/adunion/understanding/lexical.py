"""A lexical index of the catalog: BM25F with impacts computed at build time.

Fields are weighed and normalised by length before saturation (Robertson, Zaragoza and Taylor,
"Simple BM25 Extension to Multiple Weighted Fields", CIKM 2004), so a search only adds up stored
numbers. The score is divided by the best the query could get: relevance 0..1, alike across queries.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from functools import reduce
from threading import Lock
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from adunion.catalog.types import CatalogSnapshot
from adunion.kernel.boxed import boxed

from .impacts import POOL_MAX, Postings, Rows, Scores, add_up, best_keys, holds, take
from .tokens import chunks, of_chunk, tokens

Hits = tuple[Rows, Scores]
T = TypeVar("T")

_FIELDS = (("title", 1.0, 0.4), ("title_en", 1.0, 0.4), ("brand", 0.9, 0.0), ("category", 1.2, 0.0))
"""Field, weight, how far its length counts."""
_SATURATION = 0.9
_QUERY_TOKENS_MAX = 48
_ONCE = np.ones(_QUERY_TOKENS_MAX, np.float32)  # weights of tokens that a query says once
_CACHED_MAX = 5_000
_CACHED_CHARS_MAX = 500  # pages are rarely asked twice and would fill the memory
_CHUNKS_MAX = 50_000
_CHUNK_CHARS_MAX = 40
_UNKNOWN_SHARE = 0.5  # of the rarest token's weight: a word no item has makes every match weaker


class LexicalIndex:
    """Finds the items that a text is about; immutable but for its cache of answers."""

    def __init__(
        self,
        texts: dict[str, npt.NDArray[np.int32]],
        vocabulary: dict[str, int],
        offsets: npt.NDArray[np.int64],
        rows: Rows,
        impacts: Scores,
        items: int,
    ) -> None:
        self._texts = texts
        self._vocabulary = vocabulary
        self._offsets = offsets
        self._rows = rows
        self._impacts = impacts
        self._items = items
        self._best = _best_impacts(offsets, impacts)
        scores = np.zeros(items, np.float32)  # all zero but within a search
        self._postings = boxed(Postings(offsets, rows, impacts, scores))
        self._searching = Lock()
        self._cache: OrderedDict[str, Hits] = OrderedDict()
        self._last = "", np.zeros(0, np.int64)  # the query that was read last, and its token rows
        self._chunks: OrderedDict[str, list[int]] = OrderedDict()  # of words: their token rows

    @classmethod
    def build(cls, snapshot: CatalogSnapshot, previous: LexicalIndex | None = None) -> LexicalIndex:
        """Index a snapshot; texts that `previous` already knows are not read again."""
        known = previous._texts if previous else {}
        vocabulary = dict(previous._vocabulary) if previous else {}
        texts: dict[str, npt.NDArray[np.int32]] = {}
        columns = [
            snapshot.titles,
            snapshot.titles_en,
            snapshot.brands,
            [snapshot.categories[row] for row in snapshot.category],
        ]
        for column in columns:
            for text in column:
                if text not in texts:
                    seen = known.get(text)
                    texts[text] = _token_ids(text, vocabulary) if seen is None else seen
        counted = [[texts[text] for text in column] for column in columns]
        singles = np.array([_is_single(token) for token in vocabulary], bool)
        return cls(texts, vocabulary, *_impacts(counted, singles, len(snapshot)), len(snapshot))

    def __len__(self) -> int:
        return self._items

    @property
    def holders(self) -> tuple[npt.NDArray[np.int64], Rows]:
        """The items that hold each word: offsets by word, catalog rows."""
        return self._offsets, self._rows

    @property
    def words(self) -> list[str]:
        """The word of each list of `holders`."""
        return list(self._vocabulary)

    def search(self, query: str, top: int = 120) -> Hits:
        """The `top` best items of a query: catalog rows and relevance, best first.

        At most `POOL_MAX` are found. Equal scores come in a fixed order that favours no row.
        """
        found = self._cache.get(query)
        if found is None:
            found = self.find(query)
            if len(query) < _CACHED_CHARS_MAX:
                remember(self._cache, query, found, _CACHED_MAX)
        rows, scores = found
        return rows[: max(top, 0)], scores[: max(top, 0)]

    def relevance(self, query: str, rows: Rows) -> Scores:
        """Relevance of given items to a query, on the scale of `search`."""
        return self._score(query)[rows]

    def says(self, query: str, rows: Rows) -> npt.NDArray[np.bool_]:
        """Whether each of some items itself says a word of the query, (k,)."""
        out = np.zeros(len(rows), np.bool_)
        last, ids = self._last
        if last != query:
            ids = self._read(query)[0]
        holds(self._postings, ids, rows, out)
        return out

    def saying(self, text: str) -> Rows:
        """The items that say every token of a text, by row; none for a text without tokens."""
        ids = [row for chunk in chunks(text) for row in self._rows_of(chunk)]
        if not ids or min(ids) < 0:
            return np.zeros(0, np.int32)
        lists = [self._rows[self._offsets[row] : self._offsets[row + 1]] for row in ids]
        return reduce(lambda left, right: left[np.isin(left, right)], sorted(lists, key=len))

    def find(self, query: str) -> Hits:
        """What `search` gives of the `POOL_MAX` best, for those who remember it themselves."""
        ids, weights, ideal = self._read(query)
        if not len(ids):
            return np.zeros(0, np.int32), np.zeros(0, np.float32)
        with self._searching:
            keys = best_keys(self._postings, ids, weights, 1 / ideal)
            keys.sort()  # numpy's is many times faster than numba's
            keys = keys[:POOL_MAX]
            rows, scores = np.empty(len(keys), np.int32), np.empty(len(keys), np.float32)
            take(self._postings, ids, keys, rows, scores)
        return rows, scores

    def _score(self, query: str) -> Scores:
        ids, weights, ideal = self._read(query)
        scores = np.zeros(self._items, np.float32)
        if len(ids):
            add_up(self._offsets, self._rows, self._impacts, ids, weights, scores)
            scores *= np.float32(1 / ideal)
        return scores

    def _read(self, query: str) -> tuple[npt.NDArray[np.int64], Scores, float]:
        """Known tokens of a query, their weights, and the best score any item could reach."""
        said: list[int] = []
        for chunk in chunks(query):
            rows = self._chunks.get(chunk)
            said += self._rows_of(chunk) if rows is None else rows
        unknown = said.count(-1)
        counts = dict.fromkeys(said, 1)
        counts.pop(-1, None)
        ids = np.array(list(counts), np.int64)
        value = self._best[ids]
        if len(ids) + unknown == len(said):
            weights = _ONCE if len(ids) <= len(_ONCE) else np.ones(len(ids), np.float32)
        else:
            counts = Counter(said)
            del counts[-1]
            weights = np.sqrt(np.array(list(counts.values()), np.float32))
            value *= weights
        if len(ids) > _QUERY_TOKENS_MAX:  # a page: what is both frequent in it and rare elsewhere
            keep = np.argsort(-value, kind="stable")[:_QUERY_TOKENS_MAX]
            ids, weights, value, unknown = ids[keep], weights[keep], value[keep], 0
        ideal = total = float(np.add.reduce(value)) if len(ids) else 1.0
        if unknown and len(ids):
            mean = float(np.float32(total / len(ids)))
            ideal += min(unknown, len(ids)) * _UNKNOWN_SHARE * mean
        self._last = query, ids
        return ids, weights, ideal

    def _rows_of(self, chunk: str) -> list[int]:
        """The rows of a chunk's tokens, -1 of those that no item has."""
        found = [self._vocabulary.get(token, -1) for token in of_chunk(chunk)]
        rows = [row if row >= 0 and self._best[row] > 0 else -1 for row in found]
        if len(chunk) <= _CHUNK_CHARS_MAX:
            remember(self._chunks, chunk, rows, _CHUNKS_MAX)
        return rows


def remember(known: OrderedDict[str, T], text: str, found: T, most: int) -> None:
    """Keep what a text gave; the oldest goes when there are too many.

    A plain dict finds its oldest key ever later, since it keeps the places of those that went.
    """
    if len(known) >= most:
        known.popitem(last=False)
    known[text] = found


def _is_single(token: str) -> bool:
    return len(token) == 1 and ord(token) > 0x0DFF


def _token_ids(text: str, vocabulary: dict[str, int]) -> npt.NDArray[np.int32]:
    found = tokens(text, singles=True)
    return np.array([vocabulary.setdefault(t, len(vocabulary)) for t in found], np.int32)


def _impacts(
    counted: list[list[npt.NDArray[np.int32]]], singles: npt.NDArray[np.bool_], items: int
) -> tuple[npt.NDArray[np.int64], Rows, Scores]:
    """Inverted lists: offsets by token, item rows, and idf * tf / (tf + saturation) of each."""
    size = len(singles)
    codes, values = [np.empty(0, np.int64)], [np.empty(0)]
    for (_, weight, length_share), documents in zip(_FIELDS, counted, strict=True):
        lengths = np.array([len(ids) for ids in documents], np.int64)
        if not lengths.sum():
            continue
        ids = np.concatenate(documents).astype(np.int64)
        item = np.repeat(np.arange(items), lengths)
        real = np.bincount(item, ~singles[ids], items)
        norm = 1 - length_share + length_share * real / max(real[lengths > 0].mean(), 1e-9)
        codes.append(ids * items + item)
        values.append(weight / np.maximum(norm, 0.2)[item])
    code, place = np.unique(np.concatenate(codes), return_inverse=True)
    tf = np.bincount(place, np.concatenate(values), len(code))
    token, row = np.divmod(code, max(items, 1))
    frequency = np.bincount(token, minlength=size)
    idf = np.log1p((items - frequency + 0.5) / (frequency + 0.5))
    impact = idf[token] * tf / (tf + _SATURATION)
    offsets = np.concatenate(([0], np.cumsum(frequency)))
    return offsets.astype(np.int64), row.astype(np.int32), impact.astype(np.float32)


def _best_impacts(offsets: npt.NDArray[np.int64], impacts: Scores) -> Scores:
    best = np.zeros(len(offsets) - 1, np.float32)
    filled = np.flatnonzero(np.diff(offsets))
    if len(filled):
        best[filled] = np.maximum.reduceat(impacts, offsets[filled])
    return best
