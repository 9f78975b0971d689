"""IPS, SNIPS and DR: the value of a policy from decisions that another one made.

Unit by unit (a request, or a row of a log): a sum of rewards each times pi / mu, the chances that
the new and the logging policy show what was shown. Intervals are of the mean over units, whose
terms are independent, so the slots of one page may hang together as they like.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from adunion.kernel.errors import invalid

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """A policy's value per unit, with the bounds of its interval."""

    name: str
    value: float
    low: float
    high: float
    error: float  # standard error

    def __sub__(self, other: float) -> float:
        return self.value - other


def estimates(
    weighted: Floats,
    weight: Floats,
    doubly: Floats,
    rows: Floats,
    level: float = 0.95,
) -> list[Estimate]:
    """IPS, SNIPS and DR of one policy, in that order.

    Args:
        weighted: (n,) by unit the sum of w * reward, w = pi / mu of what was shown.
        weight: (n,) by unit the sum of w.
        doubly: (n,) by unit what a model expects of the new policy, and the sum of w * (reward -
            what the model expects) of what was shown.
        rows: (n,) by unit how many things were shown: the mean of `weight` if pi has mu's support.
        level: of the intervals.

    IPS is unbiased where mu shows whatever pi may (Horvitz and Thompson 1952). SNIPS divides by
    the weights there were instead of those expected: a little bias for much less variance
    (Swaminathan and Joachims 2015); its error is by the delta method. DR adds to the model's answer
    what the model missed on what was shown: right where either the model or the propensities are
    (Dudik, Langford and Li 2011). Rewards are none below 0, so no interval begins there.
    """
    if len(weighted) < 2:
        raise invalid("log", "There are fewer than two decisions to judge a policy by.")
    made = [
        mean("ips", weighted, level),
        _ratio("snips", weighted, weight, float(rows.mean()), level),
        mean("dr", doubly, level),
    ]
    return [replace(each, low=max(each.low, 0.0), high=max(each.high, 0.0)) for each in made]


def effective_rows(weights: Floats) -> float:
    """Rows of equal weight that would say as much, (sum w)^2 / sum w^2 (Kish 1965)."""
    squares = float((weights**2).sum())
    return float(weights.sum()) ** 2 / squares if squares else 0.0


def mean(name: str, terms: Floats, level: float) -> Estimate:
    """The mean of independent terms (n,), with its interval."""
    return _around(name, float(terms.mean()), terms, level)


def _ratio(name: str, top: Floats, bottom: Floats, scale: float, level: float) -> Estimate:
    below = float(bottom.mean())
    if below <= 0:
        return Estimate(name, 0.0, 0.0, float("inf"), float("inf"))
    ratio = float(top.mean()) / below
    spread = (top - ratio * bottom) / below
    return _around(name, ratio * scale, spread * scale, level)


def _around(name: str, value: float, terms: Floats, level: float) -> Estimate:
    """The interval of a mean of terms like these, by Hall's transformation (1992).

    Few events of large weights are skewed: what was not seen lies above more than below, which a
    normal interval leaves out.
    """
    deviation, root = float(terms.std(ddof=1)), float(np.sqrt(len(terms)))
    if not deviation:
        return Estimate(name, value, value, value, 0.0)
    skew = float(((terms - terms.mean()) ** 3).mean()) / deviation**3
    reach = NormalDist().inv_cdf(0.5 + level / 2)
    low, high = (_untransformed(end, skew, root) for end in (reach, -reach))
    error = deviation / root
    ends = value - error * low, value - error * high
    return Estimate(name, value, min(*ends, value), max(*ends, value), error)


def _untransformed(quantile: float, skew: float, root: float) -> float:
    """A quantile of the studentised mean from that of Hall's cubic, which is normal."""
    if abs(skew) < 1e-6:
        return quantile
    cube = 1 + skew * (quantile / root - skew / (6 * root**2))
    return 3 * root / skew * (float(np.cbrt(cube)) - 1)
