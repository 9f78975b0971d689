"""Words that name a colour or a style: `looks.toml`, and the columns that they have."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

from adunion.understanding.tokens import tokens


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
    raw = _lists()
    return tuple(
        Look(key, row["zh"], row.get("hex", ""), frozenset(row["words"].split()))
        for kind in ("colour", "style")
        for key, row in raw[kind].items()
    )


def _lists() -> dict[str, Any]:
    return tomllib.loads((files(__package__) / "looks.toml").read_text("utf-8"))


@cache
def _phrases() -> tuple[str, ...]:
    """What holds a look's word and names something else."""
    return tuple(each.strip() for row in _lists()["names"].values() for each in row.split("|"))


@cache
def _named() -> re.Pattern[str]:
    whole = (
        rf"(?<![a-z]){re.escape(each)}(?:es|s)?(?![a-z])" if each.isascii() else re.escape(each)
        for each in _phrases()
    )
    return re.compile("|".join(whole))


@cache
def _model() -> re.Pattern[str]:
    """A colour's word before a model's number, such as SN850."""
    words = (word for look in looks() if look.is_colour for word in look.words if word.isascii())
    return re.compile(rf"\b(?:{'|'.join(sorted(words))})\s+[a-z]{{1,3}}\d{{3,}}[a-z]?\b")


def without_names(
    seen: npt.NDArray[np.bool_],
    words: list[str],
    offsets: npt.NDArray[np.int64],
    rows: npt.NDArray[np.int32],
    titles: Sequence[str],
    brands: Sequence[str],
) -> npt.NDArray[np.bool_]:
    """Looks of items, (items, looks), less those that their titles say in a name alone.

    A brand (Red Bull), a model (WD Black SN850) or a compound (red switch) has a colour's word
    and no colour.
    """
    said = frozenset().union(*(look.words for look in looks()))
    beside = frozenset(token for each in _phrases() for token in tokens(each)) - said
    near = np.zeros(len(seen), np.bool_)
    for place, word in enumerate(words):
        if word in beside:
            near[rows[offsets[place] : offsets[place + 1]]] = True
    branded = {brand for brand in set(brands) if brand and not said.isdisjoint(tokens(brand))}
    out = seen.copy()
    for row in np.flatnonzero(seen.any(axis=1)).tolist():
        text = bare = titles[row].lower()
        if brands[row] in branded:
            bare = bare.replace(brands[row].lower(), " ")
        if near[row]:
            bare = _named().sub(" ", bare)
        bare = _model().sub(" ", bare)
        if bare != text:
            left = frozenset(tokens(bare))
            out[row] &= [not look.words.isdisjoint(left) for look in looks()]
    return out


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
