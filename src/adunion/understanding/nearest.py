"""The items of a market by meaning: a vector of each, and those nearest to what is asked."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from adunion.catalog.types import CatalogSnapshot

from .embed import Background, Cached, Floats
from .embed.calibration import calibration, centred, means, scripts

Rows = npt.NDArray[np.int32]
Hits = tuple[Rows, Floats]

NEAREST_MAX = 100
_NOTHING: Hits = (np.empty(0, np.int32), np.empty(0, np.float32))
_CHUNK = 64
_FOUND_MAX = 5_000
_QUERY_CHARS_MAX = 100
_Z_LEAST = 3.0
_Z_FULL = 8.0
"""Standard deviations above the mean of all items that count as relevance 0, and as 1."""


class NearestItems:
    """The vectors of one snapshot; another catalog needs another, which costs its new titles alone.

    With `patience_s` a query whose vector is not ready by then finds nothing, this once; without,
    the same query always finds the same items.
    """

    def __init__(
        self,
        snapshot: CatalogSnapshot,
        reads: Cached,
        vectors: Floats,
        patience_s: float | None = None,
    ) -> None:
        self.snapshot = snapshot
        self._reads = reads
        self._patience_s = patience_s
        self._background = Background(reads)
        script = scripts(snapshot.titles)
        self._vectors = centred(vectors, script, means(vectors, script))
        self._found: dict[str, Hits] = {}

    @classmethod
    def build(
        cls, snapshot: CatalogSnapshot, reads: Cached, patience_s: float | None = None
    ) -> NearestItems:
        """Embed the titles; those embedded before are taken from the cache."""
        texts = [title[:200] for title in snapshot.titles]
        parts = [
            reads.embed(texts[start : start + _CHUNK], "document")
            for start in range(0, len(texts), _CHUNK)
        ]
        none = np.empty((0, reads.dimension), np.float32)
        return cls(snapshot, reads, np.concatenate([none, *parts]), patience_s)

    def found(self, query: str) -> Hits:
        """Catalog rows and relevance 0..1, nearest first; none where nothing stands out."""
        asked = query[:_QUERY_CHARS_MAX]
        known = self._found.get(asked)
        if known is None:
            if not self._ready(asked):
                return _NOTHING
            known = self._nearest(asked)
            while len(self._found) >= _FOUND_MAX:
                del self._found[next(iter(self._found))]
            self._found[asked] = known
        return known

    def _ready(self, asked: str) -> bool:
        if not asked.strip() or not len(self._vectors):
            return False
        return self._patience_s is None or self._background.ready(asked, self._patience_s)

    def _nearest(self, asked: str) -> Hits:
        vector = self._reads.embed([asked], "query")
        query = calibration(self._reads).centred(vector, [asked], "query")[0]
        cosine = self._vectors @ query
        z = (cosine - cosine.mean()) / max(float(cosine.std()), 1e-6)
        rows = np.flatnonzero(z > _Z_LEAST)
        rows = rows[np.lexsort((rows, -z[rows]))][:NEAREST_MAX]
        relevance = np.clip((z[rows] - _Z_LEAST) / (_Z_FULL - _Z_LEAST), 0, 1)
        return rows.astype(np.int32), relevance.astype(np.float32)
