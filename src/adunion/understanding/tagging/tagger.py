"""Tag titles with a trained model: brand, product, model, attributes."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from ..modelfile import Arrays, ModelFile
from .corpus import Bounds, bounds
from .features import features, script
from .types import CODES, Span, TaggedTitle

FILE = ModelFile(
    "tagger", "tagger", "Train one: adunion understand train-tag DATA --out TAGGER.npz"
)
TITLE_MAX = 2_000
"""Characters of a title that are read; what is beyond stays untagged."""
NO_CODES = (0, 0, 0)


@dataclass(frozen=True)
class Tagger:
    """A CRF (CRFsuite's bytes) and the lexicons its features look words up in."""

    crf: bytes = field(repr=False)
    lexicon: dict[str, tuple[int, int, int]] = field(repr=False)

    def tag(self, title: str) -> TaggedTitle:
        """The parts of a title with their probabilities (marginals of their first character)."""
        parts = self.bounds(title)
        spans = []
        for start, end, kind in parts:
            chance = self._model.marginal(f"B-{kind}", start)
            spans.append(Span(start, end, CODES[kind], title[start:end], round(chance, 3)))
        return TaggedTitle(title, tuple(spans), tuple(_words(title, parts)))

    def bounds(self, title: str) -> list[Bounds]:
        """The parts as (start, end, code); white space and control characters are never one."""
        text = title[:TITLE_MAX]
        if not text.strip():
            return []
        labels = self._model.tag(features(text, self._codes))
        return [part for part in bounds(labels) if title[part[0] : part[1]].strip()]

    def save(self, path: Path) -> None:
        """Write it as .npz."""
        words = "\n".join(self.lexicon).encode()
        FILE.save(
            path, crf=np.frombuffer(self.crf, np.uint8),
            words=np.frombuffer(words, np.uint8),
            codes=np.array(list(self.lexicon.values()), np.uint8),
        )  # fmt: skip

    @cached_property
    def _model(self) -> Any:
        import pycrfsuite

        found = pycrfsuite.Tagger()
        found.open_inmemory(self.crf)
        return found

    def _codes(self, word: str) -> tuple[int, int, int]:
        return self.lexicon.get(word, NO_CODES)


def load(path: Path) -> Tagger:
    """A tagger that `save` wrote. Raises AdUnionError where the file is none."""
    return FILE.load(path, _tagger)


def _tagger(held: Arrays) -> Tagger:
    words = held["words"].tobytes().decode().split("\n")
    codes = [(a, b, c) for a, b, c in held["codes"].tolist()]
    found = Tagger(held["crf"].tobytes(), dict(zip(words, codes, strict=True)))
    if "O" not in found._model.labels():
        raise ValueError("its CRF has no label O")
    return found


@lru_cache(maxsize=1)
def shipped() -> Tagger:
    """The tagger that comes with the program."""
    return load(Path(str(files(__package__) / "titles.npz")))


def _words(title: str, parts: list[Bounds]) -> list[str]:
    """Parts whole; between them runs of one script."""
    found, at = [], 0
    for start, end, _ in [*parts, (len(title), len(title), "")]:
        run = at
        for k in range(at, start):
            if k > run and script(title[k]) != script(title[k - 1]):
                found.append(title[run:k])
                run = k
        found += [title[run:start], title[start:end]]
        at = end
    return [word.strip() for word in found if word.strip()]
