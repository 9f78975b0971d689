"""Who a shopper is to the market: what they looked at and bought, for those who consented."""

from .buyers import Buyers, words_of
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
from .profiles import CLICK, ORDER, ProfileStore
from .repository import forget, forgotten

__all__ = [
    "BANDS",
    "CLICK",
    "ORDER",
    "PEOPLE_MIN",
    "Also",
    "Buyers",
    "People",
    "Persona",
    "ProfileStore",
    "Segment",
    "Stage",
    "forget",
    "forgotten",
    "noisy_count",
    "persona",
    "shares",
    "words_of",
]
