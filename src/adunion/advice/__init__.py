"""Advice: what a publisher should promote today, and why; what to mend in a title."""

from .estimates import CLICKS_PRIOR, VIEWS_PRIOR, price_level, shrunk
from .selection import emptied_by, select
from .titles import TITLE_ADVICE, advise_title
from .types import Channel, Goods, Left, Needs, Pick, Selection, Wish

__all__ = [
    "CLICKS_PRIOR",
    "TITLE_ADVICE",
    "VIEWS_PRIOR",
    "Channel",
    "Goods",
    "Left",
    "Needs",
    "Pick",
    "Selection",
    "Wish",
    "advise_title",
    "emptied_by",
    "price_level",
    "select",
    "shrunk",
]
