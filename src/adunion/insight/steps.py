"""The price of the next step: what another target would bring, read off the landscape.

For each hour it is known what the plan would have spent and sold at each multiplier of its bids,
rivals as they were. A target is met by the largest multiplier whose sales still return it, so two
targets compare on the same traffic. Change and interval are the median and the quantiles of one
bootstrap over hours (Efron 1979), as hours differ and in each only a sample of the requests was
looked at; sales per predicted sale, which few orders tell little of, vary in it like a gamma of as
many orders; and what is gained or lost comes by chance: k orders more vary by their square root.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from adunion.decision.bidding.reach import ORDERS_A_WEEK
from adunion.decision.bidding.types import GRID
from adunion.decision.seen import CURVES, TRUST_ORDERS
from adunion.kernel.clock import generator

Floats = npt.NDArray[np.float64]

FACTORS = (0.75, 0.875, 1.125, 1.25)
"""Targets shown beside the present one."""
FINE = np.geomspace(GRID[0], GRID[-1], 241)
RESAMPLES = 400
HOURS_LEAST = 6  # with fewer nothing can be said of another day
LEVEL = 0.8
_SPEND, _MOVED, _ORDERS = (CURVES.index(name) for name in ("spend", "moved", "orders"))


@dataclass(frozen=True)
class Seen:
    """A plan's landscapes of h hours; `curves` is (h, 3, g), see `decision.seen.CURVES`."""

    traffic: Floats  # (h,)
    curves: Floats
    alpha: float
    ratio: float  # sales per predicted sale
    orders: int = 0  # that the ratio was learned from

    def __len__(self) -> int:
        return len(self.traffic)


@dataclass(frozen=True)
class Step:
    """Another target: changes to the present one, an 80 % interval of GMV of as many hours."""

    target_roi: float
    gmv: float
    gmv_low: float
    gmv_high: float
    spend: float
    orders: float
    most: bool  # no higher bid brings more: what is left is not for sale


def steps(seen: Seen | None, target_roi: float) -> list[Step]:
    """Steps by rising target; none where too little was seen or the plan met nothing at all."""
    if seen is None or len(seen) < HOURS_LEAST or target_roi <= 0:
        return []
    fine = _fine(seen.curves)
    hours = len(seen)
    draws = generator(hours, 0x57E9).integers(0, hours, (RESAMPLES, hours))
    weights = np.zeros((RESAMPLES + 1, hours))
    np.add.at(weights, (np.arange(RESAMPLES)[:, None] + 1, draws), 1)
    weights[0] = 1  # the first is what was seen
    curves = np.einsum("rh,hcg->rcg", weights, fine)
    trust = seen.orders + TRUST_ORDERS
    chance = generator(hours, 0x57EA).gamma(trust, 1 / trust, RESAMPLES)
    ratio = seen.ratio * np.append(1.0, chance)[:, None]
    now = _at_target(curves, target_roi, ratio)
    if now[0, _MOVED] <= 0:
        return []
    return [_step(curves, now, target_roi * factor, ratio) for factor in FACTORS]


def out_of_reach(seen: Seen | None, target_roi: float) -> bool:
    """Whether the target keeps a plan from the orders that it could have at another one.

    Fewer than `ORDERS_A_WEEK` a week, and a plan never leaves the learning stage.
    """
    if seen is None or len(seen) < HOURS_LEAST:
        return False
    curves = _fine(seen.curves).sum(axis=0) * 168 / len(seen)
    meets = seen.ratio * curves[_MOVED] >= target_roi * curves[_SPEND]
    at_target = np.where(meets, curves[_ORDERS], 0).max()
    return bool(at_target < ORDERS_A_WEEK <= curves[_ORDERS].max())


def _step(curves: Floats, now: Floats, target_roi: float, ratio: Floats) -> Step:
    then = _at_target(curves, target_roi, ratio)
    change = (then / np.maximum(now, 1e-9) - 1)[1:]
    more = np.abs(then - now)[1:, _ORDERS]
    luck = generator(len(more), 0x57EB).standard_normal(len(more)) / np.sqrt(np.maximum(more, 1e-9))
    tail = (1 - LEVEL) / 2
    middle = np.median(change, axis=0)
    low, high = np.quantile(change[:, _MOVED] * (1 + luck), [tail, 1 - tail])
    top = curves[0, _MOVED, -1]
    return Step(
        target_roi=round(target_roi, 3),
        gmv=float(middle[_MOVED]),
        gmv_low=float(min(low, middle[_MOVED])),
        gmv_high=float(max(high, middle[_MOVED])),
        spend=float(middle[_SPEND]),
        orders=float(middle[_ORDERS]),
        most=bool(then[0, _MOVED] >= top * (1 - 1e-9)),
    )


def _at_target(curves: Floats, target_roi: float, ratio: Floats) -> Floats:
    """(r, 3) at the largest multiplier whose sales return the target; at the least, if none."""
    meets = ratio * curves[:, _MOVED] >= target_roi * curves[:, _SPEND]
    sold = meets & (curves[:, _MOVED] > 0)
    last = np.where(sold.any(axis=1), sold.shape[1] - 1 - np.argmax(sold[:, ::-1], axis=1), 0)
    chosen: Floats = curves[np.arange(len(curves)), :, last]
    return chosen


def _fine(curves: Floats) -> Floats:
    """Curves on `GRID` to `FINE`, straight between the points."""
    at = np.interp(np.log(FINE), np.log(GRID), np.arange(len(GRID)))
    left = np.minimum(at.astype(np.int64), len(GRID) - 2)
    share = at - left
    between: Floats = curves[..., left] * (1 - share) + curves[..., left + 1] * share
    return between


def best_step(found: Sequence[Step]) -> Step | None:
    """The smallest lowering of the target that is likely to bring more."""
    lower = [one for one in found if one.gmv > 0 and one.gmv_low > 0]
    return lower[-1] if lower else None
