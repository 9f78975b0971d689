"""Bidding: controllers that set each plan's multiplier from the observed landscape."""

from . import constant, receding
from .outcomes import Outcomes
from .types import Controller, Landscape, Outlook, Results, bidder

__all__ = [
    "Controller",
    "Landscape",
    "Outcomes",
    "Outlook",
    "Results",
    "bidder",
    "constant",
    "receding",
]
