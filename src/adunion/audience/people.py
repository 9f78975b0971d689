"""A merchant's people as segments: what they like, how they pay, how near they are; never who.

Every figure is a count of at least PEOPLE_MIN people with noise added, or a mean over them. The
noise is drawn once for a figure and a day, so that asking again cannot average it away.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

PEOPLE_MIN = 50
"""A segment of fewer people is not told apart (k-anonymity)."""
NOISE_SCALE = 2.0
"""Of the Laplace noise on a count: one person more or less is hidden at epsilon 1/2."""
ROUNDED_TO = 5
BAND_EDGE = 0.12
"""Mean log price against the category's median beyond which people buy cheaper or dearer."""
BANDS = ("thrifty", "usual", "premium")
LIFT_MIN = 1.25
ALSO_MAX = 3

Noise = Callable[[str], float]
"""A number in (0, 1) for a figure's name; the same for the same name all day."""


class Stage(IntEnum):
    """How near a person is to a merchant: A-I-P-L without A, which no profile holds."""

    INTERESTED = 0
    BOUGHT = 1
    LOYAL = 2


@dataclass(frozen=True)
class People:
    """Columns over n people: tastes as shares [n, categories], log price level, stage."""

    tastes: npt.NDArray[np.float32]
    price_level: npt.NDArray[np.float32]
    stage: npt.NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.stage)


@dataclass(frozen=True)
class Also:
    """A category that a segment likes more than the market's people do."""

    category: int
    lift: float
    share: float


@dataclass(frozen=True)
class Segment:
    """People of one favourite category (row; -1 the rest) and one way of paying."""

    category: int
    band: str
    people: int
    share: float
    price_difference: float
    market_price_difference: float
    stages: tuple[int, int, int]
    also: tuple[Also, ...]


@dataclass(frozen=True)
class Persona:
    """A merchant's people: how many, at which stage, and their segments, the largest first."""

    people: int
    stages: tuple[int, int, int]
    segments: tuple[Segment, ...]
    left_out: int


def persona(mine: People, market: People, noise: Noise) -> Persona | None:
    """The persona of `mine` beside the market's people; None where they are under PEOPLE_MIN."""
    if len(mine) < PEOPLE_MIN:
        return None
    favourite = _favourite(mine)
    band = _band(mine.price_level)
    market_favourite = _favourite(market)
    usual = market.tastes.mean(0)
    found, told = [], np.zeros(len(mine), bool)
    for category in np.unique(favourite[favourite >= 0]).tolist():
        for at, name in enumerate(BANDS):
            rows = (favourite == category) & (band == at)
            # the floor holds for the noisy count too, or the noise would tell who is at the edge
            if _count(rows.sum(), f"{category}:{name}", noise) < PEOPLE_MIN or (
                rows.sum() < PEOPLE_MIN
            ):
                continue
            told |= rows
            same = market.price_level[market_favourite == category]
            found.append(_segment(mine, rows, category, name, same, usual, noise))
    rest = ~told
    if rest.sum() >= PEOPLE_MIN:
        found.append(_segment(mine, rest, -1, "", market.price_level, usual, noise))
        rest[:] = False
    found.sort(key=lambda segment: (segment.category < 0, -segment.people))
    stages = _stages(mine.stage, "all", noise)
    return Persona(_count(len(mine), "all", noise), stages, tuple(found), int(rest.any()))


def shares(
    category: npt.NDArray[np.int32], taste: npt.NDArray[np.float32], categories: int
) -> npt.NDArray[np.float32]:
    """Tastes of profiles, category rows [n, k] (-1 none) and weights [n, k], as [n, categories]."""
    found = np.zeros((len(category), categories + 1), np.float32)
    np.add.at(found, (np.arange(len(category))[:, None], category), taste)  # -1 is the last
    found = found[:, :categories]
    return np.asarray(found / np.maximum(found.sum(1, keepdims=True), 1e-9), np.float32)


def _segment(
    mine: People, rows: npt.NDArray[np.bool_], category: int, band: str,
    same: npt.NDArray[np.float32], usual: npt.NDArray[np.float32], noise: Noise,
) -> Segment:  # fmt: skip
    key = f"{category}:{band}"
    tastes = mine.tastes[rows].mean(0)
    lift = tastes / np.maximum(usual, 1e-4)
    others = [c for c in np.argsort(-tastes * (lift >= LIFT_MIN)).tolist() if c != category]
    likes = [(mine.tastes[rows, c] > 0).sum() for c in others[:ALSO_MAX]]
    also = tuple(
        Also(c, round(float(lift[c]), 2), round(float(tastes[c]), 3))
        for c, people in zip(others, likes, strict=False)
        if lift[c] >= LIFT_MIN and people >= PEOPLE_MIN
    )
    return Segment(
        category, band, _count(rows.sum(), key, noise), round(float(rows.mean()), 3),
        _difference(mine.price_level[rows]), _difference(same),
        _stages(mine.stage[rows], key, noise), also,
    )  # fmt: skip


def _favourite(people: People) -> npt.NDArray[np.int64]:
    best = people.tastes.argmax(1) if people.tastes.size else np.zeros(len(people), np.int64)
    return np.where(people.tastes.any(1), best, -1)


def _band(price_level: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
    return np.digitize(price_level, [-BAND_EDGE, BAND_EDGE])


def _difference(price_level: npt.NDArray[np.float32]) -> float:
    """How far above (or below) the usual price people go, as a share."""
    return round(math.expm1(float(price_level.mean())), 3) if len(price_level) else 0.0


def _count(number: int, key: str, noise: Noise) -> int:
    """A count with Laplace noise, rounded; never negative."""
    u = noise(key) - 0.5
    drawn = -NOISE_SCALE * math.copysign(math.log(max(1 - 2 * abs(u), 1e-12)), u)
    return max(ROUNDED_TO * round((int(number) + drawn) / ROUNDED_TO), 0)


def _stages(stage: npt.NDArray[np.int8], key: str, noise: Noise) -> tuple[int, int, int]:
    """People at each stage; under the floor a stage counts 0."""
    counts = [int((stage == each).sum()) for each in Stage]
    shown = [
        _count(count, f"{key}:{each.name}", noise) if count >= PEOPLE_MIN else 0
        for each, count in zip(Stage, counts, strict=True)
    ]
    return shown[0], shown[1], shown[2]
