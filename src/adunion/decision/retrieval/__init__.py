"""From a request to the items worth ranking: several retrievals, merged without duplicates."""

from . import cart, co_purchase, dense, lexical, needs, planned, popular, taste
from .complements import Complements
from .merge import retrieve
from .state import RetrievalState
from .types import RETRIEVALS, Lists, Routes
from .understood import Understood, learn_carts, moved

__all__ = [
    "RETRIEVALS",
    "Complements",
    "Lists",
    "RetrievalState",
    "Routes",
    "Understood",
    "cart",
    "co_purchase",
    "dense",
    "learn_carts",
    "lexical",
    "moved",
    "needs",
    "planned",
    "popular",
    "retrieve",
    "taste",
]
