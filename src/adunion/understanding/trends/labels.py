"""What came of each row: listed later, in the top ten, and with what heat."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .index import Index, latest, running_max
from .past import RETURN, spells
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


@dataclass(frozen=True)
class Course:
    """(n,) each: what is still to come of a topic's spell; `known` where the spell is over."""

    peak: Floats
    """Log of the highest heat from now on over the heat now, at least 0."""
    peak_in: Floats
    """Hours until then."""
    life: Floats
    """Hours until its last hour in the list."""
    ends: Floats
    """Hour in which the spell was known to be over."""


def course(index: Index) -> Course:
    """By looking at each spell from its end."""
    topics, back = index.topics, index.order[::-1]
    spell = spells(index)
    group = (spell[-1] - spell[::-1]) if len(spell) else spell
    hour, heat = topics.hour[back], np.log1p(topics.heat[back])
    peak = running_max(group, heat)
    summit = latest(group, heat >= peak)
    last = hour[latest(group, np.zeros(len(group), bool))]
    columns = (peak - heat, hour[summit] - hour, last - hour, last + RETURN)
    found = np.empty((4, len(topics)))
    found[:, back] = np.stack(columns)
    return Course(*found)
