"""Looking up a topic's row at another hour, and running figures of a topic's past."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .types import Bools, Floats, Ints, Topics

NEAREST = 2
"""A missing hour is read as the last one before it, at most so many hours earlier."""


@dataclass(frozen=True)
class Index:
    """The rows of `topics` ordered by topic and hour."""

    topics: Topics
    order: Ints
    """(n,) rows by topic, then hour."""
    key: Ints
    """(n,) ascending: topic and hour in one number."""
    span: int

    def rows(self, hours: Ints) -> Ints:
        """(n,) the row of each row's topic at another hour; -1 where it is not listed then."""
        wanted = self.topics.topic * self.span + (hours - self.topics.hour[0] + self.span // 2)
        at = np.minimum(np.searchsorted(self.key, wanted), len(self.key) - 1)
        return np.where(self.key[at] == wanted, self.order[at], -1)

    def known(self, hours: Ints) -> Bools:
        """Whether the file has the list of these hours."""
        all_ = self.topics.hours
        at = np.minimum(np.searchsorted(all_, hours), len(all_) - 1)
        return np.asarray(all_[at] == hours)

    def before(self, hours: Ints) -> Ints:
        """Each hour, or the last one the file has up to `NEAREST` hours before it, or itself."""
        all_ = self.topics.hours
        at = np.maximum(np.searchsorted(all_, hours, side="right") - 1, 0)
        return np.where((all_[at] <= hours) & (all_[at] >= hours - NEAREST), all_[at], hours)


def index(topics: Topics) -> Index:
    """Order the rows for look-ups."""
    order = np.lexsort((topics.hour, topics.topic))
    first = int(topics.hour[0]) if len(topics) else 0
    last = int(topics.hour[-1]) if len(topics) else 0
    span = 2 * (last - first + 1_000)
    key = topics.topic[order] * span + (topics.hour[order] - first + span // 2)
    return Index(topics, order, key, span)


def running_max(group: Ints, values: Floats) -> Floats:
    """Largest value so far within each group; groups ascending, one after the other. Exact."""
    distinct, code = np.unique(values, return_inverse=True)
    lift = group * len(distinct)
    return np.asarray(distinct[np.maximum.accumulate(code + lift) - lift])


def running_sum(group: Ints, values: Floats) -> Floats:
    """Sum so far within each group, itself included; groups ascending."""
    total = np.cumsum(values)
    starts = np.flatnonzero(np.append(np.ones(len(group[:1]), bool), group[1:] != group[:-1]))
    before = np.repeat(total[starts] - values[starts], np.diff(np.append(starts, len(group))))
    return np.asarray(total - before)


def latest(group: Ints, marks: Bools) -> Ints:
    """(n,) index of the last marked row so far in the group; the first row of each is marked."""
    head = np.append(True, group[1:] != group[:-1])
    found = np.where(marks | head, np.arange(len(group)), 0)
    return np.maximum.accumulate(found)
