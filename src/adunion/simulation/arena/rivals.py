"""The rivals' bidders, all at once: one multiplier an advertiser a tick."""

from __future__ import annotations

import numpy as np

from .types import TICKS, Floats, Market, Period

KINDS = ("constant", "bold", "pid", "min_pacing", "planned", "planned", "receding", "eager")
"""What each category's eight do; `planned` spend by a curve fitted on another day."""

CAP = 1.5  # nobody bids more than this times its target
BOLD = 1.35
EAGER = (1.5, 0.9)  # of its target, as the day begins and ends


class Rivals:
    """48 bidders; the same rules for all of a kind, each with its own style."""

    def __init__(self, market: Market, period: Period) -> None:
        self._kind = np.array([KINDS[kind] for kind in market.kind])
        self._target, self._budget = market.target, market.budget
        self._style = period.style
        self.alpha = market.target * period.style
        self.alpha[self._kind == "bold"] *= BOLD
        self._worth = np.full(len(self.alpha), 1.0)
        self._debt = np.zeros(len(self.alpha))
        self._steer(0)

    def tick(
        self, tick: int, remaining: Floats, spent: Floats, cost: Floats, value: Floats
    ) -> None:
        """After tick - 1: what is left, spent in it, and cost and value so far."""
        left = TICKS - tick
        pace = spent * left / np.maximum(remaining, 1e-9)
        kind, alpha = self._kind, self.alpha
        pid = kind == "pid"
        alpha[pid & (pace < 0.7)] *= 1.2
        alpha[pid & (pace > 1.1)] *= 0.7
        for name, gain in (("min_pacing", 0.15), ("receding", 0.5), ("planned", 0.1)):
            rows = kind == name
            alpha[rows] *= np.clip(np.maximum(pace[rows], 0.05) ** -gain, 0.8, 1.25)
        late = (kind == "min_pacing") | (kind == "receding")
        over = late & (cost > self._target * value)
        alpha[over] = np.minimum(alpha[over], self._target[over])
        self._steer(tick)

    def _steer(self, tick: int) -> None:
        eager = self._kind == "eager"
        share = EAGER[0] + (EAGER[1] - EAGER[0]) * tick / TICKS
        self.alpha[eager] = (self._target * self._style * share)[eager]
        np.minimum(self.alpha, CAP * self._target, out=self.alpha)
