"""Whole pages of a trial: what everyone sells on them, with the newcomer and without."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from adunion.decision.auction.batch import Book, Goods, Rules, Scores, Slots, new_scores, new_slots
from adunion.decision.auction.batch import run as run_auction
from adunion.decision.auction.pricing import EXPOSURE_ONE, Facts, price
from adunion.decision.auction.rank import scratch
from adunion.decision.page import moved_slots

from .trial import Trial

AT_ONCE = 128  # requests between which rivals' balances are theirs again

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Standing:
    """What the market expects of the pages, per average request; micros."""

    counted: Floats  # (p,) sales that a bid of the plan moved
    spend: Floats  # (p,)
    sold: Floats  # (p,) all sales of the plan's items, moved or not
    merchant: float  # all sales of the newcomer's merchant, in plans or not
    whole: float  # all sales


def decide(trial: Trial, book: Book, goods: Goods, rules: Rules) -> tuple[Scores, Slots]:
    """Rank the requests of a trial by the bids of a book; balances do not run down."""
    scores = new_scores(len(trial.candidates.item))
    slots = new_slots(len(trial), goods.exposures.shape[1])
    work = scratch(int(np.diff(trial.requests.offsets).max(initial=1)))
    for first in range(0, len(trial), AT_ONCE):
        held = book._replace(
            remaining_micros=book.remaining_micros.copy(),
            wallet_micros=book.wallet_micros.copy(),
            pool_micros=book.pool_micros.copy(),
        )
        last = min(first + AT_ONCE, len(trial))
        run_auction(
            first, last, trial.requests, trial.candidates, goods, held, rules, work, scores, slots
        )
    return scores, slots


def standing(
    trial: Trial, book: Book, goods: Goods, rules: Rules, pricing: str, merchant: int
) -> Standing:
    """Sales and spend of everyone; `merchant` is the row of the newcomer's."""
    scores, slots = decide(trial, book, goods, rules)
    plans = len(book.alpha)
    (of, place, plan), facts = moved_slots(slots, scores, 0, len(trial))
    value = expected_gmv(trial, goods)
    seen = facts[2] / EXPOSURE_ONE * trial.weight[of]
    reserve = np.full((1, len(plan)), rules.reserve_micros)
    paid = price(pricing, Facts(*np.concatenate((facts, reserve))))
    counted = value[slots.candidate[of, place]] * seen
    request, slot = np.nonzero(slots.candidate >= 0)
    shown = slots.candidate[request, slot]
    sold = value[shown] * slots.exposure[request, slot] / EXPOSURE_ONE * trial.weight[request]
    item = trial.candidates.item[shown]
    return Standing(
        np.bincount(plan, counted, plans).astype(np.float64),
        np.bincount(plan, paid * seen, plans).astype(np.float64),
        np.bincount(book.item_plan[item] + 1, sold, plans + 1)[1:].astype(np.float64),
        float(sold[goods.merchant[item] == merchant].sum()),
        float(sold.sum()),
    )


def expected_gmv(trial: Trial, goods: Goods) -> Floats:
    """Of each candidate, micros per seen impression, (m,)."""
    chance = trial.candidates.pctr.astype(np.float64) * trial.candidates.pcvr
    value: Floats = chance * goods.value_micros[trial.candidates.item]
    return value
