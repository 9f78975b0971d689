"""What topics of similar words did before, known by the day a topic came up.

A title becomes hashed n-grams of one to three characters. Once a day the outcomes of all topics
that came up at least `SETTLED` days earlier are added to their n-grams: nothing is of the future.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from .index import Index
from .past import spells
from .types import DAY, TOP, Floats, Ints, Texts

BITS = 18
SETTLED = 3
PRIOR = 4.0
HALF_LIFE = 14
"""Days in which the lately-lists forget half."""


def ngrams(titles: Texts, category: Texts) -> tuple[Ints, Ints]:
    """Hashes of every title's n-grams and its category: (tokens,) and (m + 1,) offsets."""
    text = np.array([f"^{title[:40]}$" for title in titles], dtype=np.str_)
    if not len(text):
        return np.zeros(0, np.int64), np.zeros(1, np.int64)
    codes = text.view(np.uint32).reshape(len(text), -1).astype(np.uint64)
    parts, held = [], []
    for size in (1, 2, 3):
        mixed = np.full((codes.shape[0], codes.shape[1] - size + 1), size, np.uint64)
        real = np.ones(mixed.shape, bool)
        for k in range(size):
            part = codes[:, k : codes.shape[1] - size + 1 + k]
            mixed = (mixed ^ part) * np.uint64(0x9E3779B97F4A7C15)
            mixed ^= mixed >> np.uint64(29)
            real &= part > 0
        parts.append(mixed)
        held.append(real)
    kinds = np.array([hash_(str(name)) for name in category], np.uint64)[:, None]
    grams, real = np.hstack([*parts, kinds]), np.hstack([*held, np.ones_like(kinds, bool)])
    flat = (grams[real] >> np.uint64(64 - BITS)).astype(np.int64)
    return flat, np.append(0, np.cumsum(real.sum(axis=1)))


def hash_(text: str) -> int:
    """A stable 64-bit hash of a short text (FNV-1a)."""
    found = 0xCBF29CE484222325
    for byte in text.encode():
        found = ((found ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return found


def words(index: Index) -> dict[str, Floats]:
    """Features of each row in the order of the index, the same for all rows of a spell."""
    topics, order = index.topics, index.order
    spell = spells(index)
    start = np.flatnonzero(np.append(True, spell[1:] != spell[:-1])) if len(order) else order
    hour, pos = topics.hour[order], topics.pos[order]
    begun = np.repeat(start, np.diff(np.append(start, len(order))))
    soon = hour - hour[begun] <= 2 * DAY
    life = np.log(np.maximum(np.bincount(spell, soon), 1))
    top = np.bincount(spell, soon & (pos < TOP)) > 0
    below = pos[start] >= TOP
    titles = topics.titles[topics.topic[order[start]]]
    grams, offsets = ngrams(titles, topics.category[order[start]])
    seen = _Seen(np.stack([np.ones(len(start)), life, below, top & below], axis=1), grams, offsets)
    found = seen.run(hour[start] // DAY)
    names = [f"words_{name}" for name in seen.names]
    return {name: found[spell, k] for k, name in enumerate(names)}


class _Seen:
    """Sums by n-gram of the spells so far: all time, and lately."""

    names = (
        "life", "life_sure", "life_most", "life_lately", "enter", "enter_sure", "enter_most",
        "enter_lately", "news", "lately",
    )  # fmt: skip

    def __init__(self, outcomes: Floats, grams: Ints, offsets: Ints) -> None:
        self.outcomes, self.grams, self.offsets = outcomes, grams, offsets
        self.all = np.zeros((1 << BITS, outcomes.shape[1]))
        self.late = np.zeros((1 << BITS, outcomes.shape[1]))
        self.total = np.zeros(outcomes.shape[1])

    def run(self, day: Ints) -> Floats:
        """(spells, features), each by what was settled the day the spell began."""
        found = np.full((len(day), len(self.names)), np.nan)
        order = np.argsort(day, kind="stable")
        first = int(day.min()) if len(day) else 0
        days = int(day.max(initial=first - 1)) + 1 - first
        ends = np.searchsorted(day[order], np.arange(first, first + days + 1))
        of_day = [order[low:high] for low, high in pairwise(ends)]
        for today, fresh in enumerate(of_day):
            old = today - SETTLED
            if old >= 0:
                self._add(of_day[old], old)
            if len(fresh) and self.total[0]:
                found[fresh] = self._features(fresh, old)
        return found

    def _tokens(self, rows: Ints) -> tuple[Ints, Ints]:
        size = np.diff(self.offsets)[rows]
        owner = np.repeat(np.arange(len(rows)), size)
        at = np.arange(len(owner)) - np.repeat(np.cumsum(size) - size, size)
        return self.grams[self.offsets[rows][owner] + at], owner

    def _add(self, rows: Ints, age: int) -> None:
        grams, owner = self._tokens(rows)
        weight = 2.0 ** (age / HALF_LIFE)
        held, at = np.unique(grams, return_inverse=True)
        self.total += self.outcomes[rows[owner]].sum(axis=0)
        for k in range(self.outcomes.shape[1]):
            sums = np.bincount(at, self.outcomes[rows, k][owner], len(held))
            self.all[held, k] += sums
            self.late[held, k] += sums * weight

    def _features(self, rows: Ints, age: int) -> Floats:
        grams, owner = self._tokens(rows)
        total = self.total
        usual = np.array([total[1] / total[0], total[3] / max(total[2], 1.0)])
        known, late = self.all[grams], self.late[grams] / 2.0 ** (age / HALF_LIFE)
        size = np.bincount(owner, minlength=len(rows))
        starts = np.cumsum(size) - size
        columns = []
        for k in (0, 1):
            count, extra = known[:, 2 * k], known[:, 2 * k + 1] - known[:, 2 * k] * usual[k]
            lift = extra / (count + PRIOR)
            columns += [np.bincount(owner, lift) / size]
            columns += [np.bincount(owner, extra / np.sqrt(count + PRIOR)) / size]
            columns += [np.maximum.reduceat(lift, starts)]
            now = late[:, 2 * k + 1] - late[:, 2 * k] * usual[k]
            columns += [np.bincount(owner, now / (late[:, 2 * k] + PRIOR)) / size]
        columns += [np.bincount(owner, known[:, 0] == 0) / size]
        columns += [np.bincount(owner, np.log1p(late[:, 0])) / size]
        return np.stack(columns, axis=1)
