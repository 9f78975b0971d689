"""The ranking without one bid: what a winner stands against, and so what it pays.

A plan is no rival of itself: what an item pays is what it takes from others, so against it those of
its own plan's items that stand below it or are not shown count by their organic worth. Along a page
the payments of a plan then add up to what all its bids together take from the others.

Arrays are as in `rank`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from adunion.kernel.borrowing import borrowing

from .rank import Scratch, beats, fill_organic, fits, placed


@borrowing(inline="always")
def _keep_before(work: Scratch, slot: int) -> int:
    """What stands before a slot stays; how many of their bids count."""
    bids = 0
    for before in range(slot):
        work.other[before] = work.chosen[before]
        bids += int(work.counted[before])
    return bids


@borrowing(inline="always")
def _waits(
    candidate: int,
    loser: int,
    bid: npt.NDArray[np.int64],
    plan: npt.NDArray[np.int32],
    chosen: npt.NDArray[np.int32],
    slot: int,
) -> bool:
    """Whether a candidate bids for the loser's plan without being shown above a slot."""
    waits = bool(plan[candidate] == plan[loser] and bid[candidate] > 0)
    for above in range(slot if waits else 0):
        waits = waits and bool(chosen[above] != candidate)
    return waits


@borrowing()
def _wait(
    work: Scratch,
    loser: int,
    bid: npt.NDArray[np.int64],
    plan: npt.NDArray[np.int32],
    slot: int,
) -> int:
    """Write the loser and those of its plan that wait to `work.waiting`; how many they are."""
    work.waiting[0] = loser
    count = 1
    for row in range(len(bid)):
        if row != loser and _waits(row, loser, bid, plan, work.chosen, slot):
            work.waiting[count] = row
            count += 1
    return count


@borrowing(inline="always")
def _first_of(
    waiting: npt.NDArray[np.int32],
    count: int,
    organic: npt.NDArray[np.int64],
    item: npt.NDArray[np.int32],
) -> int:
    """Which of those waiting is best by organic worth."""
    best = 0
    for k in range(1, count):
        row, first = waiting[k], waiting[best]
        if beats(organic[row], item[row], organic[first], item[first]):
            best = k
    return best


@borrowing(inline="always")
def fill_without(
    work: Scratch,
    slot: int,
    organic: npt.NDArray[np.int64],
    bid: npt.NDArray[np.int64],
    plan: npt.NDArray[np.int32],
    item: npt.NDArray[np.int32],
    merchant: npt.NDArray[np.int32],
    group: npt.NDArray[np.int32],
    slots: int,
    paid: int,
    merchant_cap: int,
    group_cap: int,
) -> tuple[int, int]:
    """Rank again as if the item in `slot`, whose bid counts, had not bid, into `work.other`.

    Nor have those of its `plan` (m,) below it or not shown: bids of one plan do not raise each
    other's prices. What stands before the slot stays as it is, so the walk goes on from there, to
    the end or to where the item finds its place. Returns how many slots are filled and that place
    (`slots` if none).
    """
    loser = work.chosen[slot]
    bids = _keep_before(work, slot)
    filled = slot
    at = work.taken_at[slot] + 1
    home = slots
    waiting = _wait(work, loser, bid, plan, slot)
    while filled < slots and bids < paid:
        candidate = placed(work.by_score, at, work.score, item)
        if candidate >= 0 and _waits(candidate, loser, bid, plan, work.chosen, slot):
            at += 1
            continue
        best = _first_of(work.waiting, waiting, organic, item)
        row, unbid = work.waiting[best], waiting > 0
        if candidate >= 0 and unbid:
            unbid = beats(organic[row], item[row], work.score[candidate], item[candidate])
        if unbid:
            waiting -= 1
            work.waiting[best] = work.waiting[waiting]
        elif candidate < 0:
            return filled, home
        else:
            row = candidate
            at += 1
        if fits(row, work.other, filled, item, merchant, group, merchant_cap, group_cap):
            work.other[filled] = row
            work.other_score[filled] = organic[row] if unbid else work.score[row]
            bids += int(bid[row] > 0 and not unbid)
            filled += 1
            if row == loser:  # what stands below its own place changes nothing for it
                return filled, filled - 1
    bidding = filled
    filled = fill_organic(
        work, work.other, filled, organic, item, merchant, group, slots, merchant_cap, group_cap
    )
    for later in range(bidding, filled):
        work.other_score[later] = organic[work.other[later]]
        if work.other[later] == loser:
            home = later
    return filled, home
