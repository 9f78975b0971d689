"""How the bidders of other plans answer a newcomer."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from adunion.decision.auction.batch import Goods, Rules
from adunion.decision.auction.rank import scratch
from adunion.decision.bidding.counterfactual import FACTS, sweep
from adunion.decision.bidding.types import GRID, Controller, Landscape, Outlook, Results

from .pages import expected_gmv
from .trial import Trial, amounts

PAIRS_MAX = 400  # (request, rival) pairs that are ranked at every multiplier, with and without
PAIRS_A_RIVAL = 40
TURNS = 12  # of a rival's bidder, to come to rest
ANSWER = (0.5, 2.0)  # how far a rival's multiplier is taken to move

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Rivals:
    """What the bidders of the other plans know; rows as in the book."""

    controller: Controller
    target: Floats  # (p + 1,) with the newcomer's last
    alpha: Floats  # (p,)
    landscape: Landscape  # (p, GRID), remembered
    results: Results
    later: Results  # what they will know once chance has evened out
    outlook: Outlook


def answered(
    trial: Trial, plan: int, multiplier: float, rivals: Rivals, goods: Goods, rules: Rules,
    pricing: str,
) -> Floats:  # fmt: skip
    """The rivals' multipliers once their bidders have met the newcomer's bids, (p,).

    Each rival's remembered landscape is changed by what the newcomer takes from it in the trial,
    by the same requests with and without it. Its own bidder comes to rest on the one with what it
    knows now, and on the other with what it will know: what luck its orders have had till now is
    made good soon, and no forecast of the days to come.
    """
    bids = _with_bids(trial, plan, multiplier, goods, rules)
    request, rival = _pairs(trial, plan)
    if not len(request):
        return rivals.alpha
    without = _landscape(trial, request, rival, rivals.target, goods, rules, pricing)
    within = _landscape(bids, request, rival, rivals.target, goods, rules, pricing)
    traffic = rivals.landscape.traffic
    change = within + without * -1.0
    scaled = [
        getattr(rivals.landscape, name) + getattr(change, name)[:-1] * traffic[:, None]
        for name in ("spend", "moved", "added", "orders")
    ]
    changed = Landscape(traffic, *(np.maximum(column, 0) for column in scaled))
    before = _rest(rivals, rivals.landscape, rivals.results)
    after = _rest(rivals, changed, rivals.later)
    ratio = np.clip(after / np.maximum(before, 1e-9), *ANSWER)
    moved: Floats = rivals.alpha * np.where(before > 0, ratio, 1.0)
    return moved


def _rest(rivals: Rivals, landscape: Landscape, results: Results) -> Floats:
    """Where the bidder comes to rest on a landscape, its results staying as they are."""
    alpha = rivals.alpha
    for _ in range(TURNS):
        alpha = rivals.controller(landscape, results, replace(rivals.outlook, alpha=alpha))
    return alpha


def _pairs(trial: Trial, plan: int) -> tuple[Ints, Ints]:
    """Requests in which rivals may bid, some of each."""
    of = np.repeat(np.arange(len(trial)), np.diff(trial.requests.offsets))
    bidding = (trial.plan >= 0) & (trial.plan != plan)
    key = np.unique(trial.plan[bidding].astype(np.int64) * len(trial) + of[bidding])
    rival, request = np.divmod(key, max(len(trial), 1))
    place = np.arange(len(key)) - np.searchsorted(rival, rival)
    kept = np.flatnonzero(place < PAIRS_A_RIVAL)
    kept = kept[:: max(1, -(-len(kept) // PAIRS_MAX))]
    return request[kept], rival[kept]


def _landscape(
    trial: Trial, request: Ints, rival: Ints, target: Floats, goods: Goods, rules: Rules,
    pricing: str,
) -> Landscape:  # fmt: skip
    """Per average request of the market, from some pairs scaled up to all of the trial's."""
    shape = (FACTS, len(request), len(GRID), goods.exposures.shape[1])
    found, orders, value = np.zeros(shape, np.int64), np.zeros(shape[1:]), np.zeros(shape[1:])
    chance = trial.candidates.pctr.astype(np.float64) * trial.candidates.pcvr
    work = scratch(int(np.diff(trial.requests.offsets).max(initial=1)))
    sweep(
        request, rival, GRID, trial.requests.placement, trial.requests.slots,
        trial.requests.paid, trial.requests.offsets, trial.candidates.item, trial.organic,
        trial.bid, trial.plan, chance, trial.candidates.weight, trial.candidates.counts,
        goods, target, rules, work, found, orders, value,
    )  # fmt: skip
    scale = _scale(trial, request, rival, len(target))
    sums = np.zeros((4, len(target), len(GRID)))
    for row, amount in enumerate(amounts(found, orders, value, pricing)):
        np.add.at(sums[row], rival, amount * scale[:, None])
    return Landscape(np.ones(len(target)), *sums)


def _scale(trial: Trial, request: Ints, rival: Ints, plans: int) -> Floats:
    """Of each pair: its request's weight, times all the rival's requests over those chosen."""
    of = np.repeat(np.arange(len(trial)), np.diff(trial.requests.offsets))
    bidding = trial.plan >= 0
    key = np.unique(trial.plan[bidding].astype(np.int64) * len(trial) + of[bidding])
    every = np.bincount(key // len(trial), trial.weight[key % len(trial)], plans)
    chosen = np.bincount(rival, trial.weight[request], plans)
    scaled: Floats = trial.weight[request] * (every / np.maximum(chosen, 1e-300))[rival]
    return scaled


def _with_bids(trial: Trial, plan: int, multiplier: float, goods: Goods, rules: Rules) -> Trial:
    worth = (multiplier * expected_gmv(trial, goods)).astype(np.int64) - rules.reserve_micros
    return replace(trial, bid=np.where(trial.plan == plan, np.maximum(worth, 0), trial.bid))
