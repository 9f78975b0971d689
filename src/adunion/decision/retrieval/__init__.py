"""From a request to the items worth ranking: several retrievals, merged without duplicates."""

from . import co_purchase, dense, lexical, planned, popular
from .complements import Complements
from .merge import retrieve
from .state import RetrievalState
from .types import RETRIEVALS, Lists, Routes

__all__ = [
    "RETRIEVALS",
    "Complements",
    "Lists",
    "RetrievalState",
    "Routes",
    "co_purchase",
    "dense",
    "lexical",
    "planned",
    "popular",
    "retrieve",
]
