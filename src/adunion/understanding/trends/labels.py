"""What came of each row: listed later, in the top ten, and with what heat."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .index import Index
from .types import DAY, TOP, Bools, Floats

SOON, LATER = 6, DAY
"""The horizons, in hours."""
KNOWN_MIN = 5
"""Of the six hours ahead, the file must have so many before it can say who entered the top ten."""


@dataclass(frozen=True)
class Labels:
    """(n,) each; `known` says where the file has what it takes to tell."""

    listed: Bools
    heat: Floats
    """nan where it is not listed then."""
    known: Bools


def listed(index: Index, ahead: int) -> Labels:
    """Whether the topic is in the list exactly `ahead` hours later, and its heat there."""
    topics = index.topics
    row = index.rows(topics.hour + ahead)
    heat = np.where(row >= 0, topics.heat[np.maximum(row, 0)], np.nan)
    return Labels(row >= 0, heat, index.known(topics.hour + ahead))


def topped(index: Index, ahead: int = SOON) -> Labels:
    """Whether it is in the top ten in any of the next hours."""
    topics = index.topics
    found, seen = np.zeros(len(topics), bool), np.zeros(len(topics), np.int64)
    for step in range(1, ahead + 1):
        row = index.rows(topics.hour + step)
        found |= (row >= 0) & (topics.pos[np.maximum(row, 0)] < TOP)
        seen += index.known(topics.hour + step)
    return Labels(found, np.full(len(topics), np.nan), seen >= min(KNOWN_MIN, ahead))
