"""The tick's sample: for every plan, a few of the requests it could bid in, kept whole.

A bottom-k sample (Cohen and Kaplan 2007): each request draws a number, and a plan keeps the k
requests of the smallest numbers. Its share k / seen scales sums up, and no order or batch size
matters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from ..auction.batch import Candidates, Goods, Requests, Rules, Scores
from ..auction.pricing import EXPOSURE_ONE, Facts, price
from ..auction.rank import scratch
from .counterfactual import FACTS, moved
from .types import GRID, Floats, Landscape

PER_PLAN = 48
_PAIRS_AT_ONCE = 512


@njit(cache=True, nogil=True)
def bidding_pairs(
    offsets: npt.NDArray[np.int64],
    plans: npt.NDArray[np.int32],
    draws: npt.NDArray[np.float64],
    limit: npt.NDArray[np.float64],
    seen: npt.NDArray[np.int64],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """(request, plan) of those that may bid there and drew below their plan's limit.

    Adds every pair, drawn or not, to `seen`.
    """
    request_of, plan_of = [], []
    last = np.full(len(seen), -1, np.int64)
    for request in range(len(offsets) - 1):
        for row in range(offsets[request], offsets[request + 1]):
            plan = plans[row]
            if plan >= 0 and last[plan] != request:
                last[plan] = request
                seen[plan] += 1
                if draws[request] < limit[plan]:
                    request_of.append(request)
                    plan_of.append(np.int64(plan))
    return np.array(request_of, np.int64), np.array(plan_of, np.int64)


class Kept(NamedTuple):
    """Sampled requests with their candidates, and which plan sampled which."""

    placement: npt.NDArray[np.int16]  # (r,)
    slots: npt.NDArray[np.int16]
    paid: npt.NDArray[np.int16]
    offsets: npt.NDArray[np.int64]  # (r + 1,)
    item: npt.NDArray[np.int32]  # (c,)
    organic: npt.NDArray[np.int64]
    bid: npt.NDArray[np.int64]
    plan: npt.NDArray[np.int32]
    chance: npt.NDArray[np.float64]  # of an order, per seen impression
    weight: npt.NDArray[np.float32]  # (c,) see `Candidates`
    counts: npt.NDArray[np.float32]  # (c,)
    pair_request: npt.NDArray[np.int64]  # (s,)
    pair_plan: npt.NDArray[np.int64]
    pair_draw: npt.NDArray[np.float64]


@dataclass
class Sample:
    """Collects from decided batches; plans are rows of one book."""

    plans: int
    rng: np.random.Generator
    per_plan: int = PER_PLAN

    def __post_init__(self) -> None:
        self.seen = np.zeros(self.plans, np.int64)
        self._limit = np.ones(self.plans)
        self._parts: list[Kept] = []
        self._pairs = 0

    def observe(self, requests: Requests, candidates: Candidates, scores: Scores) -> None:
        """Look at a decided batch."""
        draws = self.rng.random(len(requests.at_us))
        request, plan = bidding_pairs(requests.offsets, scores.plan, draws, self._limit, self.seen)
        draw = draws[request]
        chosen = _smallest(plan, draw, self.per_plan)
        if not len(chosen):
            return
        request, plan, draw = request[chosen], plan[chosen], draw[chosen]
        self._parts.append(_keep(requests, candidates, scores, request, plan, draw))
        self._pairs += len(request)
        if self._pairs > 2 * self.per_plan * self.plans:
            self.prune()

    def landscape(
        self, goods: Goods, target_roi: Floats, traffic: Floats, rules: Rules, pricing: str
    ) -> Landscape:
        """Sums over all requests seen, scaled up from the sample; (p, g)."""
        sums = np.zeros((4, self.plans, len(GRID)))
        if self._parts:
            kept = self.prune()
            drawn = np.bincount(kept.pair_plan, minlength=self.plans)
            scale = self.seen / np.maximum(drawn, 1)
            for first in range(0, len(kept.pair_plan), _PAIRS_AT_ONCE):
                pairs = slice(first, first + _PAIRS_AT_ONCE)
                _add(sums, kept, pairs, goods, target_roi, rules, pricing)
            sums *= scale[:, None]
        return Landscape(traffic, *sums)

    def prune(self) -> Kept:
        """Keep the k smallest draws of each plan, and no request that nobody keeps."""
        whole = _join(self._parts)
        chosen = _smallest(whole.pair_plan, whole.pair_draw, self.per_plan)
        plan, draw = whole.pair_plan[chosen], whole.pair_draw[chosen]
        full = np.bincount(plan, minlength=self.plans) >= self.per_plan
        highest = np.zeros(self.plans)
        np.maximum.at(highest, plan, draw)
        self._limit = np.where(full, highest, 1.0)
        kept = _cut(whole, whole.pair_request[chosen], plan, draw)
        self._parts, self._pairs = [kept], len(chosen)
        return kept


def _smallest(
    plan: npt.NDArray[np.int64], draw: npt.NDArray[np.float64], most: int
) -> npt.NDArray[np.int64]:
    """Rows of the `most` smallest draws of each plan, in request order."""
    order = np.lexsort((draw, plan))
    sorted_plan = plan[order]
    place = np.arange(len(order)) - np.searchsorted(sorted_plan, sorted_plan)
    return np.sort(order[place < most])


def _rows(
    offsets: npt.NDArray[np.int64], requests: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Candidate rows of the requests, and their new offsets."""
    lengths = offsets[requests + 1] - offsets[requests]
    fresh = np.concatenate([[0], lengths.cumsum()])
    rows = np.arange(fresh[-1]) - np.repeat(fresh[:-1] - offsets[requests], lengths)
    return rows, fresh


def _keep(
    requests: Requests,
    candidates: Candidates,
    scores: Scores,
    request: npt.NDArray[np.int64],
    plan: npt.NDArray[np.int64],
    draw: npt.NDArray[np.float64],
) -> Kept:
    unique, pair_request = np.unique(request, return_inverse=True)
    rows, offsets = _rows(requests.offsets, unique)
    chance = candidates.pctr[rows].astype(np.float64) * candidates.pcvr[rows]
    return Kept(
        requests.placement[unique], requests.slots[unique], requests.paid[unique], offsets,
        candidates.item[rows],
        scores.organic[rows], scores.bid[rows], scores.plan[rows], chance,
        _or_ones(candidates.weight, rows), _or_ones(candidates.counts, rows),
        pair_request, plan, draw,
    )  # fmt: skip


def _or_ones(
    column: npt.NDArray[np.float32], rows: npt.NDArray[np.int64]
) -> npt.NDArray[np.float32]:
    return column[rows] if len(column) else np.ones(len(rows), np.float32)


def _cut(
    whole: Kept,
    request: npt.NDArray[np.int64],
    plan: npt.NDArray[np.int64],
    draw: npt.NDArray[np.float64],
) -> Kept:
    unique, pair_request = np.unique(request, return_inverse=True)
    rows, offsets = _rows(whole.offsets, unique)
    return Kept(
        whole.placement[unique], whole.slots[unique], whole.paid[unique], offsets, whole.item[rows],
        whole.organic[rows], whole.bid[rows], whole.plan[rows], whole.chance[rows],
        whole.weight[rows], whole.counts[rows],
        pair_request, plan, draw,
    )  # fmt: skip


def _join(parts: list[Kept]) -> Kept:
    if len(parts) == 1:
        return parts[0]
    columns = {
        name: np.concatenate([getattr(part, name) for part in parts]) for name in Kept._fields
    }
    lengths = np.concatenate([np.diff(part.offsets) for part in parts])
    columns["offsets"] = np.concatenate([[0], lengths.cumsum()])
    before = np.cumsum([0] + [len(part.slots) for part in parts[:-1]])
    columns["pair_request"] = np.concatenate(
        [part.pair_request + first for part, first in zip(parts, before, strict=True)]
    )
    return Kept(**columns)


def _add(
    sums: Floats,
    kept: Kept,
    pairs: slice,
    goods: Goods,
    target_roi: Floats,
    rules: Rules,
    pricing: str,
) -> None:
    """Add what some pairs would have had at each multiplier to `sums`, (4, p, g)."""
    plan = kept.pair_plan[pairs]
    most = len(plan) * len(GRID) * goods.exposures.shape[1]
    place, found = np.empty(most, np.int64), np.empty((FACTS, most), np.int64)
    chance, value = np.empty(most), np.empty(most)
    work = scratch(int(np.diff(kept.offsets).max(initial=1)))
    count = moved(
        kept.pair_request[pairs], plan, GRID, kept.placement, kept.slots, kept.paid,
        kept.offsets, kept.item, kept.organic, kept.bid, kept.plan, kept.chance,
        kept.weight, kept.counts, goods, target_roi, rules, work, place, found, chance, value,
    )  # fmt: skip
    facts = Facts(*found[:, :count])
    place, chance, value = place[:count], chance[:count], value[:count]
    exposure = facts.exposure / EXPOSURE_ONE
    gained = (facts.exposure - facts.exposure_organic) / EXPOSURE_ONE
    amounts = price(pricing, facts) * exposure, value * exposure, value * gained, chance * exposure
    for row, amount in enumerate(amounts):
        sums[row] += np.bincount(place, amount, sums[row].size).reshape(sums[row].shape)
