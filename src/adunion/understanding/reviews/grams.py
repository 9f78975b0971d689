"""What the polarity model sees of a text: its character n-grams, hashed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from adunion.understanding.search.words import plain

BITS = 20
LONGEST = 3
CHARS_MAX = 3_000
"""Characters of a review that are read; opinions stand early."""
_STEP = np.uint64(1_000_003)
_SPREAD = np.uint64(0x9E3779B97F4A7C15)

Buckets = NDArray[np.int32]


def buckets(text: str) -> Buckets:
    """The distinct hashes, sorted, of a text's n-grams of one to three characters."""
    folded = " ".join(plain(text, CHARS_MAX).split())
    points = np.frombuffer(folded.encode("utf-32-le", "ignore"), np.uint32).astype(np.uint64)
    found, rolled = [], np.zeros(len(points), np.uint64)
    for length in range(1, min(LONGEST, len(points)) + 1):
        rolled = rolled[: len(points) - length + 1] * _STEP + points[length - 1 :]
        found.append((rolled + np.uint64(length)) * _SPREAD >> np.uint64(64 - BITS))
    return np.unique(np.concatenate(found)).astype(np.int32) if found else np.zeros(0, np.int32)


def rows(texts: Sequence[str]) -> tuple[Buckets, NDArray[np.int64]]:
    """Buckets of all texts one after another, and where each text's begin (one more than texts)."""
    each = [buckets(text) for text in texts]
    starts = np.concatenate([[0], np.cumsum([len(one) for one in each])]).astype(np.int64)
    return (np.concatenate(each) if each else np.zeros(0, np.int32)), starts
