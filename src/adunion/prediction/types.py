"""Types of the room: what it reads of the rooms above it, by shape alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from adunion.kernel.errors import invalid

KINDS = ("search", "feed", "cart", "page", "live")
"""Kinds of placement; the position is the code."""


class Requests(Protocol):
    """n requests, as `decision.types.RequestBatch` has them."""

    @property
    def at_us(self) -> npt.NDArray[np.int64]:
        """(n,) micros since the epoch."""

    @property
    def placement(self) -> npt.NDArray[np.int16]:
        """(n,) row among the placements."""

    @property
    def profile(self) -> npt.NDArray[np.int32]:
        """(n,) row among the profiles, -1 none."""


class Candidates(Protocol):
    """The m candidates of n requests, as `decision.types.CandidateBatch` has them."""

    @property
    def offsets(self) -> npt.NDArray[np.int64]:
        """(n + 1,) those of request i are rows `offsets[i]` to `offsets[i + 1]`."""

    @property
    def item(self) -> npt.NDArray[np.int32]:
        """(m,) catalog rows."""

    @property
    def relevance(self) -> npt.NDArray[np.float32]:
        """(m,) match to the request, 0..1."""


class Profiles(Protocol):
    """Columns of shoppers' profiles, as `audience.ProfileStore` keeps them."""

    category: npt.NDArray[np.int32]  # (p, 8), -1 empty
    taste: npt.NDArray[np.float32]  # (p, 8) decayed weight
    ordered_us: npt.NDArray[np.int64]  # (p, 8) last order there, 0 never
    recent: npt.NDArray[np.int32]  # (p, 8) last items, newest first, -1 empty
    price_level: npt.NDArray[np.float32]  # (p,)
    sketch: npt.NDArray[np.float32]  # (p, D) what of brand, look and words was liked
    evidence: npt.NDArray[np.float32]  # (p,) clicks that were expected

    @property
    def vectors(self) -> npt.NDArray[np.float32]:
        """(items, D) brand, look and words of each item."""

    @property
    def scenes(self) -> Scenes:
        """What is liked in each scene."""


class Scenes(Protocol):
    """The scenes that requests are made in, as `audience.Scenes` keeps them."""

    of_hour: npt.NDArray[np.uint8]  # (hours,) the code of the scene
    prior: npt.NDArray[np.float32]  # (codes, D) what people of a scene like
    lift: npt.NDArray[np.float32]  # (codes, categories) log(taken / expected)

    @property
    def first_hour(self) -> int:
        """The hour since the epoch that `of_hour` begins with."""


class Placement(Protocol):
    """Where items are shown."""

    @property
    def kind(self) -> str:
        """One of `KINDS`."""


def kind_codes(placements: Sequence[Placement]) -> npt.NDArray[np.uint8]:
    """The code in `KINDS` of each placement.

    Raises:
        AdUnionError: a placement of another kind.
    """
    for placement in placements:
        if placement.kind not in KINDS:
            raise invalid("kind", f"No kind of placement {placement.kind!r}.", f"Use {KINDS}.")
    return np.array([KINDS.index(placement.kind) for placement in placements], np.uint8)
