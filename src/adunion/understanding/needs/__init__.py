"""What people need: from what they type, write and buy, to product types and items."""

from .finder import NeedFinder
from .knowledge import Knowledge, check
from .links import OrderLinks
from .match import ItemMatcher
from .sources import SOURCES, Asked, Library
from .types import KINDS, Need, Reading, Said
from .weigh import Weights

__all__ = [
    "KINDS",
    "SOURCES",
    "Asked",
    "ItemMatcher",
    "Knowledge",
    "Library",
    "Need",
    "NeedFinder",
    "OrderLinks",
    "Reading",
    "Said",
    "Weights",
    "check",
]
