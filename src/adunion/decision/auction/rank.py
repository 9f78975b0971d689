"""Who gets which slot: greedy by score under caps, from a heap that sorts only what is asked for.

The caps (items of one merchant, variants of one item group) are a laminar matroid, because a group
lies inside one merchant. On a matroid the greedy set of every size k is the best of that size, and
    sum_k theta_k r_(k) = sum_k (theta_k - theta_(k+1)) * (the k best scores together)
has only terms that greedy maximises at once. So the ranking is optimal, not a heuristic, and a VCG
payment computed from it is exact (Edmonds 1971, "Matroids and the greedy algorithm").

`item` is the candidates of one request, (m,); `merchant` and `group` are the catalog's columns.
Scores are int64 micros per seen impression.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

SCORE_MAX = 1 << 44  # times 10,000 exposure, times 24 slots, still fits 63 bits
SLOTS_MAX = 24


class Scratch(NamedTuple):
    """Working memory of one request, reused by the next."""

    score: npt.NDArray[np.int64]  # (m_max,) r = o + b
    heap: npt.NDArray[np.int32]  # (m_max,) candidates not yet sorted, best on top
    order: npt.NDArray[np.int32]  # (m_max,) the sorted prefix
    sizes: npt.NDArray[np.int64]  # (2,) how many are in heap, in order
    chosen: npt.NDArray[np.int32]  # (SLOTS_MAX,) candidate of each slot
    taken_at: npt.NDArray[np.int64]  # (SLOTS_MAX,) its place in order
    other: npt.NDArray[np.int32]  # (SLOTS_MAX,) the ranking with one bid taken away


def scratch(candidates_max: int) -> Scratch:
    """Working memory for requests of at most that many candidates."""
    return Scratch(
        np.empty(candidates_max, np.int64),
        np.empty(candidates_max, np.int32),
        np.empty(candidates_max, np.int32),
        np.zeros(2, np.int64),
        np.empty(SLOTS_MAX, np.int32),
        np.empty(SLOTS_MAX, np.int64),
        np.empty(SLOTS_MAX, np.int32),
    )


@njit(cache=True, nogil=True, inline="always")
def _beats(score_a: int, item_a: int, score_b: int, item_b: int) -> bool:
    """The better score first; equal scores by item row, so that every run ranks alike."""
    return score_a > score_b or (score_a == score_b and item_a < item_b)


@njit(cache=True, nogil=True)
def _sift(
    heap: npt.NDArray[np.int32],
    size: int,
    at: int,
    score: npt.NDArray[np.int64],
    item: npt.NDArray[np.int32],
) -> None:
    moving = heap[at]
    moving_score, moving_item = score[moving], item[moving]
    while True:
        child = 2 * at + 1
        if child >= size:
            break
        best = heap[child]
        if child + 1 < size:
            right = heap[child + 1]
            if _beats(score[right], item[right], score[best], item[best]):
                best = right
                child += 1
        if not _beats(score[best], item[best], moving_score, moving_item):
            break
        heap[at] = best
        at = child
    heap[at] = moving


@njit(cache=True, nogil=True)
def start(work: Scratch, item: npt.NDArray[np.int32]) -> None:
    """Make the heap of all candidates whose `work.score` is set; nothing is sorted yet."""
    count = len(item)
    for row in range(count):
        work.heap[row] = row
    for at in range(count // 2 - 1, -1, -1):
        _sift(work.heap, count, at, work.score, item)
    work.sizes[0] = count
    work.sizes[1] = 0


@njit(cache=True, nogil=True)
def _sorted(work: Scratch, at: int, item: npt.NDArray[np.int32]) -> int:
    """The candidate at a place of the ranking, -1 past the end."""
    while work.sizes[1] <= at:
        left = work.sizes[0]
        if left == 0:
            return -1
        work.order[work.sizes[1]] = work.heap[0]
        work.sizes[1] += 1
        work.sizes[0] = left - 1
        work.heap[0] = work.heap[left - 1]
        if left > 2:
            _sift(work.heap, left - 1, 0, work.score, item)
    return int(work.order[at])


@njit(cache=True, nogil=True)
def _fits(
    candidate: int,
    chosen: npt.NDArray[np.int32],
    filled: int,
    item: npt.NDArray[np.int32],
    merchant: npt.NDArray[np.int32],
    group: npt.NDArray[np.int32],
    merchant_cap: int,
    group_cap: int,
) -> bool:
    of_merchant = 0
    of_group = 0
    for slot in range(filled):
        if merchant[item[chosen[slot]]] == merchant[item[candidate]]:
            of_merchant += 1
            if group[item[chosen[slot]]] == group[item[candidate]]:
                of_group += 1
    return of_merchant < merchant_cap and of_group < group_cap


@njit(cache=True, nogil=True)
def fill(
    work: Scratch,
    item: npt.NDArray[np.int32],
    merchant: npt.NDArray[np.int32],
    group: npt.NDArray[np.int32],
    slots: int,
    merchant_cap: int,
    group_cap: int,
) -> int:
    """Fill `work.chosen` greedily; returns how many slots found an item."""
    filled = 0
    at = 0
    while filled < slots:
        candidate = _sorted(work, at, item)
        if candidate < 0:
            break
        if _fits(candidate, work.chosen, filled, item, merchant, group, merchant_cap, group_cap):
            work.chosen[filled] = candidate
            work.taken_at[filled] = at
            filled += 1
        at += 1
    return filled


@njit(cache=True, nogil=True)
def fill_without(
    work: Scratch,
    slot: int,
    organic: int,
    item: npt.NDArray[np.int32],
    merchant: npt.NDArray[np.int32],
    group: npt.NDArray[np.int32],
    slots: int,
    merchant_cap: int,
    group_cap: int,
) -> tuple[int, int]:
    """Rank again as if the item in `slot` had not bid, into `work.other`.

    What stands before it stays as it is, so the walk goes on from there. Returns how many slots
    are filled and the slot the item then has (`slots` if none).
    """
    loser = work.chosen[slot]
    for before in range(slot):
        work.other[before] = work.chosen[before]
    filled = slot
    at = work.taken_at[slot] + 1
    loser_slot = slots
    waiting = True
    while filled < slots:
        candidate = _sorted(work, at, item)
        if waiting and (
            candidate < 0 or _beats(organic, item[loser], work.score[candidate], item[candidate])
        ):
            waiting = False
            if _fits(loser, work.other, filled, item, merchant, group, merchant_cap, group_cap):
                work.other[filled] = loser
                loser_slot = filled
                filled += 1
            continue
        if candidate < 0:
            break
        if _fits(candidate, work.other, filled, item, merchant, group, merchant_cap, group_cap):
            work.other[filled] = candidate
            filled += 1
        at += 1
    return filled, loser_slot
