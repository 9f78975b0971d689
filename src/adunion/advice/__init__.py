"""Advice: what a publisher should promote today, and why."""

from .estimates import CLICKS_PRIOR, VIEWS_PRIOR, price_level, shrunk
from .selection import select
from .types import Channel, Goods, Left, Needs, Pick, Selection, Wish

__all__ = [
    "CLICKS_PRIOR",
    "VIEWS_PRIOR",
    "Channel",
    "Goods",
    "Left",
    "Needs",
    "Pick",
    "Selection",
    "Wish",
    "price_level",
    "select",
    "shrunk",
]
