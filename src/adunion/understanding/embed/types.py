"""Types of text embeddings, and the registry of their providers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from adunion.kernel.config import Settings
from adunion.kernel.registry import Registry

Floats = npt.NDArray[np.float32]
Kind = Literal["query", "document"]
"""What a text is: what someone asks, or what answers."""

CHARS_MAX = 1_500
"""Longer texts are read to here: a model weighs a page's beginning no less than its end."""


class Embedder(Protocol):
    """Turns texts into unit vectors whose cosines say how alike the texts are."""

    @property
    def name(self) -> str:
        """Provider and model: vectors of different names do not compare."""
        ...

    @property
    def dimension(self) -> int:
        """d, numbers in a vector."""
        ...

    def embed(self, texts: Sequence[str], kind: Kind = "query") -> Floats:
        """Vectors of n texts, (n, d), each of length 1; the same text gives the same vector."""
        ...


EMBEDDERS: Registry[Callable[[Settings], Embedder]] = Registry("embedder")
"""Providers by name; add one with `@EMBEDDERS.register("name")`."""


def readable(text: str) -> str:
    """A text as any model can take it: bounded, valid UTF-8, one line, no control characters."""
    cut = text[:CHARS_MAX].encode("utf-8", "replace").decode()
    return " ".join("".join(c if c.isprintable() else " " for c in cut).split())


def unit(vectors: Floats) -> Floats:
    """Rows scaled to length 1; a row of zeros points along the first axis."""
    out = np.array(vectors, np.float32)
    length = np.linalg.norm(out, axis=1, keepdims=True)
    out[length[:, 0] == 0, 0] = 1
    return np.asarray(out / np.where(length == 0, 1, length), np.float32)
