"""Types of search: what is indexed, and what is found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

FIELDS = ("title", "label", "description", "attributes")
"""What is searched; `label` is brand and category."""


@dataclass(frozen=True, slots=True)
class SearchItem:
    """One item as search reads it; texts may be in any language."""

    id: str
    title: str
    title_en: str = ""
    brand: str = ""
    category: str = ""
    description: str = ""
    attributes: str = ""  # values as one text
    gtin: str = ""
    mpn: str = ""
    price_minor: int = 0
    currency: str = ""

    def texts(self) -> tuple[str, str, str, str]:
        """The text of each of `FIELDS`."""
        title = f"{self.title} {self.title_en}" if self.title_en else self.title
        label = f"{self.brand} {self.category}"
        return title, label, self.description, f"{self.attributes} {self.mpn}"


@dataclass(frozen=True, slots=True)
class Hit:
    """One item found: its row in the index, its id, and how surely it is what was meant, 0..1."""

    row: int
    id: str
    score: float


@dataclass(frozen=True, slots=True)
class Alternative:
    """Other words for concepts `first` to `last` of a query, all of which an item must say."""

    first: int
    last: int
    tokens: tuple[str, ...]
    weight: float  # of what the words themselves would count for


@dataclass(frozen=True, slots=True)
class Query:
    """A query as it is searched for: concepts in order, each a token, and other words for them."""

    text: str
    concepts: Sequence[str]
    alternatives: Sequence[Alternative] = field(default=())
    codes: Sequence[str] = field(default=())  # as identifiers are written: letters and digits
