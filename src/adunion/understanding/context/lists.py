"""The lists that readings rest on, and how their words are looked for."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from adunion.understanding.lists import Lists, bad_lists, joined, read_lists

from .types import Level

_NEEDED: dict[str, dict[str, type]] = {
    "topics": {"name": list, "phrases": list, "words": str},
    "safety": {"name": list, "level": str, "words": str},
    "moods": {},
}
HARMLESS = "harmless"
"""Of `safety`: words that hold a word of harm and mean none."""


def load_lists(name: str, home: Path | None = None) -> Lists:
    """topics, safety or moods; tables and words of ADUNION_HOME/context/`name`.toml are added.

    Raises:
        AdUnionError: the market's own file is no TOML, or a table of it lacks what it needs.
    """
    shipped, own, path = read_lists(__package__, name, home)
    found = joined(shipped, own, path, all_words=name == "moods")
    for key in own:
        if key != HARMLESS:
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


class Words:
    """Words looked for in texts: whole words of spaced scripts, anything in Chinese and Thai."""

    def __init__(self, words: str) -> None:
        listed = dict.fromkeys(split(words))
        self._whole = {word for word in listed if _latin(word)}
        self._within = [word for word in listed if word not in self._whole]

    def found(self, lower: str, whole: dict[str, int]) -> dict[str, int]:
        """How often each word stands in a lower-case text; `whole` counts its spaced words."""
        hits = {word: whole[word] for word in self._whole if word in whole}
        return hits | {word: lower.count(word) for word in self._within if word in lower}


def split(words: str) -> list[str]:
    """The words of a list, lower case; `_` is a blank, as some words of Vietnamese are two."""
    return [word.replace("_", " ") for word in words.lower().split()]


def _latin(word: str) -> bool:
    """Whether it is one word of Latin letters; several are looked for as they stand."""
    return all((c > " " and ord(c) < 0x0370) or 0x1E00 <= ord(c) <= 0x1EFF for c in word)
