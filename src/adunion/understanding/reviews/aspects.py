"""What a review speaks of, clause by clause."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from adunion.understanding.search.words import plain

from .grams import CHARS_MAX

CLAUSES_MAX = 60
CLAUSE_CHARS_MAX = 160
_STOPS = re.compile(
    r"[\n\r。．！？!?；;，,、~…]+|\.(?!\d)|(?<!\d)\.|\s{2,}|(?<=[\u4e00-\u9fff])\s+"
    r"|(?=但是|不过|可是|然而|只是|就是(?:有点|太)|除了)"
    r"|\b(?=but |however |although |though |except )"
)
_LETTERS = re.compile(r"[^\W\d_]")


@dataclass(frozen=True)
class Aspect:
    """A side of a product, and its names in two languages."""

    name: str
    en: str
    zh: str


class Aspects:
    """Finds aspects by their words: Chinese anywhere, the longest first; English whole."""

    def __init__(self, lists: dict[str, Any]) -> None:
        self.aspects = [
            Aspect(name, entry["en"], entry["zh"]) for name, entry in lists["aspect"].items()
        ]
        self._of: dict[str, int] = {}
        for row, entry in enumerate(lists["aspect"].values()):
            for word in entry["words"].lower().split():
                self._of.setdefault(word.replace("_", " "), row)
        words = sorted(self._of, key=len, reverse=True)
        latin = [re.escape(word) for word in words if word[0].isascii()]
        chinese = [re.escape(word) for word in words if not word[0].isascii()]
        either = [rf"\b(?:{'|'.join(latin)})(?=s?\b)"] * bool(latin) + chinese
        self._words = re.compile("|".join(either) or r"(?!)")

    def found(self, clause: str) -> list[tuple[int, str]]:
        """Aspects a clause names, each once, with the word that named it."""
        named: dict[int, str] = {}
        for match in self._words.finditer(plain(clause, CLAUSE_CHARS_MAX)):
            named.setdefault(self._of[match.group()], match.group())
        return list(named.items())


def clauses(text: str) -> list[str]:
    """The parts of a review, each with a letter in it; cut at stops and before "but"."""
    parts = (part.strip() for part in _STOPS.split(text[:CHARS_MAX]) if part)
    return [part[:CLAUSE_CHARS_MAX] for part in parts if _LETTERS.search(part)][:CLAUSES_MAX]
