"""Other policies over logged decisions: the same candidates, ranked and explored otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from adunion.kernel.errors import invalid

from ..auction.batch import Rules, rank
from ..auction.rank import SLOTS_MAX, Scratch, scratch
from ..explore import at_home, elsewhere
from ..log import LoggedDecisions

RANKINGS = ("joint", "organic", "pctr", "relevance", "gmv")
"""joint: organic worth and bids; organic: without bids; else by that one expectation."""
_SCORE = 1e6

Floats = npt.NDArray[np.float64]
Micros = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Policy:
    """What to change; None leaves it as it was logged."""

    ranking: str = "joint"
    experience_bps: int | None = None
    take_bps: int | None = None
    merchant_cap: int | None = None
    group_cap: int | None = None
    explore_bps: int | None = None

    def __post_init__(self) -> None:
        if self.ranking not in RANKINGS:
            raise invalid("ranking", f"No ranking {self.ranking!r}.", f"Use one of {RANKINGS}.")
        for name in ("take_bps", "explore_bps", "experience_bps"):
            value = getattr(self, name)
            if value is not None and not 0 <= value <= 10_000:
                raise invalid(name, f"{name} is {value}.", "Give 0 to 10000.")
        for name in ("merchant_cap", "group_cap"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise invalid(name, f"{name} is {value}.", "Give 1 or more.")


class Reranked(NamedTuple):
    """By logged request and slot, (r, K): the new policy against what was shown.

    `weight` is pi / mu of the item shown there (0 where nothing was), `row` the candidate row of
    that item. `expected` is the chance that each candidate (c, K) has each slot under the new
    policy, `supported` (r,) the share of its slots that the log could have shown.
    """

    weight: Floats
    row: npt.NDArray[np.int64]
    expected: Floats
    supported: Floats


def rerank(log: LoggedDecisions, policy: Policy) -> Reranked:
    """Rank every logged request anew under a policy, with the production kernel."""
    organic, bid = _scores(log, policy)
    shape = log.exposures.shape
    out = Reranked(
        np.zeros(shape),
        np.full(shape, -1, np.int64),
        np.zeros((len(log.item), shape[1])),
        np.zeros(len(log)),
    )
    work = scratch(int(np.diff(log.offsets).max(initial=1)))
    explore = _given(policy.explore_bps, log.explore_bps)
    caps = (
        _given(policy.merchant_cap, log.merchant_cap), _given(policy.group_cap, log.group_cap),
    )  # fmt: skip
    _rerank(
        log.offsets, log.exposures, log.paid_most, organic, bid, log.organic, log.bid, log.merchant,
        log.group, log.slot,
        log.propensity, log.explore_bps, explore, *caps, log.merchant_cap, log.group_cap,
        work, out,
    )  # fmt: skip
    return out


def _given(value: int | None, logged: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    return logged if value is None else np.full(len(logged), value, np.int32)


def _scores(log: LoggedDecisions, policy: Policy) -> tuple[Micros, Micros]:
    """(c,) each: what a candidate is worth to the policy, and its bid; micros a sight."""
    none = np.zeros(len(log.item), np.int64)
    clicks = log.pctr.astype(np.float64)
    sales = clicks * log.pcvr * log.value
    if policy.ranking == "pctr":
        return np.asarray(clicks * _SCORE, np.int64), none
    if policy.ranking == "relevance":
        return np.asarray(log.relevance.astype(np.float64) * _SCORE, np.int64), none
    if policy.ranking == "gmv":
        return np.asarray(sales, np.int64), none
    worth = log.organic
    if policy.take_bps is not None or policy.experience_bps is not None:
        lengths = np.diff(log.offsets)
        take = np.repeat(_given(policy.take_bps, log.take_bps) / 10_000, lengths)
        worth = (take * sales + clicks * _experience(log, policy)).astype(np.int64)
    return worth, none if policy.ranking == "organic" else log.bid


def _experience(log: LoggedDecisions, policy: Policy) -> Floats:
    """(c,) what a click is worth to the shopper, micros, at the policy's weight."""
    if policy.experience_bps is None:
        return log.experience.astype(np.float64)
    if (log.experience_bps == 0).any():
        raise invalid(
            "experience_bps", "Some decisions were logged with an experience weight of 0.",
            "Judge a time in which experience counted: --days.",
        )  # fmt: skip
    factor = policy.experience_bps / log.experience_bps
    return np.asarray(log.experience * np.repeat(factor, np.diff(log.offsets)))


@njit(cache=True, nogil=True)
def _rerank(
    offsets: Micros, exposures: npt.NDArray[np.int32], paid_most: npt.NDArray[np.int16],
    organic: Micros, bid: Micros, organic_was: Micros, bid_was: Micros,
    merchants: npt.NDArray[np.int32], groups: npt.NDArray[np.int32],
    slots_shown: npt.NDArray[np.int16],
    propensities: npt.NDArray[np.float32], explored_bps: npt.NDArray[np.int32],
    explore_bps: npt.NDArray[np.int32], merchant_cap: npt.NDArray[np.int32],
    group_cap: npt.NDArray[np.int32], merchant_cap_was: npt.NDArray[np.int32],
    group_cap_was: npt.NDArray[np.int32], work: Scratch, out: Reranked,
) -> None:  # fmt: skip
    for request in range(len(offsets) - 1):
        begin, end = offsets[request], offsets[request + 1]
        count = end - begin
        slots = 0
        while slots < exposures.shape[1] and exposures[request, slots] > 0:
            slots += 1
        paid, item = int(paid_most[request]), np.arange(count, dtype=np.int32)
        merchant, group = merchants[begin:end], groups[begin:end]
        rules = Rules(0.0, merchant_cap_was[request], group_cap_was[request], 0)
        wide = min(2 * slots, SLOTS_MAX)
        before = rank(
            work,
            organic_was[begin:end],
            bid_was[begin:end],
            item,
            merchant,
            group,
            wide,
            paid,
            rules,
        )
        reach_before = np.full(count, -1)
        for place in range(before):
            reach_before[work.chosen[place]] = place
        rules = Rules(0.0, merchant_cap[request], group_cap[request], 0)
        ranked = rank(
            work, organic[begin:end], bid[begin:end], item, merchant, group, wide, paid, rules
        )
        filled, filled_before = min(slots, ranked), min(slots, before)
        share, share_before = explore_bps[request] / 1e4, explored_bps[request] / 1e4
        ranked, before = min(ranked, 2 * filled), min(before, 2 * filled_before)
        stay, leave = at_home(share, filled, ranked), elsewhere(share, filled, ranked)
        could = 0.0
        for place in range(ranked):
            candidate = work.chosen[place]
            place_before = reach_before[candidate]
            for slot in range(filled):
                chance = stay if place == slot else (2 * leave if place < filled else leave)
                out.expected[begin + candidate, slot] = chance
                at = place_before == slot
                if at or (share_before > 0 and 0 <= place_before < before):
                    could += chance
        out.supported[request] = could / max(filled, 1)
        for row in range(begin, end):
            slot = slots_shown[row]
            if slot >= 0 and propensities[row] > 0:
                out.row[request, slot] = row
                out.weight[request, slot] = out.expected[row, slot] / propensities[row]
