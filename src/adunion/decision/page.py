"""From ranked slots to prices and to the answer, in kernels: a page costs a few microseconds."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from .auction.batch import Goods, Rules, Scores, Slots
from .auction.pricing import EXPOSURE_ONE
from .auction.rank import Scratch
from .explore import Shown, explore
from .types import CandidateBatch, DecisionBatch, RequestBatch

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]


class Moved(NamedTuple):
    """The m slots that a bid moved: where, whose, and the fields of `pricing.Facts` as rows."""

    request: Ints  # (m,)
    slot: Ints
    plan: Ints
    facts: Ints  # (6, m)


def moved_slots(slots: Slots, scores: Scores, first: int, last: int) -> Moved:
    """Those of requests first to last - 1."""
    most = (last - first) * slots.candidate.shape[1]
    where, facts = np.empty((3, most), np.int64), np.empty((6, most), np.int64)
    count = _moved(tuple(slots), tuple(scores), first, last, where, facts)
    where, facts = where[:, :count], facts[:, :count]
    return Moved(where[0], where[1], where[2], facts)


@njit(cache=True, nogil=True)
def _moved(  # type: ignore[no-untyped-def]  # plain tuples of the columns
    slots_plain, scores_plain, first, last, where, facts
) -> int:
    slots, scores = Slots(*slots_plain), Scores(*scores_plain)
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


def pay(
    moved: Moved, prices: Ints, reserve_micros: int, price_micros: Ints,
    remaining_micros: Ints, wallet: npt.NDArray[np.int32], wallet_micros: Ints,
    pool: npt.NDArray[np.int32], pool_micros: Ints,
) -> None:  # fmt: skip
    """Write the prices (m,) to their slots and give back what the bids held beyond them."""
    _pay(
        moved.request, moved.slot, moved.plan, moved.facts[0], prices, reserve_micros,
        price_micros, remaining_micros, wallet, wallet_micros, pool, pool_micros,
    )  # fmt: skip


@njit(cache=True, nogil=True)
def _pay(
    request: Ints, slot: Ints, plan: Ints, bid: Ints, prices: Ints, reserve_micros: int,
    price_micros: Ints, remaining_micros: Ints, wallet: npt.NDArray[np.int32], wallet_micros: Ints,
    pool: npt.NDArray[np.int32], pool_micros: Ints,
) -> None:  # fmt: skip
    for m in range(len(prices)):
        price_micros[request[m], slot[m]] = prices[m]
        back = bid[m] + reserve_micros - prices[m]
        remaining_micros[plan[m]] += back
        wallet_micros[wallet[plan[m]]] += back
        pool_micros[pool[plan[m]]] += back


def answer(
    requests: RequestBatch, candidates: CandidateBatch, pctr: Floats, pcvr: Floats,
    scores: Scores, paid: npt.NDArray[np.int16], slots: Slots, price_micros: Ints, goods: Goods,
    rules: Rules, work: Scratch, explore_bps: int,
) -> tuple[Ints, DecisionBatch]:  # fmt: skip
    """Candidate rows that are shown, (n, K), and what they are.

    A slot that chance gave away is free, and nobody's bid moved it.
    """
    shape = slots.candidate.shape
    shown, explored = np.empty(shape, np.int64), np.empty(shape, np.bool_)
    columns: list[npt.NDArray[Any]] = [np.empty(shape, dtype) for dtype in _DTYPES]
    columns.append(np.empty(len(requests), np.int32))
    out = DecisionBatch(*columns)
    _answer(
        np.ascontiguousarray(requests.request).view(np.uint64), explore_bps / 10_000,
        candidates.offsets, candidates.item, candidates.relevance, pctr, pcvr, tuple(scores), paid,
        tuple(slots), price_micros, tuple(goods), tuple(rules), tuple(work), shown, explored,
        out.item, out.plan, out.moved, out.price_micros, out.exposure, out.exposure_organic,
        out.pctr, out.pcvr, out.organic, out.bid, out.relevance, out.propensity, out.candidates,
    )  # fmt: skip
    return shown, out


_DTYPES = ("i4", "i4", "?", "i8", *["f4"] * 8)
"""Of the columns of `DecisionBatch` but the last."""


@njit(cache=True, nogil=True)
def _answer(  # type: ignore[no-untyped-def]  # columns of requests, candidates and slots
    words, share, offsets, item, relevance, pctr, pcvr, scores_plain, paid, slots_plain,
    price_micros, goods, rules, work, shown, explored, out_item, plan, moved, price, exposure,
    exposure_organic, out_pctr, out_pcvr, organic, bid, out_relevance, propensity, count,
) -> None:  # fmt: skip
    scores, slots = Scores(*scores_plain), Slots(*slots_plain)
    one = np.float32(EXPOSURE_ONE)
    explore(
        words, share, offsets, item, scores, paid, slots.candidate, Goods(*goods), Rules(*rules),
        Scratch(*work), Shown(shown, propensity, explored),
    )  # fmt: skip
    for i in range(len(shown)):
        count[i] = offsets[i + 1] - offsets[i]
        for k in range(shown.shape[1]):
            row, free = shown[i, k], explored[i, k]
            if row < 0:
                out_item[i, k], plan[i, k], moved[i, k], price[i, k] = -1, -1, False, 0
                exposure[i, k], exposure_organic[i, k], out_relevance[i, k] = 0, 0, 0
                out_pctr[i, k], out_pcvr[i, k], organic[i, k], bid[i, k] = 0, 0, 0, 0
                continue
            exposure[i, k] = slots.exposure[i, k] / one
            lower = slots.exposure[i, k] if free else slots.exposure_organic[i, k]
            exposure_organic[i, k] = lower / one
            moved[i, k] = slots.exposure[i, k] > lower
            price[i, k] = 0 if free else price_micros[i, k]
            out_item[i, k] = item[row]
            plan[i, k] = scores.plan[row] if free else slots.plan[i, k]
            out_pctr[i, k], out_pcvr[i, k] = pctr[row], pcvr[row]
            organic[i, k], bid[i, k] = scores.organic[row], scores.bid[row]
            out_relevance[i, k] = relevance[row]
