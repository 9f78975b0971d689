"""The auction kernel: scores, ranks and finds the facts of prices for one request or a million."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from adunion.kernel.borrowing import borrowing

from .rank import SCORE_MAX, Scratch, fill
from .without import fill_without

HOUR_US = 3_600_000_000
MONDAY_HOURS = 72  # 1970-01-01 was a Thursday: three days after Monday 00 UTC


EVENLY = np.zeros(0, np.float32)


class Requests(NamedTuple):
    """Columns of n requests; candidates of request i are rows offsets[i] to offsets[i + 1]."""

    at_us: npt.NDArray[np.int64]
    placement: npt.NDArray[np.int16]
    slots: npt.NDArray[np.int16]
    paid: npt.NDArray[np.int16]  # how many of them bids may move
    region: npt.NDArray[np.int16]  # column of `Book.regions`
    offsets: npt.NDArray[np.int64]


class Candidates(NamedTuple):
    """Columns of m candidates."""

    item: npt.NDArray[np.int32]
    pctr: npt.NDArray[np.float32]
    pcvr: npt.NDArray[np.float32]
    weight: npt.NDArray[np.float32] = EVENLY
    """Times what its plan bids for a sale to anybody; (0,): once for all."""
    counts: npt.NDArray[np.float32] = EVENLY
    """Times what the plan counts that sale for, alike."""


class Goods(NamedTuple):
    """Columns of the catalog, and the placements' exposures in ten-thousandths, (p, K)."""

    merchant: npt.NDArray[np.int32]
    group: npt.NDArray[np.int32]
    value_micros: npt.NDArray[np.int64]  # expected GMV of an order
    promised_micros: npt.NDArray[np.int64]  # the same as the item's plan counts it
    experience_micros: npt.NDArray[np.int64]  # worth of a click to the shopper
    exposures: npt.NDArray[np.int64]


class Book(NamedTuple):
    """Columns of the plans; the kernel takes what it may have to pay out of the three balances.

    A boost is a plan without items: while it is open, items of its plan may bid `factor` times as
    much, down to a return of its own target, and it pays for the slots that only this wins.
    """

    item_plan: npt.NDArray[np.int32]  # (n_items,) plan row, -1 none
    target_roi: npt.NDArray[np.float64]
    alpha: npt.NDArray[np.float64]
    remaining_micros: npt.NDArray[np.int64]
    wallet: npt.NDArray[np.int32]  # (p,) row of wallet_micros
    wallet_micros: npt.NDArray[np.int64]
    pool: npt.NDArray[np.int32]  # (p,) row of pool_micros
    pool_micros: npt.NDArray[np.int64]  # of budgets that plans share; row 0 never runs out
    boost: npt.NDArray[np.int32]  # (p,) row of its boost, -1 none
    factor: npt.NDArray[np.float64]  # (p,) of a boost
    regions: npt.NDArray[np.bool_]  # (p, r)
    start_us: npt.NDArray[np.int64]
    end_us: npt.NDArray[np.int64]
    dayparts: npt.NDArray[np.bool_]  # (p, 168)


class Scores(NamedTuple):
    """(m,) what each candidate is worth; `plan` is -1 where none may bid now."""

    organic: npt.NDArray[np.int64]
    bid: npt.NDArray[np.int64]  # what is bid beyond the reserve
    plan: npt.NDArray[np.int32]
    own: npt.NDArray[np.int64]  # what is bid without the plan's boost; set only where it has one


class Slots(NamedTuple):
    """(n, K) who got each slot, and what `pricing.Facts` is made of."""

    candidate: npt.NDArray[np.int64]  # row in Candidates, -1 empty
    plan: npt.NDArray[np.int32]  # that bid for it: the item's, or its boost; -1 none
    bid: npt.NDArray[np.int64]  # of that plan, beyond the reserve
    exposure: npt.NDArray[np.int64]
    exposure_organic: npt.NDArray[np.int64]
    payment: npt.NDArray[np.int64]
    rival: npt.NDArray[np.int64]


class Rules(NamedTuple):
    """What the platform takes of a sale, how many of a kind one page may show, and the reserve.

    The reserve is what the platform asks at least for each seen impression that a bid adds. It is
    taken off every bid before ranking and put on the price after, as if the platform itself bid it
    to leave the item where it is; so what is best for a bidder stays to bid its value.
    """

    take: float
    merchant_cap: int
    group_cap: int
    reserve_micros: int = 0


def unlimited_book(
    item_plan: npt.NDArray[np.int32],
    target_roi: npt.NDArray[np.float64],
    alpha: npt.NDArray[np.float64],
) -> Book:
    """Plans that always run, everywhere, and never run out."""
    plans, plenty = len(target_roi), 1 << 60
    return Book(
        item_plan, target_roi, alpha, np.full(plans, plenty),
        np.arange(plans, dtype=np.int32), np.full(plans, plenty),
        np.zeros(plans, np.int32), np.full(1, plenty),
        np.full(plans, -1, np.int32), np.ones(plans), np.ones((plans, 1), np.bool_),
        np.zeros(plans, np.int64), np.full(plans, plenty), np.ones((plans, 168), np.bool_),
    )  # fmt: skip


def new_scores(count: int) -> Scores:
    """Room for the scores of that many candidates."""
    return Scores(
        np.zeros(count, np.int64), np.zeros(count, np.int64), np.full(count, -1, np.int32),
        np.zeros(count, np.int64),
    )  # fmt: skip


def new_slots(count: int, slots_max: int) -> Slots:
    """Room for the slots of that many requests."""
    shape = (count, slots_max)
    return Slots(
        np.full(shape, -1, np.int64),
        np.full(shape, -1, np.int32),
        *np.zeros((5, *shape), np.int64),
    )


@borrowing(inline="always")
def _open(book: Book, plan: int, at_us: int, hour: int, region: int) -> bool:
    return bool(
        book.start_us[plan] <= at_us < book.end_us[plan]
        and book.dayparts[plan, hour] and book.regions[plan, region]
    )  # fmt: skip


@borrowing(inline="always")
def _bid(book: Book, payer: int, wanted: float, slots: int) -> int:
    # No more than a slot's share of the balances: even if every slot is won at its bid, it is held.
    held = min(book.remaining_micros[payer], book.wallet_micros[book.wallet[payer]])
    held = min(held, book.pool_micros[book.pool[payer]])
    most = int(min(wanted, float(SCORE_MAX // 2)))
    # A division takes longer than all else here, and most balances are far from empty.
    return int(max(most if most * slots <= held else min(most, held // slots), 0))


@borrowing(inline="always")
def _score(
    requests: Requests,
    request: int,
    candidates: Candidates,
    goods: Goods,
    book: Book,
    rules: Rules,
    scores: Scores,
) -> None:
    """What each candidate is worth and bids.

    What it calls is inlined: a call that takes a book copies its arrays and counts references to
    them, which takes longer than all that is computed here.
    """
    slots = max(int(requests.slots[request]), 1)
    at_us, region = requests.at_us[request], requests.region[request]
    hour = (at_us // HOUR_US + MONDAY_HOURS) % 168
    for row in range(requests.offsets[request], requests.offsets[request + 1]):
        item = candidates.item[row]
        clicks = float(candidates.pctr[row])
        value = clicks * float(candidates.pcvr[row]) * goods.value_micros[item]
        worth = rules.take * value + clicks * goods.experience_micros[item]
        scores.organic[row] = int(min(max(worth, 0.0), float(SCORE_MAX // 2)))
        scores.bid[row] = 0
        scores.plan[row] = -1
        plan = book.item_plan[item]
        if plan < 0:
            continue
        counted = clicks * float(candidates.pcvr[row]) * goods.promised_micros[item]
        if len(candidates.weight):
            counted *= candidates.weight[row]
        wanted = book.alpha[plan] * counted / book.target_roi[plan]
        own, bid, boost = -1, -1, book.boost[plan]  # -1: it may not bid
        if _open(book, plan, at_us, hour, region):
            own = _bid(book, plan, wanted, slots)
            bid = own
        if boost >= 0 and _open(book, boost, at_us, hour, region):
            most = counted / book.target_roi[boost]
            bid = max(own, _bid(book, boost, min(wanted * book.factor[boost], most), slots))
        if bid >= 0:
            scores.plan[row] = plan
            scores.bid[row] = max(bid - rules.reserve_micros, 0)
            if boost >= 0:
                scores.own[row] = max(own - rules.reserve_micros, 0)


@borrowing(inline="always")
def rank(
    work: Scratch,
    organic: npt.NDArray[np.int64],
    bid: npt.NDArray[np.int64],
    item: npt.NDArray[np.int32],
    merchant: npt.NDArray[np.int32],
    group: npt.NDArray[np.int32],
    slots: int,
    paid: int,
    rules: Rules,
) -> int:
    """Rank the candidates of one request; returns the slots filled."""
    return fill(
        work, organic, bid, item, merchant, group, slots, paid, rules.merchant_cap, rules.group_cap
    )


@borrowing(inline="always")
def facts_of(
    work: Scratch,
    slot: int,
    organic: npt.NDArray[np.int64],
    bid: npt.NDArray[np.int64],
    plan: npt.NDArray[np.int32],
    item: npt.NDArray[np.int32],
    merchant: npt.NDArray[np.int32],
    group: npt.NDArray[np.int32],
    theta: npt.NDArray[np.int64],
    slots: int,
    paid: int,
    rules: Rules,
) -> tuple[int, int, int]:
    """(exposure at bid 0, payment, rival's score) of a winner whose bid counts, as ranked.

    The payment is the sum over the slots gained of what each adds to the exposure, times the least
    bid that reaches it. To reach a slot the item must beat what stands there without it; where its
    merchant, its group or the ad load is full by then, it must beat the one that filled it up.
    Items of its own `plan` (m,) below it or not shown stand in its way by organic worth alone.
    """
    winner = work.chosen[slot]
    count, home = fill_without(
        work, slot, organic, bid, plan, item, merchant, group, slots, paid,
        rules.merchant_cap, rules.group_cap,
    )  # fmt: skip
    bids, of_merchant, of_group = 0, 0, 0
    full, score, payment, rival = False, organic[winner], 0, 0
    for at in range(min(max(home, slot + 1), count)):
        other = work.other[at]
        bids += int(bid[other] > 0 if at < slot else work.other_score[at] > organic[other])
        if merchant[item[other]] == merchant[item[winner]]:
            of_merchant += 1
            of_group += int(group[item[other]] == group[item[winner]])
        if at >= slot and not full:
            score = work.other_score[at]
        full = bids >= paid or of_merchant >= rules.merchant_cap or of_group >= rules.group_cap
        if at == slot:
            rival = score
        if slot <= at < home:
            below = theta[at + 1] if at + 1 < slots else 0
            payment += (theta[at] - below) * (score - organic[winner])
    if home == slots and count < slots:
        payment += theta[max(count, slot)] * (score - organic[winner])
    return theta[home] if home < slots else 0, payment, rival


@borrowing()
def run(
    first: int,
    last: int,
    requests: Requests,
    candidates: Candidates,
    goods: Goods,
    book: Book,
    rules: Rules,
    work: Scratch,
    scores: Scores,
    out: Slots,
) -> None:
    """Decide requests first to last - 1, in order, writing `scores` and `out`.

    A moved slot's bid is taken out of its plan's balances at once, so a plan that runs out stops
    bidding with the next request; the caller gives back what the price leaves over.
    """
    for request in range(first, last):
        _score(requests, request, candidates, goods, book, rules, scores)
        begin, end = requests.offsets[request], requests.offsets[request + 1]
        item = candidates.item[begin:end]
        organic = scores.organic[begin:end]
        bid = scores.bid[begin:end]
        merchant, group = goods.merchant, goods.group
        theta = goods.exposures[requests.placement[request]]
        slots = min(int(requests.slots[request]), len(theta))
        paid = int(requests.paid[request])
        filled = rank(work, organic, bid, item, merchant, group, slots, paid, rules)
        for slot in range(filled):
            winner = work.chosen[slot]
            out.candidate[request, slot] = begin + winner
            out.exposure[request, slot] = theta[slot]
            out.exposure_organic[request, slot] = theta[slot]
            out.plan[request, slot] = scores.plan[begin + winner]
            out.bid[request, slot] = bid[winner]
            if not work.counted[slot]:
                continue
            without, payment, rival = facts_of(
                work, slot, organic, bid, scores.plan[begin:end], item, merchant, group, theta,
                slots, paid, rules,
            )  # fmt: skip
            out.exposure_organic[request, slot] = without
            out.payment[request, slot] = payment
            out.rival[request, slot] = rival
            if theta[slot] > without:
                _charge(request, slot, begin + winner, rival - organic[winner], book, rules,
                        scores, out)  # fmt: skip


@borrowing()
def _charge(
    request: int, slot: int, row: int, least: int, book: Book, rules: Rules, scores: Scores,
    out: Slots,
) -> None:  # fmt: skip
    """Take a moved slot's bid from who pays: the boost where the plan's own bid does not do."""
    payer = scores.plan[row]
    if book.boost[payer] >= 0:
        if scores.own[row] > 0 and scores.own[row] >= least:
            out.bid[request, slot] = scores.own[row]
        else:
            payer = book.boost[payer]
            out.plan[request, slot] = payer
    held = out.bid[request, slot] + rules.reserve_micros
    book.remaining_micros[payer] -= held
    book.wallet_micros[book.wallet[payer]] -= held
    book.pool_micros[book.pool[payer]] -= held
