"""A lexical index of the catalog: BM25F with impacts computed at build time.

Fields are weighed and normalised by length before saturation (Robertson, Zaragoza and Taylor,
"Simple BM25 Extension to Multiple Weighted Fields", CIKM 2004), so a search only adds up stored
numbers. The score is divided by the best the query could get: relevance 0..1, alike across queries.
"""

from __future__ import annotations

from threading import Lock
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from numba import njit

from adunion.catalog.types import CatalogSnapshot

from .tokens import tokens

Rows = npt.NDArray[np.int32]
Scores = npt.NDArray[np.float32]
Hits = tuple[Rows, Scores]
T = TypeVar("T")

POOL_MAX = 600
"""Most items an answer holds."""

_FIELDS = (("title", 1.0, 0.4), ("title_en", 1.0, 0.4), ("brand", 0.9, 0.0), ("category", 1.2, 0.0))
"""Field, weight, how far its length counts."""
_SATURATION = 0.9
_QUERY_TOKENS_MAX = 48
_CACHED_MAX = 5_000
_CACHED_CHARS_MAX = 500  # pages are rarely asked twice and would fill the memory
_RELEVANCE_MIN = 0.08
_LEAST_SHARE = 0.25  # of the best match: what shares one common word with it is left out
_SCORE_ONE = 2**20  # a score of 1 in a sort key
_BUCKETS = 1_200  # of scores, when the best are picked
_ROWS_END = 2**32
_SCATTER, _GATHER = 2_654_435_761, pow(2_654_435_761, -1, 2**32)
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
        self._scores = np.zeros(items, np.float32)  # all zero but within a search
        self._searching = Lock()
        self._cache: dict[str, Hits] = {}
        self._words: dict[str, npt.NDArray[np.int64]] = {}  # of recent queries, by token row

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
            found = self._find(query)
            if len(query) < _CACHED_CHARS_MAX:
                _remember(self._cache, query, found)
        rows, scores = found
        return rows[: max(top, 0)], scores[: max(top, 0)]

    def relevance(self, query: str, rows: Rows) -> Scores:
        """Relevance of given items to a query, on the scale of `search`."""
        return self._score(query)[rows]

    def says(self, query: str, rows: Rows) -> npt.NDArray[np.bool_]:
        """Whether each of some items itself says a word of the query, (k,)."""
        out = np.zeros(len(rows), np.bool_)
        ids = self._words.get(query)
        if ids is None:
            ids = self._read(query)[0]
        _holds(self._offsets, self._rows, ids, rows, out)
        return out

    def _find(self, query: str) -> Hits:
        """The `POOL_MAX` best items of a query, best first."""
        ids, weights, ideal = self._read(query)
        if not len(ids):
            return np.zeros(0, np.int32), np.zeros(0, np.float32)
        with self._searching:
            key = np.sort(
                _keys(
                    self._offsets, self._rows, self._impacts, ids, weights,
                    np.float32(1 / ideal), self._scores,
                )
            )  # fmt: skip
            rows, scores = np.empty(len(key), np.int32), np.empty(len(key), np.float32)
            _take(key, self._scores, rows, scores)
            _clear(self._offsets, self._rows, ids, self._scores)
        return rows, scores

    def _score(self, query: str) -> Scores:
        ids, weights, ideal = self._read(query)
        scores = np.zeros(self._items, np.float32)
        if len(ids):
            _accumulate(self._offsets, self._rows, self._impacts, ids, weights, scores)
            scores *= np.float32(1 / ideal)
        return scores

    def _read(self, query: str) -> tuple[npt.NDArray[np.int64], Scores, float]:
        """Known tokens of a query, their weights, and the best score any item could reach."""
        counts: dict[int, int] = {}
        unknown = 0
        for token in tokens(query):
            row = self._vocabulary.get(token, -1)
            if row < 0 or self._best[row] == 0:
                unknown += 1
            else:
                counts[row] = counts.get(row, 0) + 1
        ids = np.array(list(counts), np.int64)
        value = self._best[ids]
        if len(ids) == sum(counts.values()):
            weights = np.ones(len(ids), np.float32)
        else:
            weights = np.sqrt(np.array(list(counts.values()), np.float32))
            value *= weights
        if len(ids) > _QUERY_TOKENS_MAX:  # a page: what is both frequent in it and rare elsewhere
            keep = np.argsort(-value, kind="stable")[:_QUERY_TOKENS_MAX]
            ids, weights, value, unknown = ids[keep], weights[keep], value[keep], 0
        ideal = float(np.add.reduce(value)) if len(ids) else 1.0
        if unknown and len(ids):
            ideal += min(unknown, len(ids)) * _UNKNOWN_SHARE * float(value.mean())
        if len(query) < _CACHED_CHARS_MAX:
            _remember(self._words, query, ids)
        return ids, weights, ideal


def _remember(known: dict[str, T], query: str, found: T) -> None:
    """Keep what a query gave; the oldest goes when there are too many."""
    while len(known) >= _CACHED_MAX:
        del known[next(iter(known))]
    known[query] = found


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


@njit(cache=True, nogil=True)
def _accumulate(
    offsets: npt.NDArray[np.int64],
    rows: Rows,
    impacts: Scores,
    ids: npt.NDArray[np.int64],
    weights: Scores,
    scores: Scores,
) -> None:
    for i in range(len(ids)):
        weight = weights[i]
        for j in range(offsets[ids[i]], offsets[ids[i] + 1]):
            scores[rows[j]] += weight * impacts[j]


@njit(cache=True, nogil=True)
def _holds(
    offsets: npt.NDArray[np.int64],
    rows: Rows,
    ids: npt.NDArray[np.int64],
    wanted: Rows,
    out: npt.NDArray[np.bool_],
) -> None:
    """Whether each wanted row is in any of the tokens' lists, which are sorted by row."""
    for token in ids:
        last = offsets[token + 1]
        for k in range(len(wanted)):
            low, high = offsets[token], last
            while low < high:
                middle = (low + high) // 2
                if rows[middle] < wanted[k]:
                    low = middle + 1
                else:
                    high = middle
            if low < last and rows[low] == wanted[k]:
                out[k] = True


@njit(cache=True, nogil=True)
def _keys(
    offsets: npt.NDArray[np.int64],
    rows: Rows,
    impacts: Scores,
    ids: npt.NDArray[np.int64],
    weights: Scores,
    scale: np.float32,
    scores: Scores,
) -> npt.NDArray[np.int64]:
    """Fill `scores`; sort keys of the best items, at most `POOL_MAX`, in no order.

    A key has the score in its upper half, best first, and the item's row in its lower, scattered so
    that equal scores favour no row.
    """
    found = _add_up(offsets, rows, impacts, ids, weights, scale, scores)
    best = np.float32(0)
    for row in found:
        best = max(best, scores[row])
    least = np.float32(max(_RELEVANCE_MIN, _LEAST_SHARE * float(best)))
    cut, count = _cut(found, scores, least)
    key, kept = np.empty(count, np.int64), 0
    for row in found:
        if scores[row] >= least and _bucket(scores[row]) >= cut:
            scattered = np.int64(row) * _SCATTER % _ROWS_END
            key[kept] = np.int64(scores[row] * np.float32(-_SCORE_ONE)) * _ROWS_END + scattered
            kept += 1
    return np.partition(key, POOL_MAX)[:POOL_MAX] if kept > POOL_MAX else key


@njit(cache=True, nogil=True)
def _add_up(
    offsets: npt.NDArray[np.int64],
    rows: Rows,
    impacts: Scores,
    ids: npt.NDArray[np.int64],
    weights: Scores,
    scale: np.float32,
    scores: Scores,
) -> Rows:
    """Fill `scores`; the rows that have one."""
    total = 0
    for token in ids:
        total += offsets[token + 1] - offsets[token]
    touched, count = np.empty(total, np.int32), 0
    for i in range(len(ids)):
        for j in range(offsets[ids[i]], offsets[ids[i] + 1]):
            row = rows[j]
            if scores[row] == 0:
                touched[count] = row
                count += 1
            scores[row] += weights[i] * impacts[j]
    for row in touched[:count]:
        scores[row] *= scale
    return touched[:count]


@njit(cache=True, nogil=True)
def _cut(found: Rows, scores: Scores, least: np.float32) -> tuple[int, int]:
    """The lowest bucket of scores that is wanted, and how many rows it and those above hold."""
    held = np.zeros(_BUCKETS, np.int64)
    for row in found:
        if scores[row] >= least:
            held[_bucket(scores[row])] += 1
    cut, above = _BUCKETS - 1, held[_BUCKETS - 1]
    while cut > 0 and above < POOL_MAX:
        cut -= 1
        above += held[cut]
    return cut, above


@njit(cache=True, nogil=True, inline="always")
def _bucket(score: np.float32) -> int:
    return min(int(score * np.float32(_SCORE_ONE)) >> 10, _BUCKETS - 1)


@njit(cache=True, nogil=True)
def _take(key: npt.NDArray[np.int64], scores: Scores, rows: Rows, out: Scores) -> None:
    """The rows that sorted keys are of, and their relevance."""
    for k in range(len(key)):
        rows[k] = key[k] % _ROWS_END * _GATHER % _ROWS_END
        out[k] = min(scores[rows[k]], np.float32(1))


@njit(cache=True, nogil=True)
def _clear(
    offsets: npt.NDArray[np.int64], rows: Rows, ids: npt.NDArray[np.int64], scores: Scores
) -> None:
    for token in ids:
        for j in range(offsets[token], offsets[token + 1]):
            scores[rows[j]] = 0
