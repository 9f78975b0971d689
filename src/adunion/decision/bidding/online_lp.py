"""Online linear programming: the dual price of the requests seen so far, used on those to come.

Each tick solves the plan's linear programme on the whole landscape it remembers, as if what is to
come were like it, and bids that multiplier (Agrawal, Wang and Ye 2014; Li and Ye 2022). It looks
at predictions only: what was really sold does not move it.
"""

from __future__ import annotations

import numpy as np

from .curves import affordable, largest, per_request
from .types import Floats, Landscape, Outlook, Results, bidder


@bidder.register("online_lp")
def online_lp(landscape: Landscape, results: Results, outlook: Outlook) -> Floats:  # noqa: ARG001
    """The largest multiplier at which past requests would have met target and budget."""
    spend, moved, _ = per_request(landscape)
    wanted = np.minimum(
        largest(moved - outlook.target_roi[:, None] * spend), affordable(spend, outlook)
    )
    return np.where(landscape.moved.max(axis=1) > 0, wanted, outlook.alpha)
