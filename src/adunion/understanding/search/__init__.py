"""Search: a catalog's items by what people type."""

from .dense import embedded, searcher
from .feed import read_catalog
from .index import SearchIndex
from .measure import interval, ndcg, permutation_p, read_ratings
from .query import Searcher
from .store import load, save
from .types import Hit, SearchItem

__all__ = [
    "Hit",
    "SearchIndex",
    "SearchItem",
    "Searcher",
    "embedded",
    "interval",
    "load",
    "ndcg",
    "permutation_p",
    "read_catalog",
    "read_ratings",
    "save",
    "searcher",
]
