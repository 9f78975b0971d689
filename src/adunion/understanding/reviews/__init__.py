"""Reviews into aspects and polarity: what is praised, what is blamed, what to improve."""

from .aspects import Aspects
from .files import Review, read_labelled, read_reviews
from .lists import load_lists
from .mining import Mined, mine
from .polarity import Polarity, load, shipped

__all__ = [
    "Aspects",
    "Mined",
    "Polarity",
    "Review",
    "load",
    "load_lists",
    "mine",
    "read_labelled",
    "read_reviews",
    "shipped",
]
