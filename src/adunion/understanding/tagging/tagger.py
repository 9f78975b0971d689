"""Tag titles with a trained model: brand, product, model, attributes."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import numpy as np

from ..modelfile import Arrays, ModelFile
from .chain import parts
from .corpus import Bounds
from .features import features, script
from .memory import Memory
from .net import Net
from .types import CODES, Span, TaggedTitle

FILE = ModelFile(
    "tagger", "tagger", "Train one: adunion understand train-tag DATA --out TAGGER.npz", 3
)
TITLE_MAX = 2_000
"""Characters of a title that are read; what is beyond stays untagged."""


@dataclass(frozen=True)
class Tagger:
    """A network, the lexicons that its features look in, and what was taught by heart."""

    lexicon: dict[str, tuple[int, int]] = field(repr=False)
    net: Net
    memory: Memory

    def tag(self, title: str) -> TaggedTitle:
        """The parts of a title with their probabilities."""
        found = self._parts(title)
        spans = tuple(
            Span(start, end, CODES[kind], title[start:end], round(chance, 3))
            for (start, end, kind), chance in found
        )
        return TaggedTitle(title, spans, tuple(_words(title, [part for part, _ in found])))

    def bounds(self, title: str) -> list[Bounds]:
        """The parts as (start, end, code); white space and control characters are never one."""
        return [part for part, _ in self._parts(title)]

    def _parts(self, title: str) -> list[tuple[Bounds, float]]:
        text = title[:TITLE_MAX]
        if not text.strip():
            return []
        read = self.net.chances(features(text, self.lexicon.get))
        return [(part, chance) for part, chance in parts(self.memory.correct(text, read))
                if title[part[0] : part[1]].strip()]  # fmt: skip

    def save(self, path: Path) -> None:
        """Write it as .npz."""
        words = "\n".join(self.lexicon).encode()
        FILE.save(
            path, words=np.frombuffer(words, np.uint8),
            codes=np.array(list(self.lexicon.values()), np.uint8),
            memory=self.memory.keys, **self.net.arrays(),
        )  # fmt: skip


def load(path: Path) -> Tagger:
    """A tagger that `save` wrote. Raises AdUnionError where the file is none."""
    return FILE.load(path, _tagger)


def _tagger(held: Arrays) -> Tagger:
    words = held["words"].tobytes().decode().split("\n")
    codes = [(a, b) for a, b in held["codes"].tolist()]
    keys = held["memory"]
    if keys.dtype != np.uint64 or keys.ndim != 1:
        raise ValueError("its memory is of another form")
    return Tagger(dict(zip(words, codes, strict=True)), Net.of(held), Memory(keys))


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
