"""What is read off a product picture."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]

SIDE = 128
"""Pictures are read at SIDE x SIDE pixels."""


@dataclass(frozen=True)
class Swatch:
    """One colour of a palette: its share of the product, CIELAB (D65), and a word in en and zh."""

    share: float
    lab: tuple[float, float, float]
    hex: str
    name: str
    name_zh: str


@dataclass(frozen=True)
class StyleWord:
    """A word merchants use of a look, how well it fits (0 to 1), and the figures behind it."""

    word: str
    word_zh: str
    score: float
    evidence: dict[str, float]


@dataclass(frozen=True)
class Guess:
    """One class of the learned head and its probability."""

    label: str
    probability: float


@dataclass(frozen=True)
class PictureReading:
    """Everything read off one picture; shares and scores are 0 to 1.

    `colourfulness` is Hasler and Suesstrunk's (2003) measure over 109, its "extremely colourful";
    `clutter` the share of edge outside the subject; `texture` the fine detail inside it;
    `layout` where the subject stands and how much of the picture it fills; `subject` whether there
    is one: a picture of one colour has none, and no class.
    """

    name: str
    width: int
    height: int
    palette: tuple[Swatch, ...]
    background: Swatch
    colourfulness: float
    clutter: float
    texture: float
    shape: dict[str, float]
    layout: dict[str, float]
    styles: tuple[StyleWord, ...]
    subject: bool
    classes: tuple[Guess, ...]
    hash: int
    sixteenths: Floats = field(repr=False)
    vector: Floats = field(repr=False)

    def as_dict(self) -> dict[str, Any]:
        """For JSON; without what is for comparing pictures."""
        found = asdict(self)
        del found["vector"], found["sixteenths"]
        return found | {"hash": f"{self.hash:016x}"}
