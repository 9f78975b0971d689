"""Who a shopper is to the market: what they looked at and bought, for those who consented."""

from .buyers import Buyers, words_of
from .profiles import CLICK, ORDER, ProfileStore
from .repository import forget, forgotten

__all__ = ["CLICK", "ORDER", "Buyers", "ProfileStore", "forget", "forgotten", "words_of"]
