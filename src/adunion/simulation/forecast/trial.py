"""Replayed requests that could show a plan's items, ranked again at a grid of multipliers.

A multiplier here is alpha / target, what a bid is of the expected sale; so one ranking serves every
target (a shared landscape), and all targets meet the same requests (common random numbers).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from adunion.decision.auction.batch import Candidates, Goods, Requests, Rules
from adunion.decision.auction.pricing import EXPOSURE_ONE, Facts, price
from adunion.decision.auction.rank import scratch
from adunion.decision.bidding.counterfactual import FACTS, sweep
from adunion.decision.bidding.sample import PER_PLAN

STEPS = 24
ALPHAS = (0.1, 20.0)  # the multipliers of a plan that a response covers, at every target
_AT_ONCE = 512

Floats = npt.NDArray[np.float64]


def multipliers(targets: Sequence[float]) -> Floats:
    """Bids as a share of the expected sale, (g,), that cover what plans of these targets bid."""
    grid: Floats = np.geomspace(ALPHAS[0] / max(targets), ALPHAS[1] / min(targets), STEPS)
    return grid


@dataclass(frozen=True)
class Trial:
    """r requests whose candidates hold an item of the plan, with bids of everyone but the plan."""

    requests: Requests
    candidates: Candidates
    organic: npt.NDArray[np.int64]  # (m,) scores, micros per seen impression
    bid: npt.NDArray[np.int64]  # (m,) of the rivals; the plan's own are ignored
    plan: npt.NDArray[np.int32]  # (m,) row of the book, -1 none
    weight: Floats  # (r,) what part each is of one average request of the plan's hours
    newcomer: Floats  # (r,) 1 never bought from the merchant, 0 did, NaN not known

    def __len__(self) -> int:
        return len(self.weight)


@dataclass(frozen=True)
class Response:
    """What each request of a trial would bring at each multiplier; (r, g) expected micros."""

    multipliers: Floats  # (g,)
    spend: Floats
    moved: Floats
    added: Floats
    orders: Floats
    weight: Floats  # (r,)
    newcomer: Floats  # (r,)

    def curve(self, name: str) -> Floats:
        """One column per average request of the plan's hours, (g,)."""
        summed: Floats = self.weight @ getattr(self, name)
        return summed

    def newcomers(self) -> Floats:
        """Orders of people who never bought from the merchant, per average request, (g,)."""
        known = ~np.isnan(self.newcomer)
        share = np.where(known, self.newcomer, 0) * self.weight
        told = (self.weight * known) @ self.orders
        new: Floats = share @ self.orders
        all_orders = self.curve("orders")
        return np.where(told > 0, new / np.maximum(told, 1e-300), 1.0) * all_orders

    def glimpses(self, count: int, rng: np.random.Generator) -> dict[str, Floats]:
        """Curves as a bidder sees them by the few requests of a sample, (count, g) each.

        Of requests that may show the plan it keeps `PER_PLAN` a tick, and before the launch.
        """
        whole, names = float(self.weight.sum()), ("spend", "moved", "added", "orders")
        if not whole > 0:
            return {name: np.tile(self.curve(name), (count, 1)) for name in names}
        drawn = rng.multinomial(PER_PLAN, self.weight / whole, size=count) * (whole / PER_PLAN)
        return {name: drawn @ getattr(self, name) for name in names}

    def error(self) -> tuple[float, float]:
        """Relative standard errors of GMV and of spend per GMV, by sampling, at a middling bid."""
        at = int(np.searchsorted(self.multipliers, 0.3).clip(0, len(self.multipliers) - 1))
        moved, spend = (self.weight * column[:, at] for column in (self.moved, self.spend))
        total = moved.sum()
        if total <= 0:
            return 1.0, 0.0
        rest = spend - spend.sum() / total * moved
        volume = np.sqrt((moved**2).sum()) / total
        cost = np.sqrt((rest**2).sum()) / max(spend.sum(), 1e-300)
        return float(volume), float(cost)


def respond(
    trial: Trial, plan: int, grid: Floats, goods: Goods, rules: Rules, pricing: str
) -> Response:
    """Rank every request at every multiplier of the plan (its row in the trial), and price it."""
    sums = np.zeros((4, len(trial), len(grid)))
    work = scratch(int(np.diff(trial.requests.offsets).max(initial=1)))
    chance = trial.candidates.pctr.astype(np.float64) * trial.candidates.pcvr
    targets = np.ones(plan + 1)
    for first in range(0, len(trial), _AT_ONCE):
        rows = np.arange(first, min(first + _AT_ONCE, len(trial)))
        shape = (FACTS, len(rows), len(grid), goods.exposures.shape[1])
        found = np.zeros(shape, np.int64)
        orders, value = np.zeros(shape[1:]), np.zeros(shape[1:])
        sweep(
            rows, np.full(len(rows), plan), grid, trial.requests.placement,
            trial.requests.slots, trial.requests.paid, trial.requests.offsets,
            trial.candidates.item, trial.organic, trial.bid, trial.plan, chance,
            trial.candidates.weight, trial.candidates.counts, goods, targets, rules, work, found,
            orders, value,
        )  # fmt: skip
        for row, amount in enumerate(amounts(found, orders, value, pricing)):
            sums[row, rows] = amount
    spend, moved, added, count = sums
    return Response(grid, spend, moved, added, count, trial.weight, trial.newcomer)


def amounts(
    found: npt.NDArray[np.int64], orders: Floats, value: Floats, pricing: str
) -> tuple[Floats, Floats, Floats, Floats]:
    """What `sweep` found, as spend, moved and added GMV and orders; (pairs, g) expected micros."""
    facts = Facts(*found)
    exposure = np.where(facts.moved, facts.exposure, 0) / EXPOSURE_ONE
    gained = np.where(facts.moved, facts.exposure - facts.exposure_organic, 0) / EXPOSURE_ONE
    paid = price(pricing, facts)
    columns = (paid * exposure, value * exposure, value * gained, orders * exposure)
    spend, moved, added, count = (column.sum(axis=2) for column in columns)
    return spend, moved, added, count
