"""Titles into parts: product, brand, model, attributes."""

from .corpus import bounds, f1, read_tagged
from .tagger import Tagger, load, shipped
from .train import train
from .types import Span, Tag, TaggedTitle

__all__ = [
    "Span",
    "Tag",
    "TaggedTitle",
    "Tagger",
    "bounds",
    "f1",
    "load",
    "read_tagged",
    "shipped",
    "train",
]
