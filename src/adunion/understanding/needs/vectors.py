"""Vectors of the knowledge's phrases: those that ship are read, others are embedded once.

`knowledge/vectors.npz` holds the default embedder's vectors in 6 bits, so that the first question
is answered at once; `adunion understand knowledge --vectors FILE` writes it anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from hashlib import blake2b
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
import numpy.typing as npt

from adunion.understanding.embed import Embedder

from .nothing import nothing_phrases

Floats = npt.NDArray[np.float32]
SHIPPED = "vectors.npz"
_LEVELS = 31  # a number is one of -31..31 of its row: cosines are kept to .002


def vectors_of(phrases: Sequence[str], embedder: Embedder) -> Floats:
    """Unit vectors (n, d) of the phrases, all in the form of queries."""
    name, known, vectors = _shipped()
    keys = [_key(phrase) for phrase in phrases]
    if name != embedder.name:
        return embedder.embed(list(phrases), "query")
    missing = [row for row, key in enumerate(keys) if key not in known]
    out = np.empty((len(keys), vectors.shape[1]), np.float32)
    there = [row for row, key in enumerate(keys) if key in known]
    out[there] = vectors[[known[keys[row]] for row in there]]
    if missing:
        out[missing] = embedder.embed([phrases[row] for row in missing], "query")
    return out


def write_vectors(path: Path, phrases: Sequence[str], embedder: Embedder) -> int:
    """Embed all phrases, those of `nothing` too, and write the file that ships; how many."""
    distinct = {_key(phrase): phrase for phrase in (*phrases, *nothing_phrases())}
    made = embedder.embed(list(distinct.values()), "query")
    scale = np.abs(made).max(axis=1, keepdims=True) / _LEVELS
    with path.open("wb") as file:
        np.savez_compressed(
            file,
            name=np.array(embedder.name),
            key=np.array(list(distinct), np.uint64),
            vector=np.round(made / scale).astype(np.int8),
        )
    return len(distinct)


def _key(phrase: str) -> int:
    return int.from_bytes(blake2b(phrase.encode(), digest_size=8).digest(), "little")


@cache
def _shipped() -> tuple[str, dict[int, int], Floats]:
    found = files(__package__) / "knowledge" / SHIPPED
    if not found.is_file():
        return "", {}, np.zeros((0, 0), np.float32)
    with as_file(found) as path, np.load(path, allow_pickle=False) as file:
        vectors = file["vector"].astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        known = {key: row for row, key in enumerate(file["key"].tolist())}
        return str(file["name"]), known, vectors
