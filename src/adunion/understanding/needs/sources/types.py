"""What a source of needs is given and what it gives; and the registry of sources."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from adunion.kernel.registry import Registry
from adunion.understanding.embed import Embedder

from ..knowledge import Knowledge
from ..links import OrderLinks
from ..opinions import Opinions
from ..types import Hit, Said
from ..vectors import vectors_of
from ..words import Mention, NameFinder, PhraseIndex

Vectors = npt.NDArray[np.float32]


class Library:
    """Everything sources look things up in; what costs is made when it is first asked for."""

    def __init__(
        self,
        knowledge: Knowledge,
        embedder: Embedder | None = None,
        links: OrderLinks | None = None,
        opinions: Opinions | None = None,
        advisor: Advisor | None = None,
    ) -> None:
        self.knowledge = knowledge
        self.embedder = embedder
        self.links = links
        self.opinions = opinions
        self.advisor = advisor

    @cached_property
    def phrases(self) -> tuple[list[str], npt.NDArray[np.int64]]:
        """All phrases of situations, and which situation each is of."""
        said = [
            (phrase, row)
            for row, situation in enumerate(self.knowledge.situations)
            for phrase in situation.phrases
        ]
        return [phrase for phrase, _ in said], np.array([row for _, row in said], np.int64)

    @cached_property
    def phrase_index(self) -> PhraseIndex:
        """The phrases by their words."""
        return PhraseIndex(self.phrases[0])

    @cached_property
    def phrase_vectors(self) -> Vectors:
        """The phrases by their meaning, (phrases, d)."""
        assert self.embedder is not None
        return vectors_of(self.phrases[0], self.embedder)

    @cached_property
    def situation_vectors(self) -> Vectors:
        """The mean of each situation's phrases, (situations, d), of length 1."""
        vectors, owner = self.phrase_vectors, self.phrases[1]
        out = np.zeros((len(self.knowledge.situations), vectors.shape[1]), np.float32)
        np.add.at(out, owner, vectors)
        return np.asarray(out / np.linalg.norm(out, axis=1, keepdims=True), np.float32)

    @cached_property
    def phrases_chinese(self) -> npt.NDArray[np.bool_]:
        """Which phrases are in Chinese."""
        return _chinese(self.phrases[0])

    @cached_property
    def names_chinese(self) -> npt.NDArray[np.bool_]:
        """Which names are in Chinese."""
        return _chinese(self.names[0])

    def where(self, situation: int) -> str:
        """File and line of a situation, for people."""
        found = self.knowledge.situations[situation]
        return f"{found.file.rpartition('/')[2]}:{found.line}"

    @cached_property
    def names(self) -> tuple[list[str], npt.NDArray[np.int64]]:
        """The Chinese and English name of every product, and which product each is of."""
        said = [
            (name, row)
            for row, product in enumerate(self.knowledge.products)
            for name in (product.zh, product.en)
        ]
        return [name for name, _ in said], np.array([row for _, row in said], np.int64)

    @cached_property
    def name_vectors(self) -> Vectors:
        """The names by their meaning, (names, d)."""
        assert self.embedder is not None
        return vectors_of(self.names[0], self.embedder)

    @cached_property
    def needed_with(self) -> dict[int, list[int]]:
        """For each product those that the same situations call for, the most often first."""
        counts: dict[int, Counter[int]] = {}
        for situation in self.knowledge.situations:
            for product in situation.needs:
                counts.setdefault(product, Counter()).update(situation.needs)
        return {
            product: [other for other, _ in found.most_common() if other != product]
            for product, found in counts.items()
        }

    @cached_property
    def name_finder(self) -> NameFinder:
        """Finds products that a text names."""
        return NameFinder(self.knowledge.names)


def _chinese(texts: Sequence[str]) -> npt.NDArray[np.bool_]:
    return np.array([any(c >= "\u2e80" for c in text) for text in texts], np.bool_)


@dataclass
class Asked:
    """One text, and what is worked out of it once."""

    text: str
    kind: Said
    library: Library
    notes: list[str] = field(default_factory=list)  # what a source could not do, for people
    _vector: Vectors | None = field(default=None, repr=False)

    @cached_property
    def mentions(self) -> list[Mention]:
        """Products that the text names."""
        return self.library.name_finder.find(self.text)

    @cached_property
    def bare_item(self) -> bool:
        """Whether it names products and hardly says anything else, like "手机壳"."""
        return self.kind == "query" and sum(each.share for each in self.mentions) >= 0.75

    @property
    def vector(self) -> Vectors:
        """Its meaning, (d,)."""
        if self._vector is None:
            assert self.library.embedder is not None
            self._vector = self.library.embedder.embed([self.text], "query")[0]
        return self._vector


Source = Callable[[Asked], Sequence[Hit]]
"""Given a text, the needs that it speaks for; one hit a product, in any order."""

Advisor = Callable[[Asked], Sequence[Hit]]
"""A language model's word, already checked; given by who configures one."""

SOURCES: Registry[Source] = Registry("need_source")
"""Sources by name; add one with `@SOURCES.register("name")` and refit the weights."""


def rank_weight(place: int) -> float:
    """How much a place in a list that is sorted by strength is worth, the first 1."""
    return 1 / (1 + 0.12 * place)


def strongest(hits: Sequence[Hit]) -> list[Hit]:
    """One hit a product, the one with the highest score."""
    best: dict[int, Hit] = {}
    for hit in hits:
        if hit.product not in best or hit.score > best[hit.product].score:
            best[hit.product] = hit
    return list(best.values())
