"""Insight: sums by hour and day of what the event log tells, and the reports over them."""

from .service import Insight
from .types import Dimensions

__all__ = ["Dimensions", "Insight"]
