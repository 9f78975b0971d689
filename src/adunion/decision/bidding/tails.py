"""How late the slow orders come: the form of their delays' tail, learnt from all plans together.

What is later than any click yet can only be told by a form. A few are tried, exponential and
lognormal; each is weighed by how well it fits the orders that have been late so far.
"""

from __future__ import annotations

import math

import numpy as np

from .types import Floats

DELAY_ENDS = np.array([0.25, 1, 3, 6, 12, 18, 24, 36, 48, 72, 96, 168])
"""Delay from click to order: hours at the ends of the buckets."""
SLOW = slice(3, None)
"""Buckets whose share of orders is a market's own."""
_MEANS = (6.0, 18.0, 72.0)  # hours, of the exponential forms
_MEDIANS, _SD = (6.0, 20.0, 80.0), 1.1  # of the lognormal ones
_LIKELY = np.array([0.05, 0.4, 0.05, 0.05, 0.4, 0.05])  # before anything is seen
_ALIKE = 5.0  # orders that tell the form as one would: no market's form is quite one of these


def tail(late: Floats, exposed: Floats, guess: float, few: float, order: float) -> Floats:
    """Slow orders by bucket, per prediction; (b,).

    Args:
        late: value of those that have come, by bucket, (b,).
        exposed: value predicted of the clicks that are old enough to show them, (b,).
        guess: of all slow orders per prediction, before anything is seen.
        few: the value that this guess counts for.
        order: value of an order.
    """
    due = _FORMS * exposed
    chance = np.maximum(due, 1e-12) / np.maximum(due.sum(axis=1, keepdims=True), 1e-9)
    fit = np.log(chance) @ (late / (order * _ALIKE))
    weight = _LIKELY * np.exp(fit - fit.max())
    size = guess * (late.sum() + few) / (guess * due.sum(axis=1) + few)
    slow: Floats = (weight * size) @ _FORMS / weight.sum()
    return slow


def _forms() -> Floats:
    """Shares of the slow orders by bucket, a row a form; what is later is in the last bucket."""
    begins = DELAY_ENDS[SLOW.start - 1 : -1].tolist()
    left = [[math.exp(-hours / mean) for hours in begins] for mean in _MEANS]
    left += [
        [math.erfc(math.log(hours / median) / _SD / math.sqrt(2)) for hours in begins]
        for median in _MEDIANS
    ]
    still = np.pad(np.array(left), ((0, 0), (0, 1)))
    shares: Floats = -np.diff(still, axis=1) / still[:, :1]
    return shares


_FORMS = _forms()
