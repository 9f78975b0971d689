"""Lists that readings rest on: TOML that ships with a package, and a market's own beside it."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

from adunion.kernel.errors import AdUnionError

Lists = dict[str, Any]
_KINDS = {dict: "table", str: "text", list: "list", bool: "true or false"}


def read_lists(package: str, name: str, home: Path | None) -> tuple[Lists, Lists, Path]:
    """What ships as `name`.toml, a market's own ({} where it has none), and where that stands.

    That is ADUNION_HOME/ROOM/`name`.toml, ROOM being the last part of the package. Raises
    AdUnionError where it cannot be read.
    """
    shipped = tomllib.loads((files(package) / f"{name}.toml").read_text("utf-8"))
    own = (home or Path()) / package.rpartition(".")[2] / f"{name}.toml"
    if home is None or not own.exists():
        return shipped, {}, own
    try:
        return shipped, tomllib.loads(own.read_text("utf-8")), own
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise bad_lists(own, str(error)) from None


def joined(shipped: Lists, own: Lists, path: Path, all_words: bool = False) -> Lists:
    """Both: `words` of one name are put together, any other value of the market's replaces ours.

    With `all_words` every text and list of the file is one of words.
    """
    found = dict(shipped)
    for key, value in own.items():
        held = found.get(key, value)
        if _kind(value) != _kind(held):
            raise bad_lists(path, f"{key} is no {_kind(held)}")
        if isinstance(value, dict):
            found[key] = joined(found.get(key, {}), value, path, all_words)
        elif key in found and (all_words or key == "words"):
            found[key] += value if isinstance(value, list) else f" {value}"
        else:
            found[key] = value
    return found


def bad_lists(path: Path, why: str) -> AdUnionError:
    """The error for a market's own file that is not of its form."""
    return AdUnionError(
        "bad_lists", f"{path}: {why}.", 422,
        hint="Mend it, or take it away to use what ships.",
    )  # fmt: skip


def _kind(value: object) -> str:
    return _KINDS.get(type(value), "number")
