"""Why this ad: the parts of each candidate of a kept decision, and why it stands where it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .auction.load import standing
from .explain import Reason
from .log import LoggedDecisions


@dataclass(frozen=True)
class Part:
    """One candidate, as it was ranked; money is micros per seen impression unless said.

    Exploration may show an item in another slot than the one it was ranked to: then `slot` and
    `ranked` differ, and nothing is charged.
    """

    item: bytes  # 16
    plan: bytes | None  # 16, of the plan that might bid
    slot: int  # -1 not shown
    ranked: int  # -1 to no slot
    reason: Reason
    relevance: float
    pctr: float
    pcvr: float
    value_micros: int  # GMV expected of an order
    sale_micros: int  # the platform's part of the expected sale ...
    experience_micros: int  # ... and what the click is worth to the shopper: the organic worth
    bid_micros: int
    score_micros: int
    price_micros: int
    bid_needed_micros: (
        int  # the least bid for a slot, as the others stood; 0 unless it was outranked
    )
    propensity: float


def parts(kept: LoggedDecisions, request: int = 0) -> list[Part]:
    """The candidates of one kept request, best score first."""
    rows = range(int(kept.offsets[request]), int(kept.offsets[request + 1]))
    score = kept.organic + kept.bid
    winners = sorted((row for row in rows if kept.home[row] >= 0), key=lambda at: kept.home[at])
    stands, least = standing(winners, kept.organic, kept.bid, int(kept.paid_most[request]))
    none = bytes(16)
    found = []
    for row in sorted(rows, key=lambda at: (-score[at], kept.item[at].tobytes())):
        value, plan = int(kept.value[row]), kept.plan[row].tobytes()
        pctr, pcvr = float(kept.pctr[row]), float(kept.pcvr[row])
        organic, home = int(kept.organic[row]), int(kept.home[row])
        reason = _reason(kept, request, row, stands, least, score)
        experience = min(int(pctr * int(kept.experience[row])), organic)
        found.append(
            Part(
                item=kept.item[row].tobytes(),
                plan=None if plan == none else plan,
                slot=int(kept.slot[row]),
                ranked=home,
                reason=reason,
                relevance=float(kept.relevance[row]),
                pctr=pctr,
                pcvr=pcvr,
                value_micros=value,
                sale_micros=organic - experience,
                experience_micros=experience,
                bid_micros=int(kept.bid[row]),
                score_micros=int(score[row]),
                price_micros=int(kept.price[row]),
                bid_needed_micros=max(least - organic, 0)
                if least is not None and reason in ("outranked", "ad_load")
                else 0,
                propensity=float(kept.propensity[row]),
            )
        )
    return found


def _reason(
    kept: LoggedDecisions, request: int, row: int, stands: dict[int, int], least: int | None,
    score: npt.NDArray[np.int64],
) -> Reason:  # fmt: skip
    if kept.home[row] >= 0:
        return "moved" if kept.moved[row] else "organic"
    better = [at for at, its in stands.items() if its >= score[row]]
    same = [at for at in better if kept.merchant[at] == kept.merchant[row]]
    if sum(kept.group[at] == kept.group[row] for at in same) >= kept.group_cap[request]:
        return "group_cap"
    if len(same) >= kept.merchant_cap[request]:
        return "merchant_cap"
    full = least is None or least > min(stands.values(), default=0)
    return "ad_load" if kept.bid[row] > 0 and full else "outranked"
