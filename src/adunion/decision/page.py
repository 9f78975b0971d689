"""From ranked slots to prices and to the answer, in kernels: a page costs a few microseconds."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from .auction.batch import Scores, Slots
from .auction.pricing import EXPOSURE_ONE
from .explore import Shown
from .types import CandidateBatch, DecisionBatch

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]


class Moved(NamedTuple):
    """The m slots that a bid moved: where, whose, and the fields of `pricing.Facts` as rows."""

    request: Ints  # (m,)
    slot: Ints
    plan: Ints
    facts: Ints  # (6, m)


@njit(cache=True, nogil=True)
def moved_slots(slots: Slots, scores: Scores, first: int, last: int) -> Moved:
    """Those of requests first to last - 1."""
    width = slots.candidate.shape[1]
    most = (last - first) * width
    request, slot_of = np.empty(most, np.int64), np.empty(most, np.int64)
    plan, facts = np.empty(most, np.int64), np.empty((6, most), np.int64)
    count = 0
    for i in range(first, last):
        for k in range(width):
            row = slots.candidate[i, k]
            if row < 0 or slots.exposure[i, k] <= slots.exposure_organic[i, k]:
                continue
            request[count], slot_of[count], plan[count] = i, k, scores.plan[row]
            facts[0, count] = scores.bid[row]
            facts[1, count] = scores.organic[row]
            facts[2, count] = slots.exposure[i, k]
            facts[3, count] = slots.exposure_organic[i, k]
            facts[4, count] = slots.payment[i, k]
            facts[5, count] = slots.rival[i, k]
            count += 1
    return Moved(request[:count], slot_of[:count], plan[:count], facts[:, :count])


@njit(cache=True, nogil=True)
def pay(
    moved: Moved, prices: Ints, reserve_micros: int, price_micros: Ints,
    remaining_micros: Ints, wallet: npt.NDArray[np.int32], wallet_micros: Ints,
) -> None:  # fmt: skip
    """Write the prices (m,) to their slots and give back what the bids held beyond them."""
    for m in range(len(prices)):
        price_micros[moved.request[m], moved.slot[m]] = prices[m]
        back = moved.facts[0, m] + reserve_micros - prices[m]
        remaining_micros[moved.plan[m]] += back
        wallet_micros[wallet[moved.plan[m]]] += back


def answer(
    slots: Slots, scores: Scores, candidates: CandidateBatch, pctr: Floats, pcvr: Floats,
    price_micros: Ints, chosen: Shown,
) -> DecisionBatch:  # fmt: skip
    """What is shown; a slot that chance gave away is free, and nobody's bid moved it."""
    return DecisionBatch(
        *_fill(
            slots,
            scores,
            candidates.offsets,
            candidates.item,
            pctr,
            pcvr,
            candidates.relevance,
            price_micros,
            chosen.candidate,
            chosen.explored,
            chosen.propensity,
        )
    )


@njit(cache=True, nogil=True)
def _fill(  # type: ignore[no-untyped-def]  # a tuple of the thirteen columns
    slots,
    scores,
    offsets,
    item,
    pctr,
    pcvr,
    relevance,
    price_micros,
    candidate,
    explored,
    propensity,
):
    shape = candidate.shape
    out_item, plan = np.full(shape, -1, np.int32), np.full(shape, -1, np.int32)
    moved, price = np.zeros(shape, np.bool_), np.zeros(shape, np.int64)
    out_pctr, out_pcvr = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    organic, bid = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    exposure, exposure_organic = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    out_relevance, count = np.zeros(shape, np.float32), np.empty(shape[0], np.int32)
    one = np.float32(EXPOSURE_ONE)
    for i in range(shape[0]):
        count[i] = offsets[i + 1] - offsets[i]
        for k in range(shape[1]):
            row = candidate[i, k]
            if row < 0:
                continue
            free = explored[i, k]
            exposure[i, k] = slots.exposure[i, k] / one
            lower = slots.exposure[i, k] if free else slots.exposure_organic[i, k]
            exposure_organic[i, k] = lower / one
            moved[i, k] = slots.exposure[i, k] > lower
            price[i, k] = 0 if free else price_micros[i, k]
            out_item[i, k], plan[i, k] = item[row], scores.plan[row]
            out_pctr[i, k], out_pcvr[i, k] = pctr[row], pcvr[row]
            organic[i, k], bid[i, k] = scores.organic[row], scores.bid[row]
            out_relevance[i, k] = relevance[row]
    return (
        out_item, plan, moved, price, exposure, exposure_organic, out_pctr, out_pcvr, organic, bid,
        out_relevance, propensity, count,
    )  # fmt: skip
