"""From ranked slots to prices and to the answer, in kernels: a page costs a few microseconds."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from .auction.batch import Book, Candidates, Goods, Requests, Rules, Scores, Slots
from .auction.pricing import EXPOSURE_ONE
from .auction.rank import Scratch
from .explore import Shown, explore
from .types import DecisionBatch

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]


class Moved(NamedTuple):
    """The m slots that a bid moved: where, whose, and the fields of `pricing.Facts` as rows."""

    where: Ints  # (3, m) request, slot, plan
    facts: Ints  # (6, m)


def moved_slots(slots: Slots, scores: Scores, first: int, last: int) -> Moved:
    """Those of requests first to last - 1."""
    where, facts = room_for_moved((last - first) * slots.candidate.shape[1])
    count = find_moved(slots, scores, first, last, where, facts)
    return Moved(where[:, :count], facts[:, :count])


def room_for_moved(most: int) -> tuple[Ints, Ints]:
    """Where `find_moved` writes: request, slot and plan, (3, m), and facts, (6, m)."""
    return np.empty((3, most), np.int64), np.empty((6, most), np.int64)


@njit(cache=True, nogil=True)
def find_moved(
    slots: Slots, scores: Scores, first: int, last: int, where: Ints, facts: Ints
) -> int:
    """Write where the moved slots are and what their prices are made of; how many there are."""
    count = 0
    for i in range(first, last):
        for k in range(slots.candidate.shape[1]):
            row = slots.candidate[i, k]
            if row < 0 or slots.exposure[i, k] <= slots.exposure_organic[i, k]:
                continue
            where[0, count], where[1, count], where[2, count] = i, k, slots.plan[i, k]
            facts[0, count] = slots.bid[i, k]
            facts[1, count] = scores.organic[row]
            facts[2, count] = slots.exposure[i, k]
            facts[3, count] = slots.exposure_organic[i, k]
            facts[4, count] = slots.payment[i, k]
            facts[5, count] = slots.rival[i, k]
            count += 1
    return count


@njit(cache=True, nogil=True)
def pay(
    where: Ints, bid: Ints, prices: Ints, reserve_micros: int, price_micros: Ints, book: Book
) -> None:
    """Write the prices (m,) to their slots, `where` (3, m), and give back what bids held beyond."""
    for m in range(len(prices)):
        price_micros[where[0, m], where[1, m]] = prices[m]
        plan, back = where[2, m], bid[m] + reserve_micros - prices[m]
        book.remaining_micros[plan] += back
        book.wallet_micros[book.wallet[plan]] += back
        book.pool_micros[book.pool[plan]] += back


def new_page(count: int, slots_max: int) -> tuple[Ints, npt.NDArray[np.bool_], DecisionBatch]:
    """Room for the answers of that many requests: rows shown, where chance chose, and columns."""
    shape = (count, slots_max)
    item, plan = np.empty((2, *shape), np.int32)
    moved, explored = np.empty((2, *shape), np.bool_)
    price_micros, shown = np.empty((2, *shape), np.int64)
    seen, lower, pctr, pcvr, organic, bid, relevance, propensity = np.empty((8, *shape), np.float32)
    out = DecisionBatch(
        item, plan, moved, price_micros, seen, lower, pctr, pcvr, organic, bid, relevance,
        propensity, np.empty(count, np.int32),
    )  # fmt: skip
    return shown, explored, out


@njit(cache=True, nogil=True)
def write_page(  # type: ignore[no-untyped-def]  # the columns of DecisionBatch
    at: int, request: int, key: np.uint64, requests: Requests, candidates: Candidates,
    relevance: Floats, scores: Scores, slots: Slots, price_micros: Ints, goods: Goods,
    rules: Rules, work: Scratch, explore_share: float, shown: Ints,
    explored: npt.NDArray[np.bool_],
    out_item, plan, moved, price, exposure, exposure_organic, pctr, pcvr, organic, bid,
    out_relevance, propensity, count,
) -> None:  # fmt: skip
    """Write what is shown of a ranked request: candidate rows, and row `at` of the answer.

    A slot that chance gave away is free, and nobody's bid moved it.
    """
    one = np.float32(EXPOSURE_ONE)
    begin, end = requests.offsets[request], requests.offsets[request + 1]
    explore(
        at, key, explore_share, begin, candidates.item[begin:end], scores.organic[begin:end],
        scores.bid[begin:end], int(requests.paid[request]), slots.candidate[request], goods, rules,
        work, Shown(shown, propensity, explored),
    )  # fmt: skip
    i, count[at] = request, end - begin
    for k in range(shown.shape[1]):
        row, free = shown[at, k], explored[at, k]
        if row < 0:
            out_item[at, k], plan[at, k], moved[at, k], price[at, k] = -1, -1, False, 0
            exposure[at, k], exposure_organic[at, k], out_relevance[at, k] = 0, 0, 0
            pctr[at, k], pcvr[at, k], organic[at, k], bid[at, k] = 0, 0, 0, 0
            continue
        exposure[at, k] = slots.exposure[i, k] / one
        lower = slots.exposure[i, k] if free else slots.exposure_organic[i, k]
        exposure_organic[at, k] = lower / one
        moved[at, k] = slots.exposure[i, k] > lower
        price[at, k] = 0 if free else price_micros[i, k]
        out_item[at, k] = candidates.item[row]
        plan[at, k] = scores.plan[row] if free else slots.plan[i, k]
        pctr[at, k], pcvr[at, k] = candidates.pctr[row], candidates.pcvr[row]
        organic[at, k], bid[at, k] = scores.organic[row], scores.bid[row]
        out_relevance[at, k] = relevance[row]
