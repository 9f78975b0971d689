"""A regulator of the return and of the budget's pace: the classic feedback bidder.

In velocity form: the multiplier is the state, the return so far is the integral of the error, the
return of what is bought now its proportional part; the slower of return and pace moves it.
"""

from __future__ import annotations

import numpy as np

from .curves import at_alpha, per_request
from .types import ALPHA_MAX, ALPHA_MIN, Floats, Landscape, Outlook, Results, bidder

PROPORTIONAL, INTEGRAL, PACE = 0.15, 0.15, 0.3
ERROR_MAX = 1.0
TRUST_ORDERS = 10.0  # the return so far counts as on target while there are few


@bidder.register("pid")
def pid(landscape: Landscape, results: Results, outlook: Outlook) -> Floats:
    """One step of the regulator."""
    alpha = np.clip(outlook.alpha, ALPHA_MIN, ALPHA_MAX)
    spend, moved = (at_alpha(curve, alpha) for curve in per_request(landscape)[:2])
    due: Floats = spend * outlook.target_roi
    now = _error(moved, due)
    pending = np.maximum(results.expected_micros - results.matured_micros, 0)
    trust: Floats = TRUST_ORDERS * results.gmv_micros / np.maximum(results.orders, 1)
    sold: Floats = results.gmv_micros + pending + trust
    owed: Floats = results.spend_micros * outlook.target_roi + trust
    so_far = _error(sold, owed)
    endless = ~np.isfinite(outlook.traffic_to_end)
    ahead = np.where(endless, 0, outlook.traffic_to_end)
    left: Floats = outlook.budget_left_micros.astype(np.float64)
    pace = np.where(endless, ERROR_MAX, _error(left, spend * ahead))
    step = np.minimum(PROPORTIONAL * now + INTEGRAL * so_far, PACE * pace)
    known = landscape.moved.max(axis=1) > 0
    return np.where(known, np.clip(alpha * np.exp(step), ALPHA_MIN, ALPHA_MAX), outlook.alpha)


def _error(have: Floats, want: Floats) -> Floats:
    """Logarithm of have over want, within `ERROR_MAX`; 0 where there is neither."""
    least = 1e-9
    error: Floats = np.log((have + least) / (want + least))
    return np.clip(error, -ERROR_MAX, ERROR_MAX)
