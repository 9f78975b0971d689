"""Parts of a product title."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Tag(StrEnum):
    """What a part of a title names."""

    PRODUCT = "product"
    BRAND = "brand"
    MODEL = "model"
    ATTRIBUTE = "attribute"


CODES = {"HCCX": Tag.PRODUCT, "HPPX": Tag.BRAND, "XH": Tag.MODEL, "MISC": Tag.ATTRIBUTE}
"""Labels of the e-commerce NER corpus, in the order that lexicon codes use."""
TAGS = tuple(CODES.values())
SPAN_MAX = 10
"""Longest word a lexicon holds, in characters."""


@dataclass(frozen=True)
class Span:
    """Characters [start, end) of a title, what they name, and how sure the tagger is (0 to 1)."""

    start: int
    end: int
    tag: Tag
    text: str
    probability: float


@dataclass(frozen=True)
class TaggedTitle:
    """A title, its parts in order, and its words (parts and what stands between them)."""

    title: str
    spans: tuple[Span, ...]
    words: tuple[str, ...]

    def texts(self, tag: Tag) -> list[str]:
        """The parts of one kind, each once, in order."""
        return list(dict.fromkeys(span.text for span in self.spans if span.tag is tag))

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)
