"""Compliance rules for what a language model adds: medical claims, what is not for sale, form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from adunion.understanding.lists import Lists, bad_lists, joined, read_lists


@dataclass(frozen=True)
class Rules:
    """Patterns that a text must not hold, by the name of their rule."""

    patterns: Mapping[str, re.Pattern[str]]

    @classmethod
    def load(cls, home: Path | None = None) -> Rules:
        """Those that ship, and a market's own."""
        shipped, own, path = read_lists(__package__, "rules", home)
        _check(path, own)
        words = {name: rule["words"] for name, rule in joined(shipped, own, path).items()}
        return cls(
            {
                name: re.compile("|".join(some), re.IGNORECASE)
                for name, some in words.items()
                if some
            }
        )

    def broken(self, text: str) -> str:
        """The name of the first rule that a text breaks; "" where it breaks none."""
        return next((name for name, words in self.patterns.items() if words.search(text)), "")


def _check(path: Path, own: Lists) -> None:
    """Raise for a rule that is no list of patterns; together in one they can be no worse."""
    for name, rule in own.items():
        words = rule.get("words") if isinstance(rule, dict) else None
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            raise bad_lists(path, f"{name} is no rule: write [{name}] with words = [...]")
        for word in words:
            try:
                re.compile(word)
            except re.error as error:
                raise bad_lists(path, f"{name}: {word!r} is no pattern ({error})") from None
