"""The rest of the market: what other plans lose to a newcomer, and how their bidders answer it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from adunion.decision.auction.batch import Book, Goods, Rules, Scores, Slots, new_scores, new_slots
from adunion.decision.auction.batch import run as run_auction
from adunion.decision.auction.pricing import EXPOSURE_ONE, Facts, price
from adunion.decision.auction.rank import scratch
from adunion.decision.bidding.counterfactual import FACTS, sweep
from adunion.decision.bidding.types import GRID, Controller, Landscape, Outlook, Results
from adunion.decision.page import moved_slots

from .trial import Trial, amounts

AT_ONCE = 128  # requests between which rivals' balances are theirs again
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
    outlook: Outlook


def decide(trial: Trial, book: Book, goods: Goods, rules: Rules, most: int) -> tuple[Scores, Slots]:
    """Rank the first `most` requests of a trial by the bids of a book; balances do not run down."""
    count = min(len(trial), most)
    scores = new_scores(len(trial.candidates.item))
    slots = new_slots(len(trial), goods.exposures.shape[1])
    work = scratch(int(np.diff(trial.requests.offsets).max(initial=1)))
    for first in range(0, count, AT_ONCE):
        held = book._replace(
            remaining_micros=book.remaining_micros.copy(), wallet_micros=book.wallet_micros.copy()
        )
        last = min(first + AT_ONCE, count)
        run_auction(
            first, last, trial.requests, trial.candidates, goods, held, rules, work, scores, slots
        )
    return scores, slots


@dataclass(frozen=True)
class Standing:
    """What the market expects of a page, per average request; micros."""

    plan_gmv: Floats  # (p,) counted sales of each plan
    plan_spend: Floats  # (p,)
    organic: float  # sales of what no bid moved


def standing(
    trial: Trial, book: Book, goods: Goods, rules: Rules, pricing: str, most: int
) -> Standing:
    """Sales and spend of everyone, of the first `most` requests of a trial."""
    scores, slots = decide(trial, book, goods, rules, most)
    count, plans = min(len(trial), most), len(book.alpha)
    weight = trial.weight * (trial.weight.sum() / max(trial.weight[:count].sum(), 1e-300))
    (request, slot, plan), facts = moved_slots(slots, scores, 0, count)
    value = _value(trial, goods)
    at = slots.candidate[request, slot]
    seen = facts[2] / EXPOSURE_ONE * weight[request]
    reserve = np.full((1, len(plan)), rules.reserve_micros)
    paid = price(pricing, Facts(*np.concatenate((facts, reserve))))
    sold = value[at] * seen
    shown = slots.candidate[:count]
    everything = np.where(shown >= 0, value[shown], 0) * slots.exposure[:count] / EXPOSURE_ONE
    return Standing(
        np.bincount(plan, sold, plans).astype(np.float64),
        np.bincount(plan, paid * seen, plans).astype(np.float64),
        float(weight[:count] @ everything.sum(axis=1) - sold.sum()),
    )


def answered(
    trial: Trial, plan: int, multiplier: float, rivals: Rivals, goods: Goods, rules: Rules,
    pricing: str,
) -> Floats:  # fmt: skip
    """The rivals' multipliers once their bidders have met the newcomer's bids, (p,).

    Each rival's remembered landscape is changed by what the newcomer takes from it in the trial,
    by the same requests with and without it; its own bidder comes to rest on both.
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
    before, after = (_rest(rivals, landscape) for landscape in (rivals.landscape, changed))
    ratio = np.clip(after / np.maximum(before, 1e-9), *ANSWER)
    moved: Floats = rivals.alpha * np.where(before > 0, ratio, 1.0)
    return moved


def _rest(rivals: Rivals, landscape: Landscape) -> Floats:
    """Where the bidder comes to rest on a landscape, its results as they are."""
    alpha = rivals.alpha
    for _ in range(TURNS):
        alpha = rivals.controller(landscape, rivals.results, replace(rivals.outlook, alpha=alpha))
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
        trial.bid, trial.plan, chance, trial.candidates.weight, goods, target,
        rules, work, found, orders, value,
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
    worth = (multiplier * _value(trial, goods)).astype(np.int64) - rules.reserve_micros
    return replace(trial, bid=np.where(trial.plan == plan, np.maximum(worth, 0), trial.bid))


def _value(trial: Trial, goods: Goods) -> Floats:
    """Expected GMV of each candidate, micros per seen impression."""
    chance = trial.candidates.pctr.astype(np.float64) * trial.candidates.pcvr
    value: Floats = chance * goods.value_micros[trial.candidates.item]
    return value
