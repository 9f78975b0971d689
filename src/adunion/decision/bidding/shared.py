"""Plans that share a budget: the money goes to where it earns most.

A plan that bids `alpha / target` of a sale's worth wins all that costs less, so at the margin a
unit of spend brings it `target / alpha` of sales. The most sales for the money are where that is
the same for all plans which their own target does not hold back (equal marginal returns): one bound
on `alpha / target` for all of them, the largest for which the money lasts.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .curves import at_alpha, fine
from .types import ALPHA_MAX, ALPHA_MIN, Floats, Landscape

STEPS = 40


def shared_alphas(
    wanted: Floats,
    target_roi: Floats,
    landscape: Landscape,
    to_come: Floats,
    pool: npt.NDArray[np.int32],
    left_micros: npt.NDArray[np.int64],
) -> Floats:
    """Multipliers within the shared budgets, (p,).

    Args:
        wanted: what each plan's own bidder asks for, (p,).
        target_roi: (p,).
        landscape: remembered, (p, g).
        to_come: requests in each plan's hours until its shared budget is to last, (p,).
        pool: row in `left_micros`, (p,); 0 shares none.
        left_micros: of each shared budget.
    """
    alpha = wanted.copy()
    rate = 1 / np.maximum(landscape.traffic, 1)[:, None]
    spend = fine(landscape.spend) * rate
    for row in np.unique(pool[pool > 0]).tolist():
        mine = np.flatnonzero((pool == row) & np.isfinite(to_come))
        if not len(mine):
            continue
        low, high = ALPHA_MIN / target_roi[mine].max(), ALPHA_MAX / target_roi[mine].min()

        def asked(bound: float, mine: npt.NDArray[np.int64] = mine) -> tuple[Floats, float]:
            held = np.minimum(wanted[mine], bound * target_roi[mine])
            return held, float(at_alpha(spend[mine] * to_come[mine, None], held).sum())

        held, total = asked(high)
        if total > left_micros[row]:
            for _ in range(STEPS):
                middle = float(np.sqrt(low * high))
                held, total = asked(middle)
                low, high = (low, middle) if total > left_micros[row] else (middle, high)
            held, _ = asked(low)
        alpha[mine] = held
    return alpha
