"""Kernels of the lexical index: add up stored impacts, pick the best items of a query."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from adunion.kernel.boxed import Box

Rows = npt.NDArray[np.int32]
Scores = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

POOL_MAX = 600
"""Most items an answer holds."""

_SORTED_MAX = 4 * POOL_MAX  # keys that are sorted sooner than the best of them are picked
_RELEVANCE_MIN = 0.08
_LEAST_SHARE = 0.25  # of the best match: what shares one common word with it is left out
_SCORE_ONE = 2**20  # a score of 1 in a sort key
_BUCKETS = 1_200  # of scores, when the best are picked
_ROWS_END = 2**32
_SCATTER, _GATHER = 2_654_435_761, pow(2_654_435_761, -1, 2**32)


class Postings(NamedTuple):
    """The items of token t and its impact on each are rows `offsets[t]` to `offsets[t + 1]`."""

    offsets: Ints
    rows: Rows  # by token in order
    impacts: Scores
    scores: Scores  # (items,) working memory of one search, all zero before and after


@njit(cache=True, nogil=True)
def add_up(
    offsets: Ints, rows: Rows, impacts: Scores, ids: Ints, weights: Scores, scores: Scores
) -> None:
    """Add the weighed impacts of some tokens to the scores of all items."""
    for i in range(len(ids)):
        weight = weights[i]
        for j in range(offsets[ids[i]], offsets[ids[i] + 1]):
            scores[rows[j]] += weight * impacts[j]


@njit(cache=True, nogil=True)
def holds(postings: Box, ids: Ints, wanted: Rows, out: npt.NDArray[np.bool_]) -> None:
    """Whether each wanted row is in any of the tokens' lists, which are sorted by row."""
    offsets, rows = postings.value.offsets, postings.value.rows
    for token in ids:
        last = offsets[token + 1]
        for k in range(len(wanted)):
            low, high = offsets[token], last
            while low < high:
                middle = (low + high) // 2
                if rows[middle] < wanted[k]:
                    low = middle + 1
                else:
                    high = middle
            if low < last and rows[low] == wanted[k]:
                out[k] = True


@njit(cache=True, nogil=True)
def best_keys(postings: Box, ids: Ints, weights: Scores, scale: float) -> Ints:
    """Fill `scores`; sort keys of the best items, `POOL_MAX` of them and more, in no order.

    A key has the score in its upper half, best first, and the item's row in its lower, scattered so
    that equal scores favour no row.
    """
    its = postings.value
    scores = its.scores
    found = _fill(its.offsets, its.rows, its.impacts, ids, weights, np.float32(scale), scores)
    best = np.float32(0)
    for row in found:
        best = max(best, scores[row])
    least = np.float32(max(_RELEVANCE_MIN, _LEAST_SHARE * float(best)))
    cut, count = _cut(found, scores, least)
    key, kept = np.empty(count, np.int64), 0
    for row in found:
        if scores[row] >= least and _bucket(scores[row]) >= cut:
            scattered = np.int64(row) * _SCATTER % _ROWS_END
            key[kept] = np.int64(scores[row] * np.float32(-_SCORE_ONE)) * _ROWS_END + scattered
            kept += 1
    return np.partition(key, POOL_MAX)[:POOL_MAX] if kept > _SORTED_MAX else key


@njit(cache=True, nogil=True)
def take(postings: Box, ids: Ints, keys: Ints, rows: Rows, out: Scores) -> None:
    """The rows that sorted keys are of, and their relevance; clears `scores`."""
    its = postings.value
    for k in range(len(keys)):
        rows[k] = keys[k] % _ROWS_END * _GATHER % _ROWS_END
        out[k] = min(its.scores[rows[k]], np.float32(1))
    for token in ids:
        for j in range(its.offsets[token], its.offsets[token + 1]):
            its.scores[its.rows[j]] = 0


@njit(cache=True, nogil=True)
def _fill(
    offsets: Ints, rows: Rows, impacts: Scores, ids: Ints, weights: Scores, scale: np.float32,
    scores: Scores,
) -> Rows:  # fmt: skip
    """Fill `scores`; the rows that have one."""
    total = 0
    for token in ids:
        total += offsets[token + 1] - offsets[token]
    touched, count = np.empty(total, np.int32), 0
    for i in range(len(ids)):
        for j in range(offsets[ids[i]], offsets[ids[i] + 1]):
            row = rows[j]
            if scores[row] == 0:
                touched[count] = row
                count += 1
            scores[row] += weights[i] * impacts[j]
    for row in touched[:count]:
        scores[row] *= scale
    return touched[:count]


@njit(cache=True, nogil=True)
def _cut(found: Rows, scores: Scores, least: np.float32) -> tuple[int, int]:
    """The lowest bucket of scores that is wanted, and how many rows it and those above hold."""
    held = np.zeros(_BUCKETS, np.int64)
    for row in found:
        if scores[row] >= least:
            held[_bucket(scores[row])] += 1
    cut, above = _BUCKETS - 1, held[_BUCKETS - 1]
    while cut > 0 and above < POOL_MAX:
        cut -= 1
        above += held[cut]
    return cut, above


@njit(cache=True, nogil=True, inline="always")
def _bucket(score: np.float32) -> int:
    return min(int(score * np.float32(_SCORE_ONE)) >> 10, _BUCKETS - 1)
