"""Finding needs: every source speaks, learnt weights add it up, and items answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from .intents import noise, read_intent, wears_out
from .match import ItemMatcher
from .nothing import calls_for_nothing
from .sources import SOURCES, Asked, Library
from .types import Evidence, Hit, Need, Reading, Said
from .weigh import Weights, features

TEXT_CHARS_MAX = 2_000
"""Of a longer text its beginning is read."""
NEEDS_MAX = 12
STRENGTH_MIN = 0.15
_HAS = 0.5  # what another of what a review is about counts, unless that no longer serves
_SURE = 0.3  # below this for its best need, a text says nothing


class NeedFinder:
    """Reads texts against one library; give it a matcher for items."""

    def __init__(
        self,
        library: Library,
        weights: Weights | None = None,
        matcher: ItemMatcher | None = None,
        sources: Iterable[str] | None = None,
    ) -> None:
        self.library = library
        self._weights = weights or Weights.load("all" if library.embedder else "words")
        self._matcher = matcher
        chosen = SOURCES.names() if sources is None else sorted(sources)
        self._sources = [(name, SOURCES.get(name)) for name in chosen]

    def read(self, text: str, kind: Said = "query", most: int = NEEDS_MAX) -> Reading:
        """What a text needs, strongest first; says why where it is nothing."""
        plain = " ".join(text[:TEXT_CHARS_MAX].split())
        shown = plain[:200]
        nothing = noise(text[:TEXT_CHARS_MAX])
        if nothing:
            return Reading(shown, kind, "noise", nothing)
        intent, looks = read_intent(plain, kind)
        if not looks:
            return Reading(shown, kind, intent, f"{intent}: asks for no product")
        asked = Asked(plain, kind, self.library)
        if calls_for_nothing(asked):
            return Reading(shown, kind, "talk", "small talk, news or facts: calls for no product")
        needs = self.needs(asked, most)
        if not needs or needs[0].strength < _SURE:
            notes = tuple(asked.notes)
            return Reading(shown, kind, intent, "no need was recognised", notes=notes)
        if self._matcher is not None:
            products, matcher = self.library.knowledge.products, self._matcher
            needs = [
                replace(
                    need, items=matcher.items(*products[need.product].names, kind=need.category_zh)
                )
                for need in needs
            ]
        intent = "item" if asked.bare_item else intent
        return Reading(shown, kind, intent, "", tuple(needs), tuple(asked.notes))

    def hits(self, asked: Asked) -> dict[str, Sequence[Hit]]:
        """What every source says, without what is asked for already."""
        own = self._substitutes(asked)
        said = {name: [h for h in source(asked) if h.product not in own]
                for name, source in self._sources}  # fmt: skip
        return {name: hits for name, hits in said.items() if hits}

    def needs(self, asked: Asked, most: int = NEEDS_MAX) -> list[Need]:
        """The needs of a text, strongest first."""
        said = self.hits(asked)
        rows = features(said)
        strength = self._weights.strength(list(rows.values()))
        strength *= [_HAS if row in self._bought(asked) else 1.0 for row in rows]
        ranked = sorted(zip(rows, strength.tolist(), strict=True), key=lambda pair: -pair[1])
        return [
            self._need(product, value, said)
            for product, value in ranked[:most]
            if value >= STRENGTH_MIN
        ]

    def _need(self, row: int, strength: float, said: dict[str, Sequence[Hit]]) -> Need:
        speaks = [(name, hit) for name, hits in said.items() for hit in hits if hit.product == row]
        speaks.sort(key=lambda pair: -pair[1].score)
        knowledge = self.library.knowledge
        product = knowledge.products[row]
        category = knowledge.categories[product.category]
        told = next((hit for _, hit in speaks if hit.why_zh), None)
        return Need(
            row, product.zh, product.en, category[0], category[1], strength,
            told.why_zh if told else "名称与原话意思相近",
            told.why_en if told else "its name is near the text",
            tuple(Evidence(name, hit.score, hit.evidence) for name, hit in speaks),
        )  # fmt: skip

    def _bought(self, asked: Asked) -> frozenset[int]:
        """What a review says its writer has, and that it still serves."""
        if asked.kind != "review" or wears_out(asked.text):
            return frozenset()
        return frozenset(mention.product for mention in asked.said)

    def _substitutes(self, asked: Asked) -> frozenset[int]:
        """The products asked for by name, and others of their kind: someone has those in mind."""
        if not asked.bare_item:
            return frozenset()
        mine = {mention.product for mention in asked.mentions}
        return frozenset().union(*(self.library.alike(row) for row in mine))
