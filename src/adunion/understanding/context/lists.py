"""The lists that readings rest on: what ships, and a market's own beside it."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

from adunion.kernel.errors import AdUnionError


def load_lists(name: str, home: Path | None = None) -> dict[str, Any]:
    """`name`.toml of this package; tables of ADUNION_HOME/context/`name`.toml add and replace.

    Raises:
        AdUnionError: the market's own file is no TOML or holds something that is no table.
    """
    found = tomllib.loads((files(__package__) / f"{name}.toml").read_text("utf-8"))
    own = home / "context" / f"{name}.toml" if home else None
    if own and own.exists():
        try:
            more = tomllib.loads(own.read_text("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise _bad(own, str(error)) from None
        for key, value in more.items():
            if type(value) is not type(found.get(key, value)):
                raise _bad(own, f"{key} is no {type(found[key]).__name__}")
            found[key] = {**found.get(key, {}), **value} if isinstance(value, dict) else value
    return found


class Words:
    """Words looked for in texts: whole words of spaced scripts, anything in Chinese and Thai."""

    def __init__(self, words: str) -> None:
        listed = dict.fromkeys(words.lower().split())
        self._whole = {word for word in listed if word[0].isascii() or _latin(word)}
        self._within = [word for word in listed if word not in self._whole]

    def found(self, lower: str, whole: dict[str, int]) -> dict[str, int]:
        """How often each word stands in a lower-case text; `whole` counts its spaced words."""
        hits = {word: whole[word] for word in self._whole if word in whole}
        return hits | {word: lower.count(word) for word in self._within if word in lower}


def _latin(word: str) -> bool:
    return all(ord(c) < 0x0370 or 0x1E00 <= ord(c) <= 0x1EFF or c == "-" for c in word)


def _bad(path: Path, why: str) -> AdUnionError:
    return AdUnionError("bad_lists", f"{path}: {why}.", 422, field="context",
                        hint="Mend it, or take it away to use what ships.")  # fmt: skip
