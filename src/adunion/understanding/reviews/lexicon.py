"""Praise and blame in English by words, with negation, for texts the Chinese model cannot read."""

from __future__ import annotations

import re
from functools import lru_cache

from .grams import CHARS_MAX
from .lists import load_lists

_WORD = re.compile(r"[a-z]+(?:['-][a-z]+)*")
_BUT = re.compile(r"\b(?:but|however|although|except)\b")
_PHRASE = re.compile(r"[.,;:!?\n]+")
_REACH = 3
"""A negation turns the opinion of as many words after it."""
_STEP = 1.2


@lru_cache(maxsize=1)
def _words() -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    held = load_lists()["english"]
    good, bad, turns = (frozenset(held[name].split()) for name in ("praise", "blame", "turns"))
    return good, bad, turns


def lexicon_score(text: str) -> float:
    """Log-odds that an English text praises; 0 where no word says. After "but" counts double."""
    parts = _BUT.split(text[:CHARS_MAX].lower().replace("’", "'"))
    total = 0.0
    for at, part in enumerate(parts):
        weight = 2 if 0 < at == len(parts) - 1 else 1
        total += weight * sum(_phrase(_WORD.findall(each)) for each in _PHRASE.split(part))
    return _STEP * total


def _phrase(words: list[str]) -> int:
    """Praise less blame; "too" before a word and "could be better" blame."""
    good, bad, turns = _words()
    total = 0
    for at, word in enumerate(words):
        near = words[max(at - _REACH, 0) : at]
        turned = sum(each in turns or each.endswith("n't") for each in near)
        wish = (word == "better" and "could" in near) or (word == "too" and at + 1 < len(words))
        total += ((word in good and not wish) - (word in bad or wish)) * (-1) ** turned
    return total
