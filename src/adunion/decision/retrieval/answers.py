"""What queries find, the best first: of one or of a batch, with no Python for each item."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from .types import Floats, Ints, Lists

CATEGORIES = 4
_LIST_MAX = 300
_MERIT_SHARE = 0.35  # how far merit moves an item among those of like relevance


class Match(NamedTuple):
    """What a query finds before merit and plans have their say; as lasting as the index."""

    rows: Ints
    scores: Floats
    category: Ints  # (4,) strongest first, -1 none
    share: Floats  # (4,)
    beside: np.float32  # most that a need counts for beside it: 1, or less than the thing named


class Answers(NamedTuple):
    """What q queries find; list i of `found` and of `planned` is query i's."""

    found: Lists
    planned: Lists  # the planned ones among them
    sizes: npt.NDArray[np.int64]  # (q,) how many are found
    category: Ints  # (q, 4) strongest first, -1 none
    share: Floats  # (q, 4) of the strongest


def ranked(matches: Sequence[Match], merit: Floats, is_planned: npt.NDArray[np.bool_]) -> Answers:
    """The best of each match with merit counted, and the best planned ones among them."""
    if not matches:
        return _NOTHING
    offsets = np.zeros(len(matches) + 1, np.int64)
    if len(matches) == 1:  # the live server's case, one request at a time
        rows, scores = matches[0].rows, matches[0].scores
        offsets[1] = len(rows)
    else:
        np.cumsum([len(match.rows) for match in matches], out=offsets[1:])
        rows = np.concatenate([match.rows for match in matches])
        scores = np.concatenate([match.scores for match in matches])
    keys = np.empty(len(rows), np.int64)
    _order(offsets, rows, scores, merit, keys)
    for first, last in pairwise(offsets.tolist()):
        keys[first:last].sort()  # numpy's is many times faster than numba's
    found, planned = _room(offsets), _room(offsets)
    _pick(
        offsets, keys, rows, scores, is_planned, found.offsets, found.item, found.score,
        planned.offsets, planned.item, planned.score,
    )  # fmt: skip
    if len(matches) == 1:
        category, share = matches[0].category.reshape(1, -1), matches[0].share.reshape(1, -1)
        return Answers(found, planned, found.offsets[1:], category, share)
    return Answers(
        found,
        planned,
        np.diff(found.offsets),
        np.array([match.category for match in matches], np.int32).reshape(-1, CATEGORIES),
        np.array([match.share for match in matches], np.float32).reshape(-1, CATEGORIES),
    )


def _room(offsets: npt.NDArray[np.int64]) -> Lists:
    """Room for the first of so many matches."""
    if len(offsets) == 2:
        most = min(int(offsets[1]), _LIST_MAX)
    else:
        most = int(np.minimum(np.diff(offsets), _LIST_MAX).sum())
    ends = np.empty(len(offsets), np.int64)
    return Lists(ends, np.empty(most, np.int32), np.empty(most, np.float32))


_EMPTY = Lists(np.zeros(1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float32))
_NOTHING = Answers(
    _EMPTY, _EMPTY, np.zeros(0, np.int64), np.zeros((0, CATEGORIES), np.int32),
    np.zeros((0, CATEGORIES), np.float32),
)  # fmt: skip


@njit(cache=True, nogil=True)
def _order(
    offsets: npt.NDArray[np.int64], rows: Ints, scores: Floats, merit: Floats,
    keys: npt.NDArray[np.int64],
) -> None:  # fmt: skip
    """Numbers that sort each query's matches by score and merit, equal ones as they come."""
    value = np.empty(len(rows), np.float32)
    for k in range(len(rows)):
        value[k] = -(scores[k] + np.float32(_MERIT_SHARE) * scores[k] * merit[rows[k]])
    bits = value.view(np.int32)
    for query in range(len(offsets) - 1):
        for k in range(offsets[query], offsets[query + 1]):
            # the bits of a float sort as an integer does, once those of negative ones are turned
            word = np.int64(bits[k]) if bits[k] >= 0 else np.int64(bits[k] ^ np.int32(0x7FFFFFFF))
            keys[k] = (word << 32) + k - offsets[query]


@njit(cache=True, nogil=True)
def _pick(
    offsets: npt.NDArray[np.int64], keys: npt.NDArray[np.int64], rows: Ints, scores: Floats,
    is_planned: npt.NDArray[np.bool_], ends: npt.NDArray[np.int64], item: Ints, score: Floats,
    paid_ends: npt.NDArray[np.int64], paid: Ints, paid_score: Floats,
) -> None:  # fmt: skip
    """Write the first matches of each query in order, and the first planned ones, as lists."""
    at, paid_at = 0, 0
    ends[0], paid_ends[0] = 0, 0
    for query in range(len(offsets) - 1):
        first = offsets[query]
        for k in range(first, offsets[query + 1]):
            row = first + (keys[k] & 0xFFFFFFFF)
            if k - first < _LIST_MAX:
                item[at], score[at] = rows[row], scores[row]
                at += 1
            if is_planned[rows[row]] and paid_at - paid_ends[query] < _LIST_MAX:
                paid[paid_at], paid_score[paid_at] = rows[row], scores[row]
                paid_at += 1
        ends[query + 1], paid_ends[query + 1] = at, paid_at
