"""A plan's first multiplier: it bids in requests of before, until the bidder is content.

Without it a plan starts at 1 and finds its level hour by hour, at its merchant's cost.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from ..auction.batch import HOUR_US, MONDAY_HOURS
from ..book import NEVER_US, UNLIMITED, PlanBook
from .types import Controller, Floats, Landscape, Outlook, Results

ROUNDS = 2  # new plans meet each other: what one bids changes what another sees
STEPS = 20  # of a bidder that moves only part of the way at a time
TRUST_REQUESTS = 8.0  # the first multiplier is believed like this many requests

Rows = npt.NDArray[np.int64]


def as_running(book: PlanBook, fresh: Rows) -> PlanBook:
    """A copy of the book in which the new plans run already and lack nothing."""
    start, end, remaining = book.start_us.copy(), book.end_us.copy(), book.remaining_micros.copy()
    start[fresh], end[fresh], remaining[fresh] = 0, NEVER_US, UNLIMITED
    wallet_micros = book.wallet_micros.copy()
    wallet_micros[book.wallet[fresh]] = UNLIMITED
    return replace(
        book,
        start_us=start,
        end_us=end,
        remaining_micros=remaining,
        wallet_micros=wallet_micros,
    )


def traffic_in_hours(book: PlanBook, at_us: npt.NDArray[np.int64]) -> Floats:
    """Requests in each plan's hours of the week, (p,)."""
    hour = (at_us // HOUR_US + MONDAY_HOURS) % book.dayparts.shape[1]
    counts: Floats = book.dayparts[:, hour].sum(axis=1).astype(np.float64)
    return counts


def settle(
    bid: Controller,
    book: PlanBook,
    fresh: Rows,
    seen: npt.NDArray[np.int64],
    landscape: Landscape,
    results: Results,
    outlook: Outlook,
) -> None:
    """Set the new plans' multipliers to where the bidder stops moving them.

    `seen` (p,) is how many requests each could have bid in; few of them move it little.
    """
    alpha = book.alpha.copy()
    for _ in range(STEPS):
        alpha[fresh] = bid(landscape, results, replace(outlook, alpha=alpha))[fresh]
    trust = seen[fresh] / (seen[fresh] + TRUST_REQUESTS)
    before = book.alpha[fresh]
    book.alpha[fresh] = before * (np.maximum(alpha[fresh], 1e-6) / before) ** trust
