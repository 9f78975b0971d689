"""The lists that readings rest on, and how their words are looked for."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import get_args

from adunion.understanding.lists import Lists, bad_lists, joined, read_lists
from adunion.understanding.tokens import UNSPACED

from .types import Level

_NEEDED: dict[str, dict[str, type]] = {
    "topics": {"name": list, "phrases": list, "words": str},
    "safety": {"name": list, "level": str, "words": str},
    "moods": {},
}
HARMLESS = "harmless"
"""Of `safety`: words that hold a word of harm and mean none."""
EXCUSES = "excuses"
"""Of `safety`: words beside which a word of harm is likely a name or an idiom."""
OCCASIONS = "occasions"
"""Of `safety`: what is named after an excuse and is none: people are hurt at a film's premiere."""
STORIES = "stories"
"""Of `safety`: subjects that sound of harm and are none: stories, games, pests."""
_OF_WORDS = (HARMLESS, EXCUSES, OCCASIONS, STORIES)
DOUBT = "?"
"""After a word of `safety`: alone it proves nothing."""
_WORD = re.compile(rf"[^\W\d_{UNSPACED}]+(?:-[^\W\d_{UNSPACED}]+)*")


def load_lists(name: str, home: Path | None = None) -> Lists:
    """topics, safety or moods; tables and words of ADUNION_HOME/context/`name`.toml are added.

    Raises:
        AdUnionError: the market's own file is no TOML, or a table of it lacks what it needs.
    """
    shipped, own, path = read_lists(__package__, name, home)
    found = joined(shipped, own, path, all_words=name == "moods")
    for key in own:
        if key not in _OF_WORDS:
            _check(path, key, found[key], _NEEDED[name])
    return found


def _check(path: Path, key: str, entry: object, needed: dict[str, type]) -> None:
    held = entry if isinstance(entry, dict) else {}
    for name, kind in needed.items():
        value = held.get(name)
        if kind is str and not isinstance(value, str):
            raise bad_lists(path, f"{key} needs {name}, a text")
        if kind is list and not (isinstance(value, list) and [*map(type, value)] == [str, str]):
            raise bad_lists(path, f"{key} needs {name}, two texts")
    if "level" in needed and held["level"] not in get_args(Level):
        raise bad_lists(path, f"{key}.level is none of {', '.join(get_args(Level))}")


class Scan:
    """A text made ready to look for many lists of words."""

    def __init__(self, text: str) -> None:
        self.lower = text.lower()
        self.whole = Counter(_WORD.findall(self.lower))
        pairs = map("".join, zip(self.lower, self.lower[1:], strict=False))
        self.starts = {*pairs, *self.lower}


class Words:
    """Words looked for in texts: whole ones of spaced scripts, anything in Chinese and Thai."""

    def __init__(self, words: str) -> None:
        listed = dict.fromkeys(split(words))
        self._whole = {word for word in listed if _one(word)}
        self._within: dict[str, list[str]] = {}
        for word in listed:
            if word not in self._whole:
                self._within.setdefault(word[:2], []).append(word)

    def found(self, text: Scan) -> dict[str, int]:
        """How often each word stands in a text."""
        hits = {word: text.whole[word] for word in text.whole.keys() & self._whole}
        for start in text.starts & self._within.keys():
            for word in self._within[start]:
                if count := _times(word, text.lower):
                    hits[word] = count
        return hits


def split(words: str) -> list[str]:
    """The words of a list, lower case; `_` is a blank, as some words of Vietnamese are two."""
    return [word.rstrip(DOUBT).replace("_", " ") for word in words.lower().split()]


def doubtful(words: str) -> set[str]:
    """Those of a list that prove nothing alone."""
    return set(split(" ".join(word for word in words.split() if word.endswith(DOUBT))))


def _times(word: str, lower: str) -> int:
    """How often a word that may hold blanks stands in a text; letters do not go on around it."""
    if word not in lower:
        return 0
    if _latin(word):
        return len(re.findall(rf"(?<![^\W\d_]){re.escape(word)}(?![^\W\d_])", lower))
    return lower.count(word)


def _one(word: str) -> bool:
    """Whether it is one word of Latin letters; several are looked for as they stand."""
    return " " not in word and _latin(word)


def _latin(word: str) -> bool:
    return all(ord(c) < 0x0370 or 0x1E00 <= ord(c) <= 0x1EFF for c in word)
