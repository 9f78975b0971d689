"""A made market for one page: candidates with known chances, plans with a margin, shoppers' worth.

Nothing is drawn but the market itself: what a page earns is its expectation, so that formats differ
by what they do and not by luck.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from adunion.decision.auction.batch import Book, Candidates, Goods, Requests, unlimited_book
from adunion.kernel.clock import generator

ITEMS, CANDIDATES, SLOTS = 4_000, 60, 10
EXPOSURE = 1 / (1 + 0.12 * np.arange(SLOTS))
TAKE = 0.05  # of a sale, the platform's
PRICE_MEDIAN = 8e7  # micros
EXPERIENCE_CLICK = 0.002  # worth of a click on the best item, of the median price

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Market:
    """n requests of CANDIDATES candidates each; columns by item, by candidate, by plan."""

    requests: Requests
    candidates: Candidates
    price: npt.NDArray[np.int64]  # (items,) micros
    quality: Floats  # (items,) 0..1, what a click on it is worth to the shopper
    margin: Floats  # (items,) of the merchant, share of a sale
    plan: npt.NDArray[np.int32]  # (items,) -1 none
    margin_of: Floats  # (plans,)

    def goods(self, weight: float) -> Goods:
        """Columns for the kernel, at a weight of what a click is worth to the shopper."""
        worth = self.quality * PRICE_MEDIAN * EXPERIENCE_CLICK * weight
        item = np.arange(len(self.price), dtype=np.int32)
        theta = (EXPOSURE * 10_000)[None].astype(np.int64)
        return Goods(item, item, self.price, self.price, worth.astype(np.int64), theta)

    def book(self, alpha: Floats) -> Book:
        """The plans with their multipliers, without limits."""
        return unlimited_book(self.plan, 1 / self.margin_of, alpha)


def market(seed: int, requests: int, density: float, correlation: float, plans: int = 12) -> Market:
    """Draw a market.

    Args:
        seed: of everything.
        requests: how many pages.
        density: share of the items that are in plans.
        correlation: of an item's organic worth and its merchant's margin: at 1 those that shoppers
            like can pay most, at -1 least.
        plans: how many.
    """
    rng = generator(seed, 0xF0)
    liked, own = rng.normal(size=ITEMS), rng.normal(size=ITEMS)
    paying = correlation * liked + np.sqrt(1 - correlation**2) * own
    price = PRICE_MEDIAN * rng.lognormal(0, 0.7, ITEMS)
    quality = 1 / (1 + np.exp(-(0.6 * liked + 0.8 * rng.normal(size=ITEMS))))
    rank = np.argsort(np.argsort(paying)) / ITEMS
    margin = 0.05 * (0.40 / 0.05) ** rank
    promoted = rng.random(ITEMS) < np.minimum(2 * density * rank, 1)  # who earns more promotes more
    plan = np.where(promoted, (rank * plans).astype(np.int32), -1).astype(np.int32)
    total: Floats = np.bincount(plan[promoted], margin[promoted], plans).astype(np.float64)
    margin_of = total / np.maximum(np.bincount(plan[promoted], minlength=plans), 1)
    item = np.concatenate(
        [rng.choice(ITEMS, CANDIDATES, replace=False) for _ in range(requests)]
    ).astype(np.int32)
    fit = rng.normal(size=len(item))
    pctr = 1 / (1 + np.exp(-(-2.9 + 0.5 * liked[item] + 0.8 * fit)))
    pcvr = 1 / (1 + np.exp(-(-2.6 + 0.35 * liked[item] + 0.3 * rng.normal(size=len(item)))))
    columns = Requests(
        np.zeros(requests, np.int64), np.zeros(requests, np.int16),
        np.full(requests, SLOTS, np.int16), np.full(requests, SLOTS, np.int16),
        np.zeros(requests, np.int16), np.arange(requests + 1, dtype=np.int64) * CANDIDATES,
    )  # fmt: skip
    return Market(
        columns,
        Candidates(
            item, pctr.astype(np.float32), pcvr.astype(np.float32), np.zeros(0, np.float32)
        ),
        price.astype(np.int64), quality, margin, plan, np.maximum(margin_of, 0.05),
    )  # fmt: skip
