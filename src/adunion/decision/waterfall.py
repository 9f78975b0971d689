"""Where a plan's requests go: from all there were to those it was shown at, and lost to whom.

Counted on every decision, by plan, hour and kind of place. A request counts once for a plan:

    requests >= in_time >= funded >= retrieved >= bidding = lost_* + shown,   shown >= moved

`funded`: budget and wallet held something; `retrieved`: an item of the plan was a candidate.
A request is lost by the plan's best item, to what holds the last slot: an organic result, another
merchant's moved item, or an item of its own merchant (`lost_own`), which also fills the places that
one merchant may have (`lost_cap`); or its bid did not count, since as many as may count were better
(`lost_load`). `gap_*` say how many times its bid would have been needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit

from adunion.kernel.borrowing import borrowing

from .auction.batch import HOUR_US, MONDAY_HOURS, Book, Candidates, Goods, Requests, Rules, Scores
from .auction.batch import Slots as Filled
from .types import Placement

GAPS = (1.1, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0)
"""Upper ends of the bins of the bid that would have been needed, over the bid; then more."""
SUMS = (
    "requests", "in_time", "funded", "retrieved", "bidding", "lost_organic", "lost_plan",
    "lost_own", "lost_cap", "lost_load", "shown", "moved", "gap_micros",
    *(f"gap_{round(end * 100)}" for end in GAPS), "gap_more",
)  # fmt: skip
"""What is counted; `gap_micros` is the sum of the scores that were missing."""
(_REQUESTS, _IN_TIME, _FUNDED, _RETRIEVED, _BIDDING, _LOST_ORGANIC, _LOST_PLAN, _LOST_OWN,
 _LOST_CAP, _LOST_LOAD, _SHOWN, _MOVED, _GAP_MICROS, _GAP) = range(14)  # fmt: skip
_ENDS = np.array(GAPS)

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Counted:
    """r rows of plan, hour (since the epoch) and kind of place with their sums, (r, len(SUMS))."""

    plan_ids: list[str]
    hours: list[int]
    kinds: list[str]
    sums: Ints


class Waterfall:
    """Counts decided batches; plans are rows of one book until `take` brings another."""

    def __init__(self, placements: Sequence[Placement], plan_ids: Sequence[str]) -> None:
        self._done: list[Counted] = []
        self._hours: dict[int, Ints] = {}
        self.take(placements, plan_ids)

    def take(self, placements: Sequence[Placement], plan_ids: Sequence[str]) -> None:
        """Count for another book or other placements from now on."""
        self._fold()
        self._plan_ids = list(plan_ids)
        self._kinds = sorted({placement.kind for placement in placements})
        rows = [self._kinds.index(placement.kind) for placement in placements]
        self._kind_of = np.array(rows, np.int64)

    def observe(
        self,
        requests: Requests,
        candidates: Candidates,
        scores: Scores,
        slots: Filled,
        goods: Goods,
        book: Book,
        rules: Rules,
    ) -> None:
        """Look at a decided batch, as it was ranked."""
        if not self._plan_ids:
            return
        hour_of = requests.at_us // HOUR_US
        first, last = int(hour_of.min()), int(hour_of.max())
        for hour in range(first, last + 1):
            counts = self._hours.get(hour)
            if counts is None:
                shape = (len(self._kinds), len(self._plan_ids), len(SUMS))
                counts = self._hours[hour] = np.zeros(shape, np.int64)
            kind = self._kind_of[requests.placement]
            if first < last:
                kind = np.where(hour_of == hour, kind, -1)
            _eligible(counts, kind, requests.at_us, hour, book)
            _competing(
                counts, kind, requests.offsets, requests.paid, candidates.item, scores, slots,
                goods, rules, np.full((4, len(self._plan_ids)), -1, np.int64),
            )  # fmt: skip

    def drain(self) -> Counted | None:
        """All that was counted since the last time, or nothing."""
        self._fold()
        sums: dict[tuple[str, int, str], Ints] = {}
        for part in self._done:
            keys = zip(part.plan_ids, part.hours, part.kinds, strict=True)
            for key, counts in zip(keys, part.sums, strict=True):
                sums[key] = sums[key] + counts if key in sums else counts
        self._done = []
        if not sums:
            return None
        ids, hours, kinds = (list(column) for column in zip(*sums, strict=True))
        return Counted(ids, hours, kinds, np.stack(list(sums.values())))

    def _fold(self) -> None:
        for hour, counts in self._hours.items():
            kind, plan = np.nonzero(counts.any(axis=2))
            self._done.append(
                Counted(
                    [self._plan_ids[row] for row in plan],
                    [hour] * len(plan),
                    [self._kinds[row] for row in kind],
                    counts[kind, plan],
                )
            )
        self._hours = {}


@njit(cache=True, nogil=True)
def _eligible(counts: Ints, kinds: Ints, at_us: Ints, hour: int, book: Book) -> None:
    """Count requests, and for each plan those in its time and with money."""
    of_kind = np.zeros(len(counts), np.int64)
    first, last = np.int64(1) << 62, np.int64(0)
    for request in range(len(kinds)):
        if kinds[request] >= 0:
            of_kind[kinds[request]] += 1
            first, last = min(first, at_us[request]), max(last, at_us[request])
    of_week = (hour + MONDAY_HOURS) % 168
    for plan in range(counts.shape[1]):
        counts[:, plan, _REQUESTS] += of_kind
        start, end = book.start_us[plan], book.end_us[plan]
        if not book.dayparts[plan, of_week] or start > last or end <= first:
            continue
        in_time = of_kind
        if start > first or last >= end:
            in_time = _between(kinds, at_us, start, end, len(counts))
        wallet = book.wallet_micros[book.wallet[plan]]
        counts[:, plan, _IN_TIME] += in_time
        if book.remaining_micros[plan] > 0 and wallet > 0:
            counts[:, plan, _FUNDED] += in_time


@njit(cache=True, nogil=True)
def _between(kinds: Ints, at_us: Ints, start: int, end: int, count: int) -> Ints:
    """Requests of each kind within a time."""
    found = np.zeros(count, np.int64)
    for request in range(len(kinds)):
        if kinds[request] >= 0 and start <= at_us[request] < end:
            found[kinds[request]] += 1
    return found


@borrowing()
def _competing(
    counts: Ints,
    kinds: Ints,
    offsets: Ints,
    paid: npt.NDArray[np.int16],
    items: npt.NDArray[np.int32],
    scores: Scores,
    slots: Filled,
    goods: Goods,
    rules: Rules,
    notes: Ints,
) -> None:
    """Count what became of the plans that had a candidate; `notes` is -1 throughout, (4, plans)."""
    # By plan: the last request that had a candidate of it, that showed it, that its bid moved it in
    seen, shown, moved = notes[0], notes[1], notes[2]
    best = notes[3]  # the row of its best bid in the request
    for request in range(len(kinds)):
        if kinds[request] < 0:
            continue
        counted = counts[kinds[request]]
        worst, last = _note_winners(request, int(paid[request]), scores, slots, shown, moved)
        begin, end = offsets[request], offsets[request + 1]
        _note_bids(request, begin, end, scores, seen, best, counted)
        for row in range(begin, end):
            plan = scores.plan[row]
            if plan < 0 or best[plan] != row:
                continue
            counted[plan, _BIDDING] += 1
            if shown[plan] == request:
                counted[plan, _SHOWN] += 1
                counted[plan, _MOVED] += int(moved[plan] == request)
            else:
                _lose(counted[plan], request, row, worst, last, items, scores, slots, goods, rules)


@borrowing()
def _note_winners(
    request: int, paid: int, scores: Scores, slots: Filled, shown: Ints, moved: Ints
) -> tuple[int, int]:
    """Note the plans that are shown; the last slot that is filled, and where the ad load was full.

    -1: none is filled. The ad load is full from the slot of the last bid that may count; past all
    slots: more would count.
    """
    worst, bids = -1, 0
    last = -1 if paid == 0 else slots.candidate.shape[1]
    for slot in range(slots.candidate.shape[1]):
        row = slots.candidate[request, slot]
        if row < 0:
            break
        worst = slot
        plan = scores.plan[row]
        if scores.bid[row] > 0:
            bids += 1
            if bids == paid:
                last = slot
        if plan >= 0:
            shown[plan] = request
            if slots.exposure[request, slot] > slots.exposure_organic[request, slot]:
                moved[plan] = request
    return worst, last


@borrowing()
def _note_bids(
    request: int, begin: int, end: int, scores: Scores, seen: Ints, best: Ints, counted: Ints
) -> None:
    """Count the plans that have a candidate, and note the best bid of each."""
    for row in range(begin, end):
        plan = scores.plan[row]
        if plan < 0:
            continue
        if seen[plan] != request:
            seen[plan], best[plan] = request, -1
            counted[plan, _RETRIEVED] += 1
        if scores.bid[row] > 0:
            score, other = scores.organic[row] + scores.bid[row], best[plan]
            if other < 0 or score > scores.organic[other] + scores.bid[other]:
                best[plan] = row


@borrowing()
def _lose(
    counted: Ints,
    request: int,
    row: int,
    worst: int,
    last: int,
    items: npt.NDArray[np.int32],
    scores: Scores,
    slots: Filled,
    goods: Goods,
    rules: Rules,
) -> None:
    """Count a request that a plan's best candidate lost."""
    item, score = items[row], scores.organic[row] + scores.bid[row]
    of_merchant = 0
    of_group = 0
    for slot in range(worst + 1):
        winner = slots.candidate[request, slot]
        stands = scores.organic[winner] + (scores.bid[winner] if slot <= last else 0)
        if stands < score:
            continue
        if goods.merchant[items[winner]] == goods.merchant[item]:
            of_merchant += 1
            of_group += int(goods.group[items[winner]] == goods.group[item])
    if worst < 0 or of_group >= rules.group_cap:
        counted[_LOST_OWN] += 1
        return
    if of_merchant >= rules.merchant_cap:
        counted[_LOST_CAP] += 1
        return
    rival = slots.candidate[request, min(max(last, 0), worst)]
    if last < worst:
        counted[_LOST_LOAD] += 1
    elif goods.merchant[items[rival]] == goods.merchant[item]:
        counted[_LOST_OWN] += 1
    elif slots.exposure[request, worst] > slots.exposure_organic[request, worst]:
        counted[_LOST_PLAN] += 1
    else:
        counted[_LOST_ORGANIC] += 1
    if last >= 0:
        needed = scores.organic[rival] + scores.bid[rival] - scores.organic[row]
        counted[_GAP_MICROS] += needed - scores.bid[row]
        counted[_GAP + np.searchsorted(_ENDS, needed / scores.bid[row])] += 1
