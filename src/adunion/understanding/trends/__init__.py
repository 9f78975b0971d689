"""Trends: what becomes of the topics that people talk about now."""

from .files import forecast_file, hour_of, show
from .read import read
from .types import Topics

__all__ = ["Topics", "forecast_file", "hour_of", "read", "show"]
