"""Types of needs: what people can need, what they say, and what was found in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Said = Literal["query", "review", "question", "chat"]
"""What kind of text it is."""

KINDS: tuple[Said, ...] = ("query", "review", "question", "chat")


@dataclass(frozen=True)
class Product:
    """A type of product that someone can need."""

    zh: str
    en: str
    category: int  # row of `Knowledge.categories`
    also: tuple[str, ...]  # other names, any language
    goes_with: tuple[int, ...]  # rows of products, strongest first
    line: int
    file: str

    @property
    def names(self) -> tuple[str, ...]:
        """Every name."""
        return (self.zh, self.en, *self.also)


@dataclass(frozen=True)
class Situation:
    """What people say or live through, and the products that it calls for."""

    phrases: tuple[str, ...]  # Chinese first, then English and other languages
    needs: tuple[int, ...]  # rows of products, strongest first
    why_zh: str
    why_en: str
    line: int
    file: str


@dataclass(frozen=True)
class Hit:
    """One source's word for one need."""

    product: int  # row
    score: float  # 0..1 on the source's own scale
    evidence: str  # the row it rests on, for people
    why_zh: str = ""
    why_en: str = ""


@dataclass(frozen=True)
class Evidence:
    """A source that speaks for a need."""

    source: str
    score: float
    row: str


@dataclass(frozen=True)
class Item:
    """An item of a catalog that answers a need."""

    id: str
    title: str
    relevance: float  # 0..1


@dataclass(frozen=True)
class Need:
    """A need that was found, with why, how surely, and who says so."""

    product: int  # row, -1 where only a language model knows it
    zh: str
    en: str
    category_zh: str
    category_en: str
    strength: float  # 0..1: the share of such needs that are right
    why_zh: str
    why_en: str
    evidence: tuple[Evidence, ...]
    items: tuple[Item, ...] = ()


@dataclass(frozen=True)
class Reading:
    """What one text says."""

    text: str
    kind: Said
    intent: str  # what is asked or said: need, item, price, size, complaint ...; noise
    nothing: str  # why there are no needs; "" where there are some
    needs: tuple[Need, ...] = ()
    notes: tuple[str, ...] = field(default=())  # what a source could not do

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "text": self.text,
            "kind": self.kind,
            "intent": self.intent,
            "nothing": self.nothing,
            "needs": [
                {
                    "zh": need.zh, "en": need.en,
                    "category": {"zh": need.category_zh, "en": need.category_en},
                    "strength": round(need.strength, 3),
                    "why": {"zh": need.why_zh, "en": need.why_en},
                    "evidence": [
                        {"source": each.source, "score": round(each.score, 3), "row": each.row}
                        for each in need.evidence
                    ],
                    "items": [
                        {"id": each.id, "title": each.title,
                         "relevance": round(each.relevance, 3)}
                        for each in need.items
                    ],
                }
                for need in self.needs
            ],
            "notes": list(self.notes),
        }  # fmt: skip
