"""Tag titles with a trained model: brand, product, model, attributes."""

from __future__ import annotations

import lzma
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from ..modelfile import Arrays, ModelFile
from .chain import LABELS, Chances, parts
from .corpus import Bounds
from .features import Features, features, script
from .net import Net
from .types import CODES, Span, TaggedTitle

FILE = ModelFile(
    "tagger", "tagger", "Train one: adunion understand train-tag DATA --out TAGGER.npz", 2
)
TITLE_MAX = 2_000
"""Characters of a title that are read; what is beyond stays untagged."""
SHARE = 0.45
"""Of the networks in the chances; the rest is the CRF's."""


@dataclass(frozen=True)
class Tagger:
    """A CRF (CRFsuite's bytes), networks beside it, and the lexicons that their features look in.

    The CRF remembers what it has seen, the networks find what is alike; their chances are averaged.
    """

    crf: bytes = field(repr=False)
    lexicon: dict[str, tuple[int, int, int]] = field(repr=False)
    nets: tuple[Net, ...] = ()

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
        found = features(text, self.lexicon.get)
        chances = self._by_crf(found)
        if self.nets:
            by_nets = sum(net.chances(found) for net in self.nets) / len(self.nets)
            chances = (1 - SHARE) * chances + SHARE * by_nets
        return [(part, chance) for part, chance in parts(chances)
                if title[part[0] : part[1]].strip()]  # fmt: skip

    def _by_crf(self, found: Features) -> Chances:
        """Chance of each of `LABELS` at each character."""
        model, known = self._model, self._labels
        model.set(found)
        marginal = model.marginal
        out = np.zeros((len(found), len(LABELS)))
        for column, label in known:
            out[:, column] = [marginal(label, at) for at in range(len(found))]
        return out

    def save(self, path: Path) -> None:
        """Write it as .npz."""
        words = "\n".join(self.lexicon).encode()
        FILE.save(
            path, crf=np.frombuffer(lzma.compress(self.crf), np.uint8),
            words=np.frombuffer(words, np.uint8),
            codes=np.array(list(self.lexicon.values()), np.uint8),
            **{f"{at}.{name}": each for at, net in enumerate(self.nets)
               for name, each in net.arrays().items()},
        )  # fmt: skip

    @cached_property
    def _model(self) -> Any:
        import pycrfsuite

        found = pycrfsuite.Tagger()
        found.open_inmemory(self.crf)
        return found

    @cached_property
    def _labels(self) -> list[tuple[int, str]]:
        """Columns of `LABELS` that the CRF knows, without O: what is no part needs no chance."""
        known = set(self._model.labels())
        return [(at, label) for at, label in enumerate(LABELS) if at and label in known]


def load(path: Path) -> Tagger:
    """A tagger that `save` wrote. Raises AdUnionError where the file is none."""
    return FILE.load(path, _tagger)


def _tagger(held: Arrays) -> Tagger:
    words = held["words"].tobytes().decode().split("\n")
    codes = [(a, b, c) for a, b, c in held["codes"].tolist()]
    try:
        crf = lzma.decompress(held["crf"].tobytes())
    except lzma.LZMAError as error:
        raise ValueError(f"its CRF cannot be unpacked ({error})") from None
    nets: list[Net] = []
    while f"{len(nets)}.names" in held:
        of = f"{len(nets)}."
        own = {name.removeprefix(of): each for name, each in held.items() if name.startswith(of)}
        nets.append(Net.of(own))
    found = Tagger(crf, dict(zip(words, codes, strict=True)), tuple(nets))
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
