"""Who a shopper is to the market: what they looked at and bought, for those who consented."""

from .buyers import Buyers, words_of
from .facets import SHELVES, Facets
from .people import (
    BANDS,
    PEOPLE_MIN,
    Also,
    People,
    Persona,
    Segment,
    Stage,
    noisy_count,
    persona,
    shares,
)
from .profiles import CART, CLICK, FAVOURITE, ORDER, SEEN, ProfileStore
from .repository import forget, forgotten
from .scenes import Scenes, hours_table

__all__ = [
    "BANDS",
    "CART",
    "CLICK",
    "FAVOURITE",
    "ORDER",
    "PEOPLE_MIN",
    "SEEN",
    "SHELVES",
    "Also",
    "Buyers",
    "Facets",
    "People",
    "Persona",
    "ProfileStore",
    "Scenes",
    "Segment",
    "Stage",
    "forget",
    "forgotten",
    "hours_table",
    "noisy_count",
    "persona",
    "shares",
    "words_of",
]
