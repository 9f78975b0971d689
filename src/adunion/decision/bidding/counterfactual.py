"""What a plan would have won at other multipliers, its rivals as they were."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from adunion.kernel.borrowing import borrowing

from ..auction.batch import Goods, Rules, facts_of, rank
from ..auction.pricing import Facts
from ..auction.rank import SCORE_MAX, SLOTS_MAX, Scratch, fill_sorted, put

FACTS = 7  # the columns of pricing.Facts, in its order
_EXPOSURE, _LOWER = Facts._fields.index("exposure"), Facts._fields.index("exposure_organic")
_PAIRS_AT_ONCE = 8


@njit(cache=True, nogil=True)
def sweep(
    pair_request: npt.NDArray[np.int64],
    pair_plan: npt.NDArray[np.int64],
    grid: npt.NDArray[np.float64],
    placement: npt.NDArray[np.int16],
    slots_wanted: npt.NDArray[np.int16],
    paid_most: npt.NDArray[np.int16],
    offsets: npt.NDArray[np.int64],
    items: npt.NDArray[np.int32],
    organics: npt.NDArray[np.int64],
    bids: npt.NDArray[np.int64],
    plans: npt.NDArray[np.int32],
    chances: npt.NDArray[np.float64],
    weights: npt.NDArray[np.float32],
    counts: npt.NDArray[np.float32],
    goods: Goods,
    target_roi: npt.NDArray[np.float64],
    rules: Rules,
    work: Scratch,
    found: npt.NDArray[np.int64],
    chance: npt.NDArray[np.float64],
    value: npt.NDArray[np.float64],
) -> None:
    """Rank each (request, plan) pair at each multiplier of the plan, which rise along `grid`.

    Writes `pricing.Facts` to `found` (7, pairs, g, K) and, for the slots the plan's items got,
    the chance of an order and its GMV in micros to `chance` and `value` (pairs, g, K).
    """
    _sweep(
        pair_request, pair_plan, grid, placement, slots_wanted, paid_most, offsets, items, organics,
        bids, plans, chances, weights, counts, goods, target_roi, rules, work,
        _room(len(work.score)), found, chance, value,
    )  # fmt: skip


@njit(cache=True, nogil=True)
def moved(  # type: ignore[no-untyped-def]  # as `sweep`
    pair_request, pair_plan, grid, placement, slots_wanted, paid_most, offsets, items, organics,
    bids, plans, chances, weights, counts, goods, target_roi, rules, work, place, facts, chance,
    value,
) -> int:  # fmt: skip
    """The same of the slots alone that were moved; how many they are, in order of the pairs.

    Writes where each is in (plans, g) to `place` (m,), and columns to `facts` (7, m), `chance` and
    `value` (m,). Few slots are moved: a few pairs at a time are looked at in near memory.
    """
    size, slots, room, count = len(grid), goods.exposures.shape[1], _room(len(work.score)), 0
    some = np.zeros((FACTS, _PAIRS_AT_ONCE, size, slots), np.int64)
    its_chance = np.empty((_PAIRS_AT_ONCE, size, slots))
    its_value = np.empty((_PAIRS_AT_ONCE, size, slots))
    for first in range(0, len(pair_request), _PAIRS_AT_ONCE):
        last = min(first + _PAIRS_AT_ONCE, len(pair_request))
        _sweep(
            pair_request[first:last], pair_plan[first:last], grid, placement, slots_wanted,
            paid_most, offsets, items, organics, bids, plans, chances, weights, counts, goods,
            target_roi, rules, work, room, some, its_chance, its_value,
        )  # fmt: skip
        for pair in range(last - first):
            for step in range(size):
                for slot in range(slots):
                    if some[_EXPOSURE, pair, step, slot] > some[_LOWER, pair, step, slot]:
                        place[count] = pair_plan[first + pair] * size + step
                        for fact in range(FACTS):
                            facts[fact, count] = some[fact, pair, step, slot]
                        chance[count] = its_chance[pair, step, slot]
                        value[count] = its_value[pair, step, slot]
                        count += 1
                    some[_EXPOSURE, pair, step, slot] = 0
    return count


class _Room(NamedTuple):
    """Working memory: the shortlist's columns, and of the others the order and the best rows."""

    row: npt.NDArray[np.int64]
    item: npt.NDArray[np.int32]
    organic: npt.NDArray[np.int64]
    bid: npt.NDArray[np.int64]
    plan: npt.NDArray[np.int32]
    others: npt.NDArray[np.int32]
    best: npt.NDArray[np.int64]


@njit(cache=True, nogil=True)
def _room(most: int) -> _Room:
    return _Room(
        np.empty(most, np.int64), np.empty(most, np.int32), np.empty(most, np.int64),
        np.empty(most, np.int64), np.empty(most, np.int32), np.empty(most, np.int32),
        np.empty(2 * SLOTS_MAX, np.int64),
    )  # fmt: skip


@borrowing()
def _sweep(  # type: ignore[no-untyped-def]  # as `sweep`, which makes the room
    pair_request, pair_plan, grid, placement, slots_wanted, paid_most, offsets, items, organics,
    bids, plans, chances, weights, counts, goods, target_roi, rules, work, room, found, chance,
    value,
) -> None:  # fmt: skip
    short, item, organic, bid, whose, theirs, best = room
    merchant, group = goods.merchant, goods.group
    for pair in range(len(pair_request)):
        request, plan = pair_request[pair], pair_plan[pair]
        theta = goods.exposures[placement[request]]
        slots = min(int(slots_wanted[request]), len(theta))
        paid = int(paid_most[request])
        own, count = _shortlist(
            offsets[request],
            offsets[request + 1],
            plan,
            items,
            organics,
            bids,
            plans,
            merchant,
            group,
            slots,
            rules,
            work,
            short,
            item,
            organic,
            bid,
            best,
        )
        their_item, their_organic, their_bid = item[:count], organic[:count], bid[:count]
        for row in range(count):
            whose[row] = plan if row < own else -1
        _sort_others(work, own, count, organic, bid, item, theirs)
        # From the greatest down: where no bid of the plan wins a slot, no smaller one does, since
        # the others then stand where they would without it.
        won, step = True, len(grid)
        while won and step > 0:
            won, step = False, step - 1
            for row in range(own):
                worth = _counted(short[row], item[row], chances, weights, goods)
                wanted = min(grid[step] * worth / target_roi[plan], float(SCORE_MAX // 2))
                bid[row] = max(int(wanted) - rules.reserve_micros, 0)
                work.score[row] = organic[row] + bid[row]
            _copy(theirs, count - own, work.by_score.order, 0)
            work.by_score.sizes[1] = count - own
            put(work.by_score, 0, own, work.score, item)
            filled = fill_sorted(
                work,
                their_organic,
                their_bid,
                their_item,
                merchant,
                group,
                slots,
                paid,
                rules.merchant_cap,
                rules.group_cap,
            )
            for slot in range(filled):
                winner = work.chosen[slot]
                if winner >= own or not work.counted[slot]:
                    continue
                won = True
                without, payment, rival = facts_of(
                    work,
                    slot,
                    their_organic,
                    their_bid,
                    whose[:count],
                    their_item,
                    merchant,
                    group,
                    theta,
                    slots,
                    paid,
                    rules,
                )
                found[0, pair, step, slot] = bid[winner]
                found[1, pair, step, slot] = organic[winner]
                found[2, pair, step, slot] = theta[slot]
                found[3, pair, step, slot] = without
                found[4, pair, step, slot] = payment
                found[5, pair, step, slot] = rival
                found[6, pair, step, slot] = rules.reserve_micros
                chance[pair, step, slot] = chances[short[winner]]
                value[pair, step, slot] = _counted(
                    short[winner], item[winner], chances, counts, goods
                )


@borrowing(inline="always")
def _counted(
    row: int,
    item: int,
    chances: npt.NDArray[np.float64],
    weights: npt.NDArray[np.float32],
    goods: Goods,
) -> float:
    """What a candidate row is expected to count for towards its plan's promise, times `weights`."""
    worth = chances[row] * goods.promised_micros[item]
    return float(worth * weights[row]) if len(weights) else float(worth)


@borrowing()
def _sort_others(
    work: Scratch,
    own: int,
    count: int,
    organic: npt.NDArray[np.int64],
    bid: npt.NDArray[np.int64],
    item: npt.NDArray[np.int32],
    theirs: npt.NDArray[np.int32],
) -> None:
    """What stays the same at every multiplier: all by organic worth, and the others by score."""
    work.by_organic.sizes[:] = 0
    put(work.by_organic, 0, count, organic, item)
    for row in range(own, count):
        work.score[row] = organic[row] + bid[row]
    work.by_score.sizes[:] = 0
    put(work.by_score, own, count, work.score, item)
    _copy(work.by_score.order, count - own, theirs, 0)


@borrowing(inline="always")
def _copy(these: npt.NDArray[np.integer], count: int, to: npt.NDArray[np.integer], at: int) -> None:
    for k in range(count):
        to[at + k] = these[k]


@borrowing()
def _shortlist(
    begin: int,
    end: int,
    plan: int,
    items: npt.NDArray[np.int32],
    organics: npt.NDArray[np.int64],
    bids: npt.NDArray[np.int64],
    plans: npt.NDArray[np.int32],
    merchant: npt.NDArray[np.int32],
    group: npt.NDArray[np.int32],
    slots: int,
    rules: Rules,
    work: Scratch,
    short: npt.NDArray[np.int64],
    item: npt.NDArray[np.int32],
    organic: npt.NDArray[np.int64],
    bid: npt.NDArray[np.int64],
    best: npt.NDArray[np.int64],
) -> tuple[int, int]:
    """The plan's candidates, then of the others those that can have a slot; how many there are.

    On a matroid (see `auction.rank`) what the best set of the others leaves out stays out of the
    best set with anything added. So the two pages of the others alone, by score and by organic
    worth, are all that is needed of them. Writes candidate rows to `short` and their columns to
    `item`, `organic` and `bid`; returns how many are the plan's, and how many there are.
    """
    others = 0
    for row in range(begin, end):
        if plans[row] != plan:
            short[others] = row
            item[others], organic[others], bid[others] = items[row], organics[row], bids[row]
            others += 1
    count = 0
    for paid in (slots, 0):
        filled = rank(
            work,
            organic[:others],
            bid[:others],
            item[:others],
            merchant,
            group,
            slots,
            paid,
            rules,
        )
        for slot in range(filled):
            row = short[work.chosen[slot]]
            known = False
            for k in range(count):
                known = known or best[k] == row
            if not known:
                best[count] = row
                count += 1
    own = 0
    for row in range(begin, end):
        if plans[row] == plan:
            short[own] = row
            own += 1
    _copy(best, count, short, own)
    for k in range(own + count):
        row = short[k]
        item[k], organic[k], bid[k] = items[row], organics[row], bids[row]
    return own, own + count
