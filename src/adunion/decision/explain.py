"""Why each candidate stands where it stands, and what it would have cost to stand elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from .auction.batch import Candidates, Goods, Requests, Rules, Scores, Slots
from .auction.load import standing
from .auction.pricing import EXPOSURE_ONE, Micros
from .book import PlanBook

Reason = Literal["organic", "moved", "outranked", "merchant_cap", "group_cap", "ad_load"]


@dataclass(frozen=True)
class Explanation:
    """One candidate; money is micros per seen impression, `sale` and `value` expectations."""

    item: int  # catalog row
    slot: int  # -1 not shown
    reason: Reason
    relevance: float
    pctr: float
    pcvr: float
    sale_micros: int  # o_i: the platform's part of the expected sale ...
    experience_micros: int  # ... and what the click is worth to the shopper
    value_micros: int  # pctr * pcvr * GMV of an order
    plan: int  # row of the plan that may bid, -1 none
    alpha: float
    target_roi: float
    bid_micros: int
    score_micros: int
    price_micros: int
    exposure: float
    exposure_organic: float
    bid_needed_micros: int  # the least bid for a slot, as the others stand; 0 where shown


def explain(
    request: int,
    requests: Requests,
    candidates: Candidates,
    relevance: npt.NDArray[np.float32],
    scores: Scores,
    slots: Slots,
    prices: Micros,
    goods: Goods,
    plans: PlanBook,
    rules: Rules,
) -> list[Explanation]:
    """All candidates of one decided request, best score first."""
    begin, end = requests.offsets[request], requests.offsets[request + 1]
    pctr, pcvr, paid = candidates.pctr, candidates.pcvr, int(requests.paid[request])
    score = scores.organic + scores.bid
    winners = [row for row in slots.candidate[request].tolist() if row >= 0]
    slot_of = {row: slot for slot, row in enumerate(winners)}
    stands, least = standing(winners, scores.organic, scores.bid, paid)
    explained = []
    for row in sorted(range(begin, end), key=lambda at: (-score[at], candidates.item[at])):
        item, plan, slot = int(candidates.item[row]), int(scores.plan[row]), slot_of.get(row, -1)
        value = float(pctr[row]) * float(pcvr[row]) * int(goods.value_micros[item])
        explained.append(
            Explanation(
                item=item,
                slot=slot,
                reason=_reason(
                    row,
                    slot,
                    request,
                    candidates,
                    score,
                    int(scores.bid[row]),
                    slots,
                    stands,
                    least,
                    goods,
                    rules,
                ),
                relevance=float(relevance[row]),
                pctr=float(pctr[row]),
                pcvr=float(pcvr[row]),
                sale_micros=int(rules.take * value),
                experience_micros=int(float(pctr[row]) * int(goods.experience_micros[item])),
                value_micros=int(value),
                plan=plan,
                alpha=float(plans.alpha[plan]) if plan >= 0 else 0.0,
                target_roi=float(plans.target_roi[plan]) if plan >= 0 else 0.0,
                bid_micros=int(scores.bid[row]),
                score_micros=int(score[row]),
                price_micros=int(prices[request, slot]) if slot >= 0 else 0,
                exposure=float(slots.exposure[request, slot]) / EXPOSURE_ONE if slot >= 0 else 0.0,
                exposure_organic=(
                    float(slots.exposure_organic[request, slot]) / EXPOSURE_ONE
                    if slot >= 0
                    else 0.0
                ),
                bid_needed_micros=max(least - int(scores.organic[row]), 0)
                if slot < 0 and least is not None
                else 0,
            )
        )
    return explained


def _reason(
    row: int,
    slot: int,
    request: int,
    candidates: Candidates,
    score: Micros,
    bid: int,
    slots: Slots,
    stands: Mapping[int, int],
    least: int | None,
    goods: Goods,
    rules: Rules,
) -> Reason:
    if slot >= 0:
        moved = slots.exposure[request, slot] > slots.exposure_organic[request, slot]
        return "moved" if moved else "organic"
    better = [at for at, its in stands.items() if its >= score[row]]
    items = candidates.item[better]
    item = candidates.item[row]
    same_merchant = goods.merchant[items] == goods.merchant[item]
    if (same_merchant & (goods.group[items] == goods.group[item])).sum() >= rules.group_cap:
        return "group_cap"
    if same_merchant.sum() >= rules.merchant_cap:
        return "merchant_cap"
    full = least is None or least > min(stands.values(), default=0)
    return "ad_load" if full and bid > 0 else "outranked"
