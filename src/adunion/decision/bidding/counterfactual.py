"""What a plan would have won at other multipliers, its rivals as they were."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from ..auction.batch import Goods, Rules, facts_of, rank
from ..auction.rank import SCORE_MAX, Scratch

FACTS = 7  # the columns of pricing.Facts, in its order


@njit(cache=True, nogil=True)
def sweep(
    pair_request: npt.NDArray[np.int64],
    pair_plan: npt.NDArray[np.int64],
    grid: npt.NDArray[np.float64],
    placement: npt.NDArray[np.int16],
    slots_wanted: npt.NDArray[np.int16],
    paid_most: npt.NDArray[np.int16],
    offsets: npt.NDArray[np.int64],
    items: npt.NDArray[np.int32],
    organics: npt.NDArray[np.int64],
    bids: npt.NDArray[np.int64],
    plans: npt.NDArray[np.int32],
    chances: npt.NDArray[np.float64],
    goods: Goods,
    target_roi: npt.NDArray[np.float64],
    rules: Rules,
    work: Scratch,
    found: npt.NDArray[np.int64],
    chance: npt.NDArray[np.float64],
    value: npt.NDArray[np.float64],
) -> None:
    """Rank each (request, plan) pair at each multiplier of the plan.

    Writes `pricing.Facts` to `found` (7, pairs, g, K) and, for the slots the plan's items got,
    the chance of an order and its GMV in micros to `chance` and `value` (pairs, g, K).
    """
    for pair in range(len(pair_request)):
        request, plan = pair_request[pair], pair_plan[pair]
        begin, end = offsets[request], offsets[request + 1]
        item, organic = items[begin:end], organics[begin:end]
        bid = bids[begin:end].copy()
        merchant, group = goods.merchant, goods.group
        theta = goods.exposures[placement[request]]
        slots = min(int(slots_wanted[request]), len(theta))
        paid = int(paid_most[request])
        for step in range(len(grid)):
            for row in range(end - begin):
                if plans[begin + row] == plan:
                    worth = chances[begin + row] * goods.promised_micros[item[row]]
                    wanted = min(grid[step] * worth / target_roi[plan], float(SCORE_MAX // 2))
                    bid[row] = max(int(wanted) - rules.reserve_micros, 0)
            filled = rank(work, organic, bid, item, merchant, group, slots, paid, rules)
            for slot in range(filled):
                winner = work.chosen[slot]
                if plans[begin + winner] != plan or not work.counted[slot]:
                    continue
                without, payment, rival = facts_of(
                    work, slot, organic, bid, item, merchant, group, theta, slots, paid, rules
                )
                found[0, pair, step, slot] = bid[winner]
                found[1, pair, step, slot] = organic[winner]
                found[2, pair, step, slot] = theta[slot]
                found[3, pair, step, slot] = without
                found[4, pair, step, slot] = payment
                found[5, pair, step, slot] = rival
                found[6, pair, step, slot] = rules.reserve_micros
                chance[pair, step, slot] = chances[begin + winner]
                value[pair, step, slot] = (
                    chances[begin + winner] * goods.promised_micros[item[winner]]
                )
