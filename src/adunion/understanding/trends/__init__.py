"""Trends: what becomes of the topics that people talk about now, and what they sell."""

from .board import Board
from .commerce import Classifier
from .features import Told
from .files import forecast_file, hour_of, show
from .links import Linker
from .read import read
from .seasons import coming
from .store import TrendStore, now
from .types import Topics

__all__ = [
    "Board",
    "Classifier",
    "Linker",
    "Told",
    "Topics",
    "TrendStore",
    "coming",
    "forecast_file",
    "hour_of",
    "now",
    "read",
    "show",
]
