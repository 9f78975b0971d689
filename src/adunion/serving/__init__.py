"""The hot path: decide, beacons, links."""

from .app import ServingApp
from .decide import Served, decide_one
from .link import CLICK_COOKIE
from .process import settle
from .types import IntakePort, LinkTarget, MarketPort, Noted

__all__ = [
    "CLICK_COOKIE",
    "IntakePort",
    "LinkTarget",
    "MarketPort",
    "Noted",
    "Served",
    "ServingApp",
    "decide_one",
    "settle",
]
