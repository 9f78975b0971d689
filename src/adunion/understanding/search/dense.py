"""Search by meaning: the catalog's items as vectors, and how near a query is to each."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numba import njit

from ..embed import Background, Embedder, embedder
from ..embed.calibration import calibration
from .index import SearchIndex
from .query import Searcher
from .ranking import Model
from .types import Floats, SearchItem

_CHUNK = 256
_QUERY_CHARS_MAX = 100
_Z_FULL = 8.0
"""Standard deviations above the catalog's mean that count as 1: rarely passed."""

Told = Callable[[int, int], None]


def item_text(item: SearchItem) -> str:
    """What of an item is embedded: its title, and the last of its category where it has one."""
    leaf = item.category.rpartition(">")[2].strip()
    return f"{item.title} {leaf}".strip()[:200]


def embedded(index: SearchIndex, name: str | None = None, told: Told | None = None) -> SearchIndex:
    """The same index with vectors; those known to the embedder's cache are not worked out again."""
    model = embedder(name)
    texts = [item_text(entry.item) for entry in index.entries.values()]
    order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
    vectors = np.empty((len(texts), model.dimension), np.float32)
    for start in range(0, len(order), _CHUNK):
        rows = order[start : start + _CHUNK]
        vectors[rows] = model.embed([texts[row] for row in rows], "document")
        if told is not None:
            told(min(start + _CHUNK, len(order)), len(order))
    return index.with_vectors(vectors)


def searcher(
    index: SearchIndex,
    name: str | None = None,
    model: Model | None = None,
    patience_s: float | None = None,
) -> Searcher:
    """Searches an index by words, and by meaning too where it has vectors of the named embedder.

    With `patience_s` a query whose vector is not ready by then is answered by its words; the vector
    is made in the background and is there the next time. Without, the same query always gives the
    same answer.
    """
    if index.vectors is None or name is None:
        return Searcher(index, None, model)
    reads = embedder(name)
    if patience_s is None:
        return Searcher(index, lambda text: meaning(index, reads, text), model)
    background = Background(reads)

    def soon(text: str) -> Floats | None:
        ready = background.ready(text[:_QUERY_CHARS_MAX], patience_s)
        return meaning(index, reads, text) if ready else None

    return Searcher(index, soon, model)


def meaning(index: SearchIndex, reads: Embedder, text: str) -> Floats:
    """How near a text is to each item, (n,): standard deviations above the catalog's mean, / 8.

    The catalog itself is the background, so the scale is the same for every query and embedder.
    """
    asked = text[:_QUERY_CHARS_MAX]
    found = calibration(reads).centred(reads.embed([asked], "query"), [asked], "query")
    assert index.centred is not None
    cosine = np.empty(len(index), np.float32)
    _dot(index.centred, found[0], cosine)
    spread = max(float(cosine.std()), 1e-6)
    return np.asarray(np.clip((cosine - cosine.mean()) / spread / _Z_FULL, -1, 1), np.float32)


@njit(cache=True, nogil=True, fastmath=True)
def _dot(vectors: Floats, query: Floats, out: Floats) -> None:
    """Without the threads of a linear-algebra library, which spin while they wait."""
    for row in range(len(vectors)):
        total = np.float32(0)
        for place in range(len(query)):
            total += vectors[row, place] * query[place]
        out[row] = total
