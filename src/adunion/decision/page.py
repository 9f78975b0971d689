"""From ranked slots to prices and to the answer, in kernels: a page costs a few microseconds."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from adunion.kernel.borrowing import borrowing

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


@borrowing()
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


@borrowing()
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


class Pages(NamedTuple):
    """Answers, (n, K): candidate rows shown, where chance chose, then as in `DecisionBatch`."""

    shown: Ints
    explored: npt.NDArray[np.bool_]
    item: npt.NDArray[np.int32]
    plan: npt.NDArray[np.int32]
    moved: npt.NDArray[np.bool_]
    price_micros: Ints
    exposure: Floats
    exposure_organic: Floats
    pctr: Floats
    pcvr: Floats
    organic: Floats
    bid: Floats
    relevance: Floats
    propensity: Floats
    candidates: npt.NDArray[np.int32]  # (n,)


def new_pages(count: int, slots_max: int) -> Pages:
    """Room for the answers of that many requests."""
    shape = (count, slots_max)
    columns = [np.empty(shape, dtype) for dtype in ("i8", "?", "i4", "i4", "?", "i8", *["f4"] * 8)]
    return Pages._make([*columns, np.empty(count, np.int32)])


def answers(pages: Pages, first: int, last: int) -> DecisionBatch:
    """The answers to requests first to last - 1, as views."""
    return DecisionBatch._make([column[first:last] for column in pages[2:]])


@borrowing()
def write_page(
    i: int, key: np.uint64, requests: Requests, candidates: Candidates, relevance: Floats,
    scores: Scores, slots: Slots, price_micros: Ints, goods: Goods, rules: Rules, work: Scratch,
    explore_share: float, out: Pages,
) -> None:  # fmt: skip
    """Write what is shown of request i, which was ranked.

    A slot that chance gave away is free, and nobody's bid moved it.
    """
    one = np.float32(EXPOSURE_ONE)
    begin, end = requests.offsets[i], requests.offsets[i + 1]
    explore(
        i, key, explore_share, begin, candidates.item[begin:end], scores.organic[begin:end],
        scores.bid[begin:end], int(requests.paid[i]), slots.candidate[i], goods, rules,
        work, Shown(out.shown, out.propensity, out.explored),
    )  # fmt: skip
    out.candidates[i] = end - begin
    for k in range(out.shown.shape[1]):
        row, free = out.shown[i, k], out.explored[i, k]
        if row < 0:
            out.item[i, k], out.plan[i, k], out.moved[i, k] = -1, -1, False
            out.price_micros[i, k], out.exposure[i, k], out.exposure_organic[i, k] = 0, 0, 0
            out.pctr[i, k], out.pcvr[i, k], out.relevance[i, k] = 0, 0, 0
            out.organic[i, k], out.bid[i, k] = 0, 0
            continue
        out.exposure[i, k] = slots.exposure[i, k] / one
        lower = slots.exposure[i, k] if free else slots.exposure_organic[i, k]
        out.exposure_organic[i, k] = lower / one
        out.moved[i, k] = slots.exposure[i, k] > lower
        out.price_micros[i, k] = 0 if free else price_micros[i, k]
        out.item[i, k] = candidates.item[row]
        out.plan[i, k] = scores.plan[row] if free else slots.plan[i, k]
        out.pctr[i, k], out.pcvr[i, k] = candidates.pctr[row], candidates.pcvr[row]
        out.organic[i, k], out.bid[i, k] = scores.organic[row], scores.bid[row]
        out.relevance[i, k] = relevance[row]
