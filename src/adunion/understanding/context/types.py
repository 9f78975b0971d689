"""What a page, article, transcript or chat is about."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from adunion.understanding.needs import Need

Level = Literal["safe", "caution", "unsafe"]


@dataclass(frozen=True)
class Page:
    """The readable text of a document: its title and its paragraphs in order."""

    title: str
    paragraphs: tuple[str, ...]

    @property
    def text(self) -> str:
        """All of it, the title first."""
        return "\n".join([self.title, *self.paragraphs]).strip()


@dataclass(frozen=True)
class Topic:
    """A subject, how much of the text it is (0 to 1), and the words that say so."""

    key: str
    zh: str
    en: str
    share: float
    words: tuple[str, ...]


@dataclass(frozen=True)
class Concern:
    """A reason why goods may not belong beside this text: its words, or sentences without any."""

    key: str
    zh: str
    en: str
    level: Level
    words: tuple[str, ...]


@dataclass(frozen=True)
class Category:
    """A category of goods that fits, and how well (0 to 1)."""

    zh: str
    en: str
    fit: float


@dataclass(frozen=True)
class ContextReading:
    """Everything read off one text. `safety` is the worst of its `concerns`; where it is unsafe
    there are no categories and no needs, so that nothing is sold beside it.
    """

    title: str
    language: str
    characters: int
    topics: tuple[Topic, ...]
    mood: str
    mood_score: float
    safety: Level
    concerns: tuple[Concern, ...]
    categories: tuple[Category, ...]
    needs: tuple[Need, ...]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)
