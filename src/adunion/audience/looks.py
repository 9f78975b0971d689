"""Words that name a colour or a style: `looks.toml`, and the columns that they have."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Look:
    """One colour or style; `hex` is empty for a style."""

    key: str  # red, minimal
    zh: str
    hex: str
    words: frozenset[str]  # tokens that say it

    @property
    def is_colour(self) -> bool:
        """Whether it is a colour."""
        return bool(self.hex)


@cache
def looks() -> tuple[Look, ...]:
    """Colours, then styles; the place of a look is its column."""
    raw = tomllib.loads((files(__package__) / "looks.toml").read_text("utf-8"))
    return tuple(
        Look(key, row["zh"], row.get("hex", ""), frozenset(row["words"].split()))
        for kind in ("colour", "style")
        for key, row in raw[kind].items()
    )


def said_looks(
    words: list[str], offsets: npt.NDArray[np.int64], rows: npt.NDArray[np.int32], items: int
) -> npt.NDArray[np.bool_]:
    """Which looks the titles say, (items, looks); word t stands in `rows[offsets[t]:...]`."""
    place = {word: row for row, word in enumerate(words)}
    out = np.zeros((items, len(looks())), np.bool_)
    for column, look in enumerate(looks()):
        for word in sorted(look.words & place.keys()):
            at = place[word]
            out[rows[offsets[at] : offsets[at + 1]], column] = True
    return out
