"""Decided requests on their way to those who watch: in batches, since one by one costs more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .auction.batch import Candidates, Requests, Scores, Slots


class Watched(NamedTuple):
    """A ranked batch, as the auction had it."""

    requests: Requests
    candidates: Candidates
    scores: Scores
    slots: Slots


def joined(parts: Sequence[Watched]) -> Watched:
    """Several batches of the same placements as one, in order."""
    if len(parts) == 1:
        return parts[0]
    first = np.cumsum([0, *(len(part.candidates.item) for part in parts)]).tolist()
    shifted = list(zip(parts, first, strict=False))
    slots = _columns([part.slots for part in parts])
    candidate = [
        np.where(part.slots.candidate >= 0, part.slots.candidate + at, -1) for part, at in shifted
    ]
    offsets = [np.zeros(1, np.int64), *(part.requests.offsets[1:] + at for part, at in shifted)]
    at_us, placement, wanted, paid, region = _columns([part.requests[:5] for part in parts])
    return Watched(
        Requests(at_us, placement, wanted, paid, region, np.concatenate(offsets)),
        Candidates(*_columns([part.candidates for part in parts])),
        Scores(*_columns([part.scores for part in parts])),
        Slots(np.concatenate(candidate), *slots[1:]),
    )  # fmt: skip


def _columns(parts: Sequence[tuple[npt.NDArray[Any], ...]]) -> list[npt.NDArray[Any]]:
    return [np.concatenate(column) for column in zip(*parts, strict=True)]
