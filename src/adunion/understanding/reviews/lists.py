"""Aspects and their words: what ships, and a market's own beside it."""

from __future__ import annotations

from pathlib import Path

from adunion.understanding.lists import Lists, bad_lists, read_lists

FIELDS = ("en", "zh", "words")


def load_lists(home: Path | None = None) -> Lists:
    """aspects.toml; aspects of ADUNION_HOME/reviews/aspects.toml add and replace.

    Raises:
        AdUnionError: the market's own file is no TOML, or an aspect lacks en, zh or words.
    """
    found, own, path = read_lists(__package__, "aspects", home)
    for table, entries in own.items():
        if table != "aspect" or not isinstance(entries, dict):
            raise bad_lists(path, f"{table} is no table of aspects; write [aspect.NAME]")
        for name, entry in entries.items():
            if not _whole(entry):
                raise bad_lists(path, f"aspect.{name} needs en, zh and words, each a text")
    return found | {"aspect": found["aspect"] | own.get("aspect", {})}


def _whole(entry: object) -> bool:
    return isinstance(entry, dict) and all(
        isinstance(entry.get(name), str) and entry[name].strip() for name in FIELDS
    )
