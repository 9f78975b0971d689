"""Texts that call for no product: small talk, news, facts; by phrases people wrote.

A text calls for nothing where it says such phrases, or means them more nearly than what any
situation says.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from .knowledge import rows_of

if TYPE_CHECKING:
    from .sources.types import Asked

_FILE = "nothing.txt"
_COLUMNS = ("in Chinese", "in English")
_NEAREST = 3  # phrases of each side that are compared
_CLAUSES = re.compile(
    r"[，,。.；;！!？?\n]|但是|但|就是|可惜|不过|\b(?:but|though|however|tapi|cuma|nhưng)\b|แต่",
    re.IGNORECASE,
)
_CLAUSES_MAX = 6  # that are read apart, each at the cost of a text
_SAID = 0.6  # how much of such a phrase a text holds that says it


@cache
def nothing_phrases() -> tuple[str, ...]:
    """The phrases that ship."""
    rows = rows_of(_FILE, (files(__package__) / "knowledge" / _FILE).read_text("utf-8"), _COLUMNS)
    cells = (cell for row in rows for cell in row.columns)
    return tuple(phrase.strip() for cell in cells for phrase in cell.split(";") if phrase.strip())


def calls_for_nothing(asked: Asked) -> bool:
    """Whether a text, and each of its clauses, is nearer to what calls for nothing than to any
    situation: praise may stand before a complaint.
    """
    if not _nothing_in(asked):
        return False
    clauses = [part.strip() for part in _CLAUSES.split(asked.text) if any(map(str.isalpha, part))]
    if len(clauses) < 2:
        return True
    return all(
        _nothing_in(replace(asked, text=each, _vector=None)) for each in clauses[:_CLAUSES_MAX]
    )


def _nothing_in(asked: Asked) -> bool:
    library = asked.library
    if asked.bare_item:
        return False
    if library.embedder is None:
        said = float(library.nothing_index.match(asked.text).max())
        return said >= max(_SAID, float(library.phrase_index.match(asked.text).max(initial=0)))
    nothing = _nearest(library.nothing_vectors @ asked.vector)
    return nothing > _nearest(asked.near_phrases)


def _nearest(cosine: npt.NDArray[np.float32]) -> float:
    """The mean cosine of the nearest phrases; below any where there are none."""
    if len(cosine) <= _NEAREST:
        return float(cosine.max(initial=-1.0))
    return float(np.partition(cosine, -_NEAREST)[-_NEAREST:].mean())
