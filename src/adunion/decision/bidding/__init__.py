"""Bidding: controllers that set each plan's multiplier from the observed landscape."""

from . import constant, min_pacing, online_lp, pid, receding, return_target
from .door import ReturnTargetController
from .outcomes import Outcomes
from .types import Controller, Landscape, Outlook, Results, bidder

__all__ = [
    "Controller",
    "Landscape",
    "Outcomes",
    "Outlook",
    "Results",
    "ReturnTargetController",
    "bidder",
    "constant",
    "min_pacing",
    "online_lp",
    "pid",
    "receding",
    "return_target",
]
