"""Compliance rules for what a language model adds: medical claims, what is not for sale, form."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from adunion.kernel.errors import AdUnionError

FILE = "rules.toml"


@dataclass(frozen=True)
class Rules:
    """Patterns that a text must not hold, by the name of their rule."""

    patterns: Mapping[str, re.Pattern[str]]

    @classmethod
    def load(cls, home: Path | None = None) -> Rules:
        """Those that ship, and a market's own."""
        words = _words(FILE, (files(__package__) / FILE).read_text("utf-8"))
        own = home / "needs" / FILE if home is not None else None
        if own is not None and own.exists():
            for name, more in _words(str(own), own.read_text("utf-8")).items():
                words[name] = words.get(name, []) + more
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


def _words(file: str, text: str) -> dict[str, list[str]]:
    try:
        found = {name: list(rule["words"]) for name, rule in tomllib.loads(text).items()}
        for words in found.values():
            for word in words:
                re.compile(word)
        return found
    except (tomllib.TOMLDecodeError, KeyError, TypeError, re.error) as error:
        raise AdUnionError(
            "bad_rules", f"{file}: {error}.", 422, hint="A rule is [name] with words = [...]."
        ) from None
