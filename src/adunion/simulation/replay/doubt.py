"""How far a forecast may be off: the interval of what comes, learned from forecasts before.

A figure comes as told times a level that drifts (its relative variance is what earlier forecasts of
as many auctions were off by, beyond chance), and clicks come by chance, too: a negative binomial.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import nbinom, norm

LOW, HIGH = 0.1, 0.9
CLICKS = 2  # the column that counts clicks
DRIFT_PRIOR = 0.12  # a relative deviation that counts like one forecast before

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Doubt:
    """Relative variance of the level; whether single clicks come by chance on top of it."""

    variance: float
    counted: bool

    def interval(self, told: float) -> tuple[float, float]:
        """The ends that hold 8 of 10 outcomes."""
        if not self.counted:
            wide = float(norm.ppf(HIGH)) * np.sqrt(np.log1p(self.variance))
            return told * float(np.exp(-wide)), told * float(np.exp(wide))
        size = 1 / max(self.variance, 1e-9)
        low, high = nbinom.ppf((LOW, HIGH), size, size / (size + max(told, 1e-9)))
        return float(low), float(high)


def doubts(told: Floats, came: Floats, trials: float, clicks: float) -> list[list[Doubt]]:
    """Of each level and figure, (levels, 3), from `told` and `came` (trials, levels, 3).

    `trials` is how many of them do not overlap, `clicks` how many the click rate is known by.
    """
    levels, figures = told.shape[1:]
    return [
        [
            Doubt(_drift(told[:, at, f], came[:, at, f], trials, clicks, f == CLICKS), f == CLICKS)
            for f in range(figures)
        ]
        for at in range(levels)
    ]


def _drift(told: Floats, came: Floats, trials: float, clicks: float, counted: bool) -> float:
    """Mean square of the relative errors, less that of chance where there is any."""
    expected = np.maximum(told, 1e-9)
    square = ((came - expected) ** 2 - (expected if counted else 0)) / expected**2
    weight = np.minimum(expected, 20.0) if counted else np.ones(len(expected))
    mean = (float(weight @ square / weight.sum()) * trials + DRIFT_PRIOR**2) / (trials + 1)
    return max(mean, 1 / max(clicks, 1.0) if counted else 0.0, 1e-6)
