"""What the queries of a batch find, as lists one after another: no Python for each item."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from .state import LIST_MAX, MERIT_SHARE, RetrievalState
from .types import Floats, Ints, Lists


class Answers(NamedTuple):
    """Of q queries; list i of `found` and `planned` is query i's."""

    found: Lists
    planned: Lists  # the planned ones among them
    category: Ints  # (q, 4) strongest first, -1 none
    share: Floats  # (q, 4) of the strongest


def answer_all(state: RetrievalState, queries: list[str]) -> Answers:
    """What `RetrievalState.answer` says of each query."""
    if len(queries) == 1:
        only = state.answer(queries[0])
        return Answers(
            only.found, only.planned, only.category.reshape(1, -1), only.share.reshape(1, -1)
        )
    matches = [state.match(query) for query in queries]
    offsets = np.zeros(len(matches) + 1, np.int64)
    np.cumsum([len(match.rows) for match in matches], out=offsets[1:])
    rows = np.concatenate([np.zeros(0, np.int32), *(match.rows for match in matches)])
    scores = np.concatenate([np.zeros(0, np.float32), *(match.scores for match in matches)])
    keys = _keys(offsets, rows, scores, state.merit)
    for first, last in zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True):
        keys[first:last].sort()  # numpy's is many times faster than numba's
    found, planned = _pick(offsets, keys, rows, scores, state.is_planned)
    return Answers(
        Lists(*found),
        Lists(*planned),
        np.array([match.category for match in matches], np.int32).reshape(-1, 4),
        np.array([match.share for match in matches], np.float32).reshape(-1, 4),
    )


@njit(cache=True, nogil=True)
def _keys(
    offsets: npt.NDArray[np.int64], rows: Ints, scores: Floats, merit: Floats
) -> npt.NDArray[np.int64]:
    """Numbers that sort each query's matches best first, equal ones as they come."""
    value = np.empty(len(rows), np.float32)
    for k in range(len(rows)):
        value[k] = -(scores[k] + np.float32(MERIT_SHARE) * scores[k] * merit[rows[k]])
    bits = value.view(np.int32)
    keys = np.empty(len(rows), np.int64)
    for query in range(len(offsets) - 1):
        for k in range(offsets[query], offsets[query + 1]):
            # the bits of a float sort as an integer does, once those of negative ones are turned
            word = np.int64(bits[k]) if bits[k] >= 0 else np.int64(bits[k] ^ np.int32(0x7FFFFFFF))
            keys[k] = (word << 32) + k - offsets[query]
    return keys


@njit(cache=True, nogil=True)
def _pick(
    offsets: npt.NDArray[np.int64],
    keys: npt.NDArray[np.int64],
    rows: Ints,
    scores: Floats,
    is_planned: npt.NDArray[np.bool_],
) -> tuple[
    tuple[npt.NDArray[np.int64], Ints, Floats], tuple[npt.NDArray[np.int64], Ints, Floats]
]:
    """The first `LIST_MAX` matches of each query in order, and the first planned ones."""
    count = len(offsets) - 1
    ends, paid_ends = np.zeros(count + 1, np.int64), np.zeros(count + 1, np.int64)
    item, score = np.empty(len(rows), np.int32), np.empty(len(rows), np.float32)
    paid, paid_score = np.empty(len(rows), np.int32), np.empty(len(rows), np.float32)
    at, paid_at = 0, 0
    for query in range(count):
        first = offsets[query]
        for k in range(first, offsets[query + 1]):
            row = first + (keys[k] & 0xFFFFFFFF)
            if k - first < LIST_MAX:
                item[at], score[at] = rows[row], scores[row]
                at += 1
            if is_planned[rows[row]] and paid_at - paid_ends[query] < LIST_MAX:
                paid[paid_at], paid_score[paid_at] = rows[row], scores[row]
                paid_at += 1
        ends[query + 1], paid_ends[query + 1] = at, paid_at
    return (ends, item[:at], score[:at]), (paid_ends, paid[:paid_at], paid_score[:paid_at])
