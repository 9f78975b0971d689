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
    paid: int = 99  # bids that may count
    plan: tuple[int, ...] = ()  # whose each bid is; absent: each its own

    def with_bid(self, row: int, bid: int) -> Case:
        bids = list(self.bid)
        bids[row] = bid
        return Case(
            self.organic, bids, self.merchant, self.group, self.theta, self.merchant_cap,
            self.group_cap, self.reserve, self.paid, self.plan,
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


def page(case: Case) -> list[int]:
    """The page by its rule: down the scores while bids may count, then by organic worth."""
    rows: list[int] = []
    for _ in case.theta:
        full = sum(case.score(row) > case.organic[row] for row in rows) >= case.paid
        worth = case.organic if full else [case.score(row) for row in range(len(case.bid))]
        left = [row for row in range(len(case.bid)) if row not in rows]
        fitting = [row for row in left if allowed(case, (*rows, row))]
        if not fitting:
            break
        rows.append(min(fitting, key=lambda row: (-worth[row], row)))
    return rows


def least_payment(case: Case, row: int, slot: int) -> int:
    """What the least bids cost that reach each slot the row gained, by trying every threshold."""
    half = Case(
        [2 * worth for worth in case.organic], [2 * bid for bid in case.bid], case.merchant,
        case.group, case.theta, case.merchant_cap, case.group_cap, 0, case.paid,
    )  # fmt: skip
    own = case.organic[row]
    scores = {case.score(other) for other in range(len(case.bid))} | set(case.organic)
    least = sorted({max(score - own, 0) for score in scores})
    at_zero = page(case.with_bid(row, 0))
    home = at_zero.index(row) if row in at_zero else len(case.theta)
    total = 0
    for gained in range(slot, home):
        below = case.theta[gained + 1] if gained + 1 < len(case.theta) else 0
        for bid in least:
            tried = page(half.with_bid(row, 2 * bid + 1))
            if row in tried and tried.index(row) <= gained:
                total += (case.theta[gained] - below) * bid
                break
    return total


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
    plan = np.array(case.plan or range(count), np.int32)
    slots = len(theta)
    filled = rank(work, organic, bid, item, merchant, group, slots, case.paid, rules)
    rows = work.chosen[:filled].tolist()
    found = np.zeros((6, filled), np.int64)
    for slot, row in enumerate(rows):
        rest = (theta[slot], 0, 0)
        if work.counted[slot]:
            rest = facts_of(
                work, slot, organic, bid, plan, item, merchant, group, theta, slots, case.paid,
                rules,
            )  # fmt: skip
        found[:, slot] = bid[row], organic[row], theta[slot], *rest
    facts = Facts(*found, reserve=case.reserve)
    names = ("uplift", "gsp", "first_price")
    return Outcome(rows, facts, {name: price(name, facts).tolist() for name in names})
