"""Which items say which words, in which field and how strongly: inverted lists in flat arrays.

Each entry holds, for every field, the saturation tf (k + 1) / (tf + k (1 - b + b length / mean))
divided by k + 1: BM25 (Robertson and Walker, SIGIR 1994) without its idf, 0..1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from .types import FIELDS, Floats, Ints, Longs

Forward = tuple[Ints, Ints, Ints, Ints]
"""The token ids of an item, field by field."""

_K = (1.2, 1.2, 1.2, 1.2)
_B = (0.75, 0.0, 0.75, 0.75)


class Plan(NamedTuple):
    """A query in numbers: C concepts and A alternatives."""

    token: Ints  # (C,) row in the vocabulary, -1 unknown
    weight: Floats  # (C,) share of the query's meaning, sums to 1
    first: Ints  # (A,) concepts an alternative stands for
    last: Ints  # (A,)
    worth: Floats  # (A,)
    offsets: Ints  # (A + 1,) of its tokens
    tokens: Ints


@dataclass(frozen=True)
class Postings:
    """The inverted lists; a token's entries are sorted by item."""

    offsets: Longs  # (tokens + 1,)
    rows: Ints
    strength: Floats  # (entries, fields)
    idf: Floats  # (tokens,)
    items: int

    @classmethod
    def build(cls, forward: Sequence[Forward], vocabulary: int) -> Postings:
        """From the token ids of each item."""
        items = len(forward)
        codes, lengths = [], np.zeros((items, len(FIELDS)))
        for field in range(len(FIELDS)):
            sizes = np.array([len(item[field]) for item in forward], np.int64)
            lengths[:, field] = sizes
            ids = np.concatenate([np.zeros(0, np.int32), *(item[field] for item in forward)])
            row = np.repeat(np.arange(items), sizes)
            codes.append(ids.astype(np.int64) * max(items, 1) + row)
        code, place = np.unique(np.concatenate(codes), return_inverse=True)
        token, row = np.divmod(code, max(items, 1))
        strength = np.zeros((len(code), len(FIELDS)), np.float32)
        start = 0
        for field, (k, b) in enumerate(zip(_K, _B, strict=True)):
            here = place[start : start + len(codes[field])]
            start += len(codes[field])
            tf = np.bincount(here, minlength=len(code))
            filled = lengths[lengths[:, field] > 0, field]
            relative = lengths[row, field] / max(filled.mean() if len(filled) else 1, 1)
            strength[:, field] = tf / (tf + k * (1 - b + b * relative))
        frequency = np.bincount(token, minlength=vocabulary)
        idf = np.log1p((items - frequency + 0.5) / (frequency + 0.5))
        return cls(
            np.concatenate(([0], np.cumsum(frequency))).astype(np.int64),
            row.astype(np.int32), strength, idf.astype(np.float32), items,
        )  # fmt: skip

    def frequency(self, token: int) -> int:
        """Items that say a token."""
        return int(self.offsets[token + 1] - self.offsets[token])

    def first_pass(self, plan: Plan) -> tuple[Floats, Floats]:
        """Of each item: how strongly it says the query (its best field counts), how much of it.

        Two arrays (items,), both 0..1.
        """
        score, cover = np.zeros(self.items, np.float32), np.zeros(self.items, np.float32)
        _first_pass(self.offsets, self.rows, self.strength, plan, score, cover)
        return score, cover

    def detail(self, plan: Plan, rows: Ints) -> tuple[Floats, Floats]:
        """How strongly each of some items says each concept in each field, (k, C, fields), 0..1.

        And (k, C) how far it says it at all: 1 with its own word, less with another.
        """
        out = np.zeros((len(rows), len(plan.token), len(FIELDS)), np.float32)
        told = np.zeros((len(rows), len(plan.token)), np.float32)
        _detail(self.offsets, self.rows, self.strength, plan, rows, out, told)
        return out, told


@njit(cache=True, nogil=True)
def _best(strength: Floats) -> Any:
    """Of its best field; label and attributes count half: many items have the same."""
    half = np.float32(0.5)
    return max(max(strength[0], strength[2]), half * max(strength[1], strength[3]))


@njit(cache=True, nogil=True)
def _first_pass(
    offsets: Longs, rows: Ints, strength: Floats, plan: Plan, score: Floats, cover: Floats
) -> None:
    items, concepts = len(score), len(plan.token)
    said = np.zeros((concepts, items), np.float32)
    told = np.zeros((concepts, items), np.float32)
    for c in range(concepts):
        token = plan.token[c]
        if token >= 0:
            for at in range(offsets[token], offsets[token + 1]):
                said[c, rows[at]] = _best(strength[at])
                told[c, rows[at]] = 1
    sums, counts = np.zeros(items, np.float32), np.zeros(items, np.int16)
    for a in range(len(plan.first)):
        _put_alternative(offsets, rows, strength, plan, a, sums, counts, said, told)
    for c in range(concepts):
        for row in range(items):
            if said[c, row] > 0:
                score[row] += plan.weight[c] * said[c, row]
                cover[row] += plan.weight[c] * told[c, row]


@njit(cache=True, nogil=True)
def _put_alternative(
    offsets: Longs, rows: Ints, strength: Floats, plan: Plan, a: int, sums: Floats,
    counts: npt.NDArray[np.int16], said: Floats, told: Floats,
) -> None:  # fmt: skip
    """Give items that say all words of an alternative what it is worth; `sums` stay zeros."""
    words = plan.tokens[plan.offsets[a] : plan.offsets[a + 1]]
    for token in words:
        for at in range(offsets[token], offsets[token + 1]):
            sums[rows[at]] += _best(strength[at])
            counts[rows[at]] += 1
    for token in words:
        for at in range(offsets[token], offsets[token + 1]):
            row = rows[at]
            if counts[row] == len(words):
                value = plan.worth[a] * sums[row] / len(words)
                for c in range(plan.first[a], plan.last[a] + 1):
                    said[c, row] = max(said[c, row], value)
                    told[c, row] = max(told[c, row], plan.worth[a])
            sums[row], counts[row] = 0, 0


@njit(cache=True, nogil=True)
def _entry(offsets: Longs, rows: Ints, token: int, row: int) -> Any:
    """Where an item stands in a token's list, -1 where it does not."""
    low, last = offsets[token], offsets[token + 1]
    high = last
    while low < high:
        middle = (low + high) // 2
        if rows[middle] < row:
            low = middle + 1
        else:
            high = middle
    return low if low < last and rows[low] == row else -1


@njit(cache=True, nogil=True)
def _detail(
    offsets: Longs, rows: Ints, strength: Floats, plan: Plan, wanted: Ints, out: Floats,
    told: Floats,
) -> None:  # fmt: skip
    for k in range(len(wanted)):
        for c in range(len(plan.token)):
            token = plan.token[c]
            at = _entry(offsets, rows, token, wanted[k]) if token >= 0 else -1
            if at >= 0:
                out[k, c] = strength[at]
                told[k, c] = 1
        for a in range(len(plan.first)):
            _detail_alternative(offsets, rows, strength, plan, a, wanted[k], out[k], told[k])


@njit(cache=True, nogil=True)
def _detail_alternative(
    offsets: Longs, rows: Ints, strength: Floats, plan: Plan, a: int, row: int, out: Floats,
    told: Floats,
) -> None:  # fmt: skip
    words = plan.tokens[plan.offsets[a] : plan.offsets[a + 1]]
    held = np.zeros(strength.shape[1], np.float32)
    for token in words:
        at = _entry(offsets, rows, token, row)
        if at < 0:
            return
        held += strength[at]
    worth = plan.worth[a]
    held *= worth / np.float32(len(words))
    for c in range(plan.first[a], plan.last[a] + 1):
        out[c] = np.maximum(out[c], held)
        told[c] = max(told[c], worth)
