"""Off-policy evaluation: what another policy would have earned, from what this one logged."""

from .curve import Point, experience_curve
from .estimators import Estimate, estimates
from .policies import RANKINGS, Policy, rerank
from .tabular import Log, read_log, target_of

__all__ = [
    "RANKINGS",
    "Estimate",
    "Log",
    "Point",
    "Policy",
    "estimates",
    "experience_curve",
    "read_log",
    "rerank",
    "target_of",
]
