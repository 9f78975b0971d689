"""Who gets which slot: greedy by score under caps, from a heap that sorts only what is asked for.

The caps (items of one merchant, variants of one item group) are a laminar matroid, because a group
lies inside one merchant. On a matroid the greedy set of every size k is the best of that size, and
    sum_k theta_k r_(k) = sum_k (theta_k - theta_(k+1)) * (the k best scores together)
has only terms that greedy maximises at once. So the ranking is optimal, not a heuristic, and a VCG
payment computed from it is exact (Edmonds 1971, "Matroids and the greedy algorithm").

A page's ad load is capped too: from the best score down the first `paid` bids count, and the rest
of the page goes by organic worth alone. So at most `paid` slots are moved by bids. A higher bid
never lowers a slot and changes nothing above it, so the least bids that reach each slot are prices
at which bidding one's value is best (Myerson 1981); without the cap they are the VCG payment.

`item` is the candidates of one request, (m,); `merchant` and `group` are the catalog's columns.
Scores are int64 micros per seen impression.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from adunion.kernel.borrowing import borrowing

SCORE_MAX = 1 << 44  # times 10,000 exposure, times 24 slots, still fits 63 bits
SLOTS_MAX = 24
_FIRST = 16  # candidates that are sorted at once; the heap of the others is made if it is needed
_NOTHING, _NO_HEAP = -1, -2  # nothing is sorted yet; only the first are


class Sorted(NamedTuple):
    """Candidates by one score, sorted only as far as was asked."""

    heap: npt.NDArray[np.int32]  # (m_max,) candidates not yet sorted, best on top
    order: npt.NDArray[np.int32]  # (m_max,) the sorted prefix
    sizes: npt.NDArray[np.int64]  # (2,) how many are in heap (or `_NOTHING`, `_NO_HEAP`), in order


class Scratch(NamedTuple):
    """Working memory of one request, reused by the next."""

    score: npt.NDArray[np.int64]  # (m_max,) r = o + b
    by_score: Sorted
    by_organic: Sorted  # made only where a page has as many bids as may count
    chosen: npt.NDArray[np.int32]  # (SLOTS_MAX,) candidate of each slot
    taken_at: npt.NDArray[np.int64]  # (SLOTS_MAX,) its place in the order
    counted: npt.NDArray[np.bool_]  # (SLOTS_MAX,) its bid counts
    other: npt.NDArray[np.int32]  # (SLOTS_MAX,) the ranking with one bid taken away ...
    other_score: npt.NDArray[np.int64]  # ... and what each stands by there
    waiting: npt.NDArray[np.int32]  # (m_max,) the loser and its plan's items that count as unbid


def scratch(candidates_max: int) -> Scratch:
    """Working memory for requests of at most that many candidates."""
    return Scratch(
        np.empty(candidates_max, np.int64),
        _empty(candidates_max),
        _empty(candidates_max),
        np.empty(SLOTS_MAX, np.int32),
        np.empty(SLOTS_MAX, np.int64),
        np.empty(SLOTS_MAX, np.bool_),
        np.empty(SLOTS_MAX, np.int32),
        np.empty(SLOTS_MAX, np.int64),
        np.empty(candidates_max, np.int32),
    )


def _empty(count: int) -> Sorted:
    return Sorted(np.empty(count, np.int32), np.empty(count, np.int32), np.zeros(2, np.int64))


@borrowing(inline="always")
def beats(score_a: int, item_a: int, score_b: int, item_b: int) -> bool:
    """The better score first; equal scores by item row, so that every run ranks alike."""
    return score_a > score_b or (score_a == score_b and item_a < item_b)


@borrowing()
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
            if beats(score[right], item[right], score[best], item[best]):
                best = right
                child += 1
        if not beats(score[best], item[best], moving_score, moving_item):
            break
        heap[at] = best
        at = child
    heap[at] = moving


@borrowing(inline="always")
def _insert(
    order: npt.NDArray[np.int32],
    at: int,
    candidate: int,
    score: npt.NDArray[np.int64],
    item: npt.NDArray[np.int32],
) -> None:
    """Put a candidate among the first `at` of an order; what it beats moves down by one."""
    mine, row = score[candidate], item[candidate]
    while at > 0 and beats(mine, row, score[order[at - 1]], item[order[at - 1]]):
        order[at] = order[at - 1]
        at -= 1
    order[at] = candidate


@borrowing()
def start(into: Sorted, score: npt.NDArray[np.int64], item: npt.NDArray[np.int32]) -> None:
    """Sort the first few of all candidates; most pages need no more."""
    order, size = into.order, 0
    worst = 0
    for row in range(len(item)):
        at = size
        if size < _FIRST:
            size += 1
        elif beats(score[row], item[row], score[worst], item[worst]):
            at -= 1
        else:
            continue
        _insert(order, at, row, score, item)
        worst = order[size - 1]
    into.sizes[0] = _NO_HEAP if len(item) > size else 0
    into.sizes[1] = size


@borrowing()
def _heap_rest(into: Sorted, score: npt.NDArray[np.int64], item: npt.NDArray[np.int32]) -> None:
    """Make the heap of those that are not sorted; of equals the earlier are."""
    count, last = 0, into.order[into.sizes[1] - 1]
    for row in range(len(item)):
        if beats(score[last], item[last], score[row], item[row]) or (
            row > last and score[row] == score[last] and item[row] == item[last]
        ):
            into.heap[count] = row
            count += 1
    for at in range(count // 2 - 1, -1, -1):
        _sift(into.heap, count, at, score, item)
    into.sizes[0] = count


@borrowing(inline="always")
def placed(
    ranked: Sorted, at: int, score: npt.NDArray[np.int64], item: npt.NDArray[np.int32]
) -> int:
    """The candidate at a place of the ranking, -1 past the end."""
    if at < ranked.sizes[1]:
        return int(ranked.order[at])
    return _sort_to(ranked, at, score, item)


@borrowing()
def _sort_to(
    ranked: Sorted, at: int, score: npt.NDArray[np.int64], item: npt.NDArray[np.int32]
) -> int:
    """Sort as far as a place, and what is there, -1 past the end."""
    while ranked.sizes[1] <= at:
        if ranked.sizes[0] == _NO_HEAP:
            _heap_rest(ranked, score, item)
        left = ranked.sizes[0]
        if left == 0:
            return -1
        ranked.order[ranked.sizes[1]] = ranked.heap[0]
        ranked.sizes[1] += 1
        ranked.sizes[0] = left - 1
        ranked.heap[0] = ranked.heap[left - 1]
        if left > 2:
            _sift(ranked.heap, left - 1, 0, score, item)
    return int(ranked.order[at])


@borrowing(inline="always")
def fits(
    candidate: int,
    chosen: npt.NDArray[np.int32],
    filled: int,
    item: npt.NDArray[np.int32],
    merchant: npt.NDArray[np.int32],
    group: npt.NDArray[np.int32],
    merchant_cap: int,
    group_cap: int,
) -> bool:
    """Whether a candidate may stand on a page beside those chosen, under the caps."""
    of_merchant = 0
    of_group = 0
    whose = merchant[item[candidate]]
    for slot in range(filled):
        if merchant[item[chosen[slot]]] == whose:
            of_merchant += 1
            if group[item[chosen[slot]]] == group[item[candidate]]:
                of_group += 1
    return of_merchant < merchant_cap and of_group < group_cap


@borrowing()
def fitting(
    work: Scratch,
    item: npt.NDArray[np.int32],
    merchant: npt.NDArray[np.int32],
    group: npt.NDArray[np.int32],
    slots: int,
    merchant_cap: int,
    group_cap: int,
) -> int:
    """How many of some slots find an item: on a matroid that does not hang on the order."""
    filled = 0
    for candidate in range(len(item)):
        if filled == slots:
            break
        if fits(candidate, work.other, filled, item, merchant, group, merchant_cap, group_cap):
            work.other[filled] = candidate
            filled += 1
    return filled


@borrowing(inline="always")
def fill(
    work: Scratch,
    organic: npt.NDArray[np.int64],
    bid: npt.NDArray[np.int64],
    item: npt.NDArray[np.int32],
    merchant: npt.NDArray[np.int32],
    group: npt.NDArray[np.int32],
    slots: int,
    paid: int,
    merchant_cap: int,
    group_cap: int,
) -> int:
    """Fill `work.chosen` greedily; returns how many slots found an item."""
    for row in range(len(item)):
        work.score[row] = organic[row] + bid[row]
    start(work.by_score, work.score, item)
    work.by_organic.sizes[0] = _NOTHING
    return fill_sorted(
        work, organic, bid, item, merchant, group, slots, paid, merchant_cap, group_cap
    )


@borrowing()
def put(
    into: Sorted, first: int, last: int, score: npt.NDArray[np.int64], item: npt.NDArray[np.int32]
) -> None:
    """Sort candidates `first` to `last` - 1 into those that are sorted; for a few, or nearly so."""
    for candidate in range(first, last):
        _insert(into.order, into.sizes[1], candidate, score, item)
        into.sizes[1] += 1


@borrowing(inline="always")
def fill_sorted(
    work: Scratch,
    organic: npt.NDArray[np.int64],
    bid: npt.NDArray[np.int64],
    item: npt.NDArray[np.int32],
    merchant: npt.NDArray[np.int32],
    group: npt.NDArray[np.int32],
    slots: int,
    paid: int,
    merchant_cap: int,
    group_cap: int,
) -> int:
    """The same where `work.score` and the two orders are made already."""
    filled, bids, at = 0, 0, 0
    for slot in range(slots):
        work.chosen[slot] = -1
    while filled < slots and bids < paid:
        candidate = placed(work.by_score, at, work.score, item)
        if candidate < 0:
            return filled
        if fits(candidate, work.chosen, filled, item, merchant, group, merchant_cap, group_cap):
            work.chosen[filled] = candidate
            work.taken_at[filled] = at
            work.counted[filled] = bid[candidate] > 0
            bids += int(bid[candidate] > 0)
            filled += 1
        at += 1
    bidding = filled
    filled = fill_organic(
        work, work.chosen, filled, organic, item, merchant, group, slots, merchant_cap, group_cap
    )
    for slot in range(bidding, filled):
        work.counted[slot] = False
    return filled


@borrowing()
def fill_organic(
    work: Scratch,
    chosen: npt.NDArray[np.int32],
    filled: int,
    organic: npt.NDArray[np.int64],
    item: npt.NDArray[np.int32],
    merchant: npt.NDArray[np.int32],
    group: npt.NDArray[np.int32],
    slots: int,
    merchant_cap: int,
    group_cap: int,
) -> int:
    """Fill the rest of a page by organic worth; returns how many slots are filled then."""
    if filled < slots and work.by_organic.sizes[0] == _NOTHING:
        start(work.by_organic, organic, item)
    at = 0
    while filled < slots:
        candidate = placed(work.by_organic, at, organic, item)
        if candidate < 0:
            break
        at += 1
        there = False
        for slot in range(filled):
            there = there or chosen[slot] == candidate
        if not there and fits(
            candidate, chosen, filled, item, merchant, group, merchant_cap, group_cap
        ):
            chosen[filled] = candidate
            filled += 1
    return filled
