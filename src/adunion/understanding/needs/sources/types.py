"""What a source of needs is given and what it gives; and the registry of sources."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from adunion.kernel.registry import Registry
from adunion.understanding.embed import Embedder

from ..knowledge import Knowledge
from ..links import OrderLinks
from ..meant import product_meant
from ..nothing import nothing_phrases
from ..opinions import Opinions
from ..types import Hit, Said
from ..vectors import vectors_of
from ..words import Mention, NameFinder, PhraseIndex, names_the_thing, sizeless

_ALIKE = 0.6  # cosine of names that say nearly the same
_BARE = 0.75  # of a text's letters: names that leave hardly anything else
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
        self._kinds: dict[int, frozenset[int]] = {}

    @cached_property
    def by_words(self) -> Library:
        """The same without an embedder: nothing that is read with it is embedded."""
        if self.embedder is None:
            return self
        return Library(self.knowledge, None, self.links, self.opinions, self.advisor)

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
    def phrases_from(self) -> npt.NDArray[np.int64]:
        """Where the phrases of each situation begin, (situations + 1,)."""
        sizes = [len(situation.phrases) for situation in self.knowledge.situations]
        return np.concatenate(([0], np.cumsum(sizes, dtype=np.int64)))

    @cached_property
    def phrase_index(self) -> PhraseIndex:
        """The phrases by their words."""
        return PhraseIndex(self.phrases[0])

    @cached_property
    def phrase_vectors(self) -> Vectors:
        """The phrases by their meaning, (phrases, d)."""
        return self._centred(self.phrases[0])

    @cached_property
    def nothing_index(self) -> PhraseIndex:
        """What people say that calls for nothing, by its words."""
        return PhraseIndex(nothing_phrases())

    @cached_property
    def nothing_vectors(self) -> Vectors:
        """What people say that calls for nothing, by its meaning, (phrases, d)."""
        return self._centred(nothing_phrases())

    def centred(self, vectors: Vectors, chinese: npt.NDArray[np.bool_]) -> Vectors:
        """Unit vectors without what all phrases of their script have in common.

        All vectors of a model lean one way, and those of a language another: less that, a cosine
        tells more (Mu & Viswanath 2018, All-but-the-Top).
        """
        out = vectors - self._common[np.where(chinese, 0, 1)]
        return np.asarray(
            out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-9), np.float32
        )

    @cached_property
    def _common(self) -> Vectors:
        """The mean of the phrases in Chinese, and of the others, (2, d)."""
        assert self.embedder is not None
        vectors, chinese = vectors_of(self.phrases[0], self.embedder), self.phrases_chinese
        return np.array(
            [vectors[some].sum(0) / max(int(some.sum()), 1) for some in (chinese, ~chinese)],
            np.float32,
        )

    def _centred(self, texts: Sequence[str]) -> Vectors:
        assert self.embedder is not None
        return self.centred(vectors_of(texts, self.embedder), _chinese(texts))

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
        return self._centred(self.names[0])

    def alike(self, product: int) -> frozenset[int]:
        """A product and others of its kind: those whose name ends in its name, and those of its
        category of one head in both languages, or in one and near in meaning, that do not go with
        it. Worked out once a product.
        """
        if product not in self._kinds:
            self._kinds[product] = frozenset(self._alike(product))
        return self._kinds[product]

    def _alike(self, product: int) -> Iterator[int]:
        mine = self.knowledge.products[product]
        zh, en = mine.zh, mine.en.lower()
        for row, other in enumerate(self.knowledge.products):
            if row == product or other.zh.endswith(zh) or other.en.lower().endswith(f" {en}"):
                yield row
            elif other.category == mine.category and row not in mine.goes_with:
                same = (other.zh[-1:] == zh[-1:]) + (_head(other.en) == _head(en))
                if same == 2 or (same and self.embedder is not None and self._near(row, product)):
                    yield row

    def _near(self, one: int, other: int) -> bool:
        """Whether the Chinese or the English names of two products mean nearly the same."""
        vectors = self.name_vectors.reshape(-1, 2, self.name_vectors.shape[1])
        return float((vectors[one] * vectors[other]).sum(1).max()) >= _ALIKE

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


def _head(name: str) -> str:
    """The last word of an English name, without its plural."""
    return name.lower().rpartition(" ")[2].removesuffix("s")


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
    def sizeless(self) -> str:
        """The text without sizes."""
        return sizeless(self.text)

    @cached_property
    def said(self) -> list[Mention]:
        """Products whose names the text says; a name that hardly leaves a word counts for less
        where another word tells what the thing is, like the phone of "ốp điện thoại".
        """
        found = self.library.name_finder.find(self.sizeless)
        if len(found) == 1 and _BARE <= found[0].share < 0.99:
            only = found[0]
            if not names_the_thing(self.sizeless, only.name):
                return [replace(only, share=only.share / 2)]
        return found

    @cached_property
    def meant(self) -> Mention | None:
        """The product that it means where it does not say the name whole."""
        return product_meant(self)

    @property
    def mentions(self) -> list[Mention]:
        """Products that the text names, by its meaning or else by its words."""
        return self.said if self.meant is None else [self.meant]

    @cached_property
    def near_phrases(self) -> Vectors:
        """How near its meaning is to every phrase's, cosines (phrases,)."""
        return np.asarray(self.library.phrase_vectors @ self.vector, np.float32)

    @cached_property
    def near_names(self) -> Vectors:
        """How near its meaning is to every name's, cosines (names,)."""
        return np.asarray(self.library.name_vectors @ self.vector, np.float32)

    @cached_property
    def bare_item(self) -> bool:
        """Whether it names products and hardly says anything else, like "手机壳"."""
        return self.kind == "query" and sum(each.share for each in self.mentions) >= _BARE

    @property
    def vector(self) -> Vectors:
        """Its meaning, (d,)."""
        if self._vector is None:
            assert self.library.embedder is not None
            made = self.library.embedder.embed([self.text], "query")
            self._vector = self.library.centred(made, _chinese([self.text]))[0]
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
