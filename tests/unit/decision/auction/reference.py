"""The auction by trying everything: slow, obvious, and what the kernel must agree with."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import permutations

import numpy as np

from adunion.decision.auction.batch import Rules, facts_of, rank
from adunion.decision.auction.pricing import Facts, price
from adunion.decision.auction.rank import scratch


@dataclass(frozen=True)
class Case:
    """One request: candidate i is item row i."""

    organic: list[int]
    bid: list[int]
    merchant: list[int]
    group: list[int]
    theta: list[int]
    merchant_cap: int = 2
    group_cap: int = 1
    reserve: int = 0

    def with_bid(self, row: int, bid: int) -> Case:
        bids = list(self.bid)
        bids[row] = bid
        return Case(
            self.organic, bids, self.merchant, self.group, self.theta, self.merchant_cap,
            self.group_cap, self.reserve,
        )  # fmt: skip

    def score(self, row: int) -> int:
        return self.organic[row] + max(self.bid[row] - self.reserve, 0)


def allowed(case: Case, rows: tuple[int, ...]) -> bool:
    """Whether a page keeps the caps."""
    merchants = Counter(case.merchant[row] for row in rows)
    groups = Counter((case.merchant[row], case.group[row]) for row in rows)
    return all(count <= case.merchant_cap for count in merchants.values()) and all(
        count <= case.group_cap for count in groups.values()
    )


def best_welfare(case: Case) -> int:
    """max of sum theta_k r over all allowed pages of any length."""
    best = 0
    for slots in range(min(len(case.theta), len(case.bid)) + 1):
        for rows in permutations(range(len(case.bid)), slots):
            if allowed(case, rows):
                best = max(
                    best, sum(t * case.score(r) for t, r in zip(case.theta, rows, strict=False))
                )
    return best


@dataclass(frozen=True)
class Outcome:
    """What the kernel says of a case."""

    rows: list[int]  # by slot
    facts: Facts  # by slot
    price: dict[str, list[int]]

    def slot_of(self, row: int) -> int:
        return self.rows.index(row) if row in self.rows else len(self.facts.bid) + 99


def kernel(case: Case) -> Outcome:
    """Run the compiled auction on a case."""
    count = len(case.bid)
    work, rules = scratch(max(count, 1)), Rules(0.1, case.merchant_cap, case.group_cap)
    item = np.arange(count, dtype=np.int32)
    organic, bid, theta = (np.array(x, np.int64) for x in (case.organic, case.bid, case.theta))
    bid = np.maximum(bid - case.reserve, 0)
    merchant, group = (np.array(x, np.int32) for x in (case.merchant, case.group))
    slots = len(theta)
    filled = rank(work, organic, bid, item, merchant, group, slots, rules)
    rows = work.chosen[:filled].tolist()
    found = np.zeros((7, filled), np.int64)
    for slot, row in enumerate(rows):
        rest = facts_of(work, slot, organic, item, merchant, group, theta, slots, filled, rules)
        found[:, slot] = bid[row], organic[row], theta[slot], *rest
    facts = Facts(*found, reserve=case.reserve)
    names = ("uplift", "gsp", "first_price")
    return Outcome(rows, facts, {name: price(name, facts).tolist() for name in names})
