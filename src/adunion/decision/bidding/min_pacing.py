"""Min-pacing: a dual multiplier for the budget and one for the return, the stricter one bids.

Each follows its own gradient a step a tick, on what the present multiplier spends and brings
(Balseiro, Bhawalkar, Feng, Lu, Mirrokni, Sivan and Wang 2023). The bid's multiplier is their least,
so one number carries both from tick to tick.
"""

from __future__ import annotations

import numpy as np

from .curves import at_alpha, per_request
from .types import ALPHA_MAX, ALPHA_MIN, Floats, Landscape, Outlook, Results, bidder

STEP = 0.2  # of the gradient, over its own size


@bidder.register("min_pacing")
def min_pacing(landscape: Landscape, results: Results, outlook: Outlook) -> Floats:
    """A step along the stricter of the two gradients."""
    alpha = np.clip(outlook.alpha, ALPHA_MIN, ALPHA_MAX)
    spend, moved = (at_alpha(curve, alpha) for curve in per_request(landscape)[:2])
    endless = ~np.isfinite(outlook.traffic_to_end)
    even = outlook.budget_left_micros / np.maximum(np.where(endless, 1, outlook.traffic_to_end), 1)
    budget = np.where(endless, 1.0, (even - spend) / np.maximum(np.maximum(even, spend), 1e-9))
    worth = moved * _sold_share(results) / outlook.target_roi
    gain = (worth - spend) / np.maximum(np.maximum(worth, spend), 1e-9)
    stepped = alpha * np.exp(STEP * np.minimum(budget, gain))
    known = landscape.moved.max(axis=1) > 0
    return np.where(known, np.clip(stepped, ALPHA_MIN, ALPHA_MAX), outlook.alpha)


def _sold_share(results: Results) -> Floats:
    """Sales over those predicted, 1 while there are few."""
    per_order = results.gmv_micros / np.maximum(results.orders, 1)
    trust = np.maximum(20 * per_order, 1.0)
    share: Floats = (results.gmv_micros + trust) / (results.matured_micros + trust)
    return np.clip(share, 0.4, 10.0)
