"""What a review speaks of, clause by clause."""

from __future__ import annotations

import re
from collections.abc import Sequence
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
_BOUGHT_BESIDE = re.compile(
    r"(?:顺便|顺手|顺带|另外|一起)(?:还|又)?买了"
    r"|\bbought .{1,60} to go with (?:it|them)\b|\bgoes well with\b"
)
"""Of another thing: a clause that says so tells nothing of this one."""
_PACE = re.compile(
    r"(?:(?:too|very|so|really|quite|way|pretty) )*(?:fast|slow|quick)"
    r"|(?:实在)?[太很真好]?(?:有点|非常|特别)?[快慢]了?"
)
"""A clause that says no more than fast or slow: it is of the delivery, where that was told of."""
_DELIVERY = "delivery"
_SPEED_WORDS = frozenset(("fast", "slow", "速度快", "速度慢"))
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
        text = plain(clause, CLAUSE_CHARS_MAX)
        named: dict[int, str] = {}
        if _BOUGHT_BESIDE.search(text):
            return []
        for match in self._words.finditer(text):
            named.setdefault(self._of[match.group()], match.group())
        if any(self.aspects[row].name == _DELIVERY for row in named):
            named = {row: word for row, word in named.items() if word not in _SPEED_WORDS}
        return list(named.items())

    def told(self, parts: Sequence[str]) -> list[list[tuple[int, str]]]:
        """Aspects of each clause of a review, in their order."""
        found: list[list[tuple[int, str]]] = []
        for part in parts:
            before = found[-1] if found else []
            sent = [each for each in before if self.aspects[each[0]].name == _DELIVERY]
            alone = sent and _PACE.fullmatch(plain(part, CLAUSE_CHARS_MAX))
            found.append(sent if alone else self.found(part))
        return found


def clauses(text: str) -> list[str]:
    """The parts of a review, each with a letter in it; cut at stops and before "but"."""
    parts = (part.strip() for part in _STOPS.split(text[:CHARS_MAX]) if part)
    return [part[:CLAUSE_CHARS_MAX] for part in parts if _LETTERS.search(part)][:CLAUSES_MAX]
