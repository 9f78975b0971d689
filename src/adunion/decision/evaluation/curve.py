"""What the weight of experience does: sales, the platform's revenue and experience at each weight.

Logged requests are ranked and priced again by the production kernel, and their pages worked out by
the models' expectations. Bids stand as they were logged: controllers would move them a little.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit

from ..auction.batch import Rules, facts_of, rank
from ..auction.pricing import EXPOSURE_ONE, Facts, price
from ..auction.rank import Scratch, scratch
from ..log import LoggedDecisions

FACTORS = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
"""Times the weight that was logged."""

Micros = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Point:
    """Expected per thousand requests, money in minor units."""

    weight_bps: float
    gmv: float
    media: float
    take: float
    experience: float  # of what is seen, 1 for the best item
    liked: float  # clicks, each as much as the experience of its item: worth to shoppers
    sponsored: float  # share of what is seen that a bid moved

    @property
    def platform(self) -> float:
        """Media and the platform's part of sales."""
        return self.media + self.take


def experience_curve(log: LoggedDecisions, pricing: str, reserve_micros: int = 0) -> list[Point]:
    """A point for each of `FACTORS`; `log` has at least one request."""
    return [_point(log, factor, pricing, reserve_micros) for factor in FACTORS]


def _point(log: LoggedDecisions, factor: float, pricing: str, reserve_micros: int) -> Point:
    lengths = np.diff(log.offsets)
    clicks = log.pctr.astype(np.float64)
    sales = clicks * log.pcvr * log.value
    take = np.repeat(log.take_bps / 10_000, lengths)
    organic = (take * sales + clicks * log.experience * factor).astype(np.int64)
    shape = log.exposures.shape
    row, found = np.full(shape, -1, np.int64), np.zeros((5, *shape), np.int64)
    rules = Rules(0.0, int(log.merchant_cap[0]), int(log.group_cap[0]), reserve_micros)
    work = scratch(int(lengths.max(initial=1)))
    _rank(
        log.offsets, log.exposures.astype(np.int64), log.paid_most, organic, log.bid,
        np.unique(log.plan, return_inverse=True)[1].astype(np.int32), log.merchant,
        log.group, rules, work, row, found,
    )  # fmt: skip
    facts = Facts(
        bid=found[0],
        organic=organic[row],
        exposure=found[1],
        exposure_organic=found[2],
        payment=found[3],
        rival=found[4],
        reserve=reserve_micros,
    )
    theta = np.where(row >= 0, facts.exposure / EXPOSURE_ONE, 0.0)
    prices = price(pricing, facts)
    unit = float(log.unit[0])
    per_thousand = 1_000 / len(log)
    seen = max(float(theta.sum()), 1e-9)
    best = max(int(log.experience.max(initial=0)), 1)
    return Point(
        weight_bps=float(log.experience_bps.mean()) * factor,
        gmv=float((theta * sales[row]).sum()) / unit * per_thousand,
        media=float((theta * prices).sum()) / unit * per_thousand,
        take=float((theta * (take * sales)[row]).sum()) / unit * per_thousand,
        experience=float((theta * log.experience[row]).sum()) / best / seen,
        liked=float((theta * (clicks * log.experience)[row]).sum()) / best * per_thousand,
        sponsored=float(theta[facts.moved].sum()) / seen,
    )


@njit(cache=True, nogil=True)
def _rank(
    offsets: Micros,
    exposures: Micros,
    paid_most: npt.NDArray[np.int16],
    organic: Micros,
    bid: Micros,
    plan: npt.NDArray[np.int32],
    merchant: npt.NDArray[np.int32],
    group: npt.NDArray[np.int32],
    rules: Rules,
    work: Scratch,
    row: Micros,
    found: Micros,
) -> None:
    """Who gets each slot, and bid, exposures, payment and rival of `pricing.Facts`, (5, r, K)."""
    for request in range(len(offsets) - 1):
        begin, end = offsets[request], offsets[request + 1]
        item = np.arange(end - begin).astype(np.int32)
        own, offer = organic[begin:end], bid[begin:end]
        theta = exposures[request]
        slots = 0
        while slots < len(theta) and theta[slots] > 0:
            slots += 1
        merchants, groups = merchant[begin:end], group[begin:end]
        paid = int(paid_most[request])
        filled = rank(work, own, offer, item, merchants, groups, slots, paid, rules)
        for slot in range(filled):
            winner = work.chosen[slot]
            row[request, slot] = begin + winner
            found[1, request, slot] = theta[slot]
            found[2, request, slot] = theta[slot]
            if not work.counted[slot]:
                continue
            without, payment, rival = facts_of(
                work, slot, own, offer, plan[begin:end], item, merchants, groups, theta, slots,
                paid, rules,
            )  # fmt: skip
            found[0, request, slot] = offer[winner]
            found[2, request, slot] = without
            found[3, request, slot] = payment
            found[4, request, slot] = rival
