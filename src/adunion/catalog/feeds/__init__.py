"""Feeds: files of items, of orders and of reviews, read, mapped and validated row by row."""

from . import delimited, jsonl, parquet, rss  # noqa: F401  they register their formats
from .items import read_items
from .mapping import Mapping, load_mapping, shipped
from .orders import read_orders
from .reviews import ReviewRows, read_reviews
from .skipped import SkipReport
from .types import FeedFile, OrderLines, Progress

__all__ = [
    "FeedFile",
    "Mapping",
    "OrderLines",
    "Progress",
    "ReviewRows",
    "SkipReport",
    "load_mapping",
    "read_items",
    "read_orders",
    "read_reviews",
    "shipped",
]
