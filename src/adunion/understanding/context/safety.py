"""Whether goods may stand beside a text: words of harm, fast enough for every decision."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any, get_args

from adunion.understanding.tokens import UNSPACED

from .lists import HARMLESS, Words, load_lists, split
from .types import Concern, Level

CHARACTERS_MAX = 20_000
SHORT = 300
"""In a text of no more characters one word is enough."""
_WORD = re.compile(rf"[^\W\d_{UNSPACED}]+(?:-[^\W\d_{UNSPACED}]+)*")
_LEVELS: tuple[Level, ...] = get_args(Level)


class Safety:
    """Reads texts by the lists that ship and a market's own beside them."""

    def __init__(self, home: Path | None = None) -> None:
        lists = load_lists("safety", home)
        self._harmless = split(lists.pop(HARMLESS)["words"])
        self._concerns = [(key, each, Words(each["words"])) for key, each in lists.items()]

    def level(self, text: str) -> Level:
        """The worst of a text's concerns."""
        return worst(self.concerns(text))

    def concerns(self, text: str, title: str = "") -> tuple[Concern, ...]:
        """Why goods may not belong beside a text, the worst first.

        One word in the title or in a short text, or two in a longer one, are a concern.
        """
        lower = text[:CHARACTERS_MAX].lower()
        for word in self._harmless:
            lower = lower.replace(word, " ")
        counts, titled = counted(lower), counted(title.lower())
        found = []
        for key, each, words in self._concerns:
            hits = words.found(lower, counts)
            if hits and (
                len(lower) < SHORT
                or len(hits) > 1
                or sum(hits.values()) > 2
                or words.found(title.lower(), titled)
            ):
                most = tuple(sorted(hits, key=lambda word: -hits[word])[:6])
                zh, en = both(each)
                found.append(Concern(key, zh, en, each["level"], most))
        return tuple(sorted(found, key=lambda c: -_LEVELS.index(c.level)))


def worst(concerns: tuple[Concern, ...]) -> Level:
    """The worst level of concerns that stand worst first."""
    return concerns[0].level if concerns else "safe"


def counted(lower: str) -> Counter[str]:
    """Words of spaced scripts in a lower-case text, and how often each stands there."""
    return Counter(_WORD.findall(lower))


def both(row: dict[str, Any]) -> tuple[str, str]:
    """A list's name in Chinese and English."""
    zh, en = row["name"]
    return zh, en
