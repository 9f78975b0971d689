"""The answers a model can be fitted for, and the truth of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from .features import Features
from .labels import LATER, SOON, course, listed, topped
from .types import Bools, Floats

Kind = Literal["listed", "top10", "heat", "peak", "peak_in", "life"]


@dataclass(frozen=True)
class Target:
    """One answer: of what kind, how far ahead (hours), and how its trees are grown."""

    name: str
    kind: Kind
    ahead: int
    trees: int
    leaves: int

    @property
    def chance(self) -> bool:
        """Whether the answer is a probability."""
        return self.kind in ("listed", "top10")


FORECAST = (
    Target("p_listed_6h", "listed", SOON, 300, 31),
    Target("p_listed_24h", "listed", LATER, 120, 15),
    Target("p_top10_6h", "top10", SOON, 300, 31),
    Target("heat_6h", "heat", SOON, 300, 31),
    Target("heat_24h", "heat", LATER, 100, 8),
)
COURSE = (
    Target("peak", "peak", LATER, 100, 15),
    Target("peak_in", "peak_in", LATER, 100, 15),
    Target("life", "life", LATER, 100, 15),
)
"""What a board tells besides: the summit still to come, and when it leaves the list."""


def truth(found: Features, target: Target, until: int) -> tuple[Floats, Bools]:
    """(n,) what came of each row, and for which rows that was known before `until`."""
    topics = found.index.topics
    if target.kind in ("peak", "peak_in", "life"):
        whole = course(found.index)
        known = (whole.ends < until) & (topics.heat > 0)
        values: Floats = getattr(whole, target.kind)
        return np.log1p(values) if target.kind == "life" else values, known
    labels = topped(found.index) if target.kind == "top10" else listed(found.index, target.ahead)
    usable = labels.known & (topics.hour + target.ahead < until)
    if target.kind != "heat":
        return labels.listed.astype(np.float64), usable
    change = np.log1p(labels.heat) - np.log1p(topics.heat)
    return change, usable & labels.listed & (topics.heat > 0) & (np.nan_to_num(labels.heat) > 0)
