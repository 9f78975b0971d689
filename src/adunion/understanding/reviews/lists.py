"""Aspects and their words: what ships, and a market's own beside it."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

from adunion.kernel.errors import AdUnionError

FIELDS = {"en": str, "zh": str, "words": str}


def load_lists(home: Path | None = None) -> dict[str, Any]:
    """aspects.toml; aspects of ADUNION_HOME/reviews/aspects.toml add and replace.

    Raises:
        AdUnionError: the market's own file is no TOML, or an aspect lacks en, zh or words.
    """
    found = tomllib.loads((files(__package__) / "aspects.toml").read_text("utf-8"))
    own = home / "reviews" / "aspects.toml" if home else None
    if own and own.exists():
        try:
            more = tomllib.loads(own.read_text("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise _bad(own, str(error)) from None
        for table, entries in more.items():
            if not isinstance(entries, dict) or table not in found:
                raise _bad(own, f"{table} is no table of {', '.join(found)}")
            for name, entry in entries.items():
                if table == "aspect" and not _whole(entry):
                    raise _bad(own, f"aspect.{name} needs en, zh and words, each a text")
            found[table] = {**found[table], **entries}
    return found


def _whole(entry: object) -> bool:
    return isinstance(entry, dict) and all(
        isinstance(entry.get(name), kind) and entry[name].strip() for name, kind in FIELDS.items()
    )


def _bad(path: Path, why: str) -> AdUnionError:
    return AdUnionError("bad_lists", f"{path}: {why}.", 422, field="aspects",
                        hint="Mend it, or take it away to use what ships.")  # fmt: skip
