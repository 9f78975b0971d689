"""A merchant's people as segments: what they like, how they pay, how near they are; never who.

Every figure is a count of at least PEOPLE_MIN people with noise added, or a mean over them. The
noise is drawn once for a figure and a day, so that asking again cannot average it away.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from .floor import PEOPLE_MIN, Noise, noisy_count
from .liked import Liked, liked

BAND_EDGE = 0.12
"""Mean log price against what others who like the category pay, beyond which people buy apart."""
BANDS = ("thrifty", "usual", "premium")
LIFT_MIN = 1.25
ALSO_MAX = 3


class Stage(IntEnum):
    """How near a person is to a merchant: A-I-P-L without A, which no profile holds."""

    INTERESTED = 0
    BOUGHT = 1
    LOYAL = 2


@dataclass(frozen=True)
class People:
    """Columns over n people: tastes as shares [n, categories], log price level, stage.

    `looks` [n, looks] says which colours and styles they took lately, `liking` [n, D] what of the
    facets they like (a row of sketches over its evidence), `paid` [n] is the mean log price, minor
    units, of what they took, NaN where nothing is known.
    """

    tastes: npt.NDArray[np.float32]
    price_level: npt.NDArray[np.float32]
    stage: npt.NDArray[np.int8]
    looks: npt.NDArray[np.bool_] | None = None
    liking: npt.NDArray[np.float32] | None = None
    paid: npt.NDArray[np.float64] | None = None

    def take(self, rows: npt.NDArray[np.bool_]) -> People:
        """Some of them."""
        return People(
            self.tastes[rows], self.price_level[rows], self.stage[rows],
            None if self.looks is None else self.looks[rows],
            None if self.liking is None else self.liking[rows],
            None if self.paid is None else self.paid[rows],
        )  # fmt: skip

    def __len__(self) -> int:
        return len(self.stage)

    def favourite(self) -> npt.NDArray[np.int64]:
        """The category that each person likes most, -1 where there is none."""
        if not self.tastes.size:
            return np.full(len(self), -1)
        return np.where(self.tastes.any(1), self.tastes.argmax(1), -1)


@dataclass(frozen=True)
class Also:
    """A category that a segment likes more than the market's people do."""

    category: int
    lift: float


@dataclass(frozen=True)
class Segment:
    """People of one favourite category and one way of paying for it.

    `category` is its row; `parent` says that it is a row of the parents, for people whose own
    category has too few; -1 are all the rest. `price_difference` is how much more (or less) they
    pay than everyone in the market who likes the same categories.
    """

    category: int
    parent: bool
    band: str
    people: int
    share: float
    price_difference: float
    stages: tuple[int, int, int]
    also: tuple[Also, ...]
    likes: tuple[Liked, ...] = ()
    price_minor: int = 0
    liking: npt.NDArray[np.float32] | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Persona:
    """A merchant's people: how many, at which stage, and their segments, the largest first."""

    people: int
    stages: tuple[int, int, int]
    segments: tuple[Segment, ...]


def persona(
    mine: People, market: People, parent_of: npt.NDArray[np.int64], noise: Noise
) -> Persona | None:
    """The persona of `mine` beside the market's people; None where they are under PEOPLE_MIN.

    `parent_of` (categories,) is the row of each category's parent: people whose own category has
    too few are told of with the others of the same parent.
    """
    if len(mine) < PEOPLE_MIN:
        return None
    favourite = mine.favourite()
    price = mine.price_level - _usual_prices(market)[favourite]
    band = np.digitize(price, [-BAND_EDGE, BAND_EDGE])
    usual = market.tastes.mean(0)
    people = noisy_count(len(mine), "all", noise)
    found: list[Segment] = []
    rest = np.ones(len(mine), bool)

    def tell(rows: npt.NDArray[np.bool_], category: int, parent: bool, band: str) -> None:
        key = f"{category}:{parent}:{band}"
        count = noisy_count(rows.sum(), key, noise)
        # the floor holds for the noisy count too, or the noise would tell who is at the edge
        if rows.sum() < PEOPLE_MIN or count < PEOPLE_MIN:
            return
        rest[rows] = False
        stages, also = _stages(mine.stage[rows], key, noise), _also(mine.tastes[rows], usual)
        paid = round(math.expm1(float(price[rows].mean())), 2)
        share = round(min(count / people, 1.0), 3)
        alike = likers(category, parent)
        found.append(
            Segment(
                category, parent, band, count, share, paid, stages, also,
                *_liking(mine.take(rows), market, alike, key, noise),
            )
        )  # fmt: skip

    parents = np.append(parent_of, -1)[favourite]
    market_favourite = market.favourite()
    market_parents = np.append(parent_of, -1)[market_favourite]

    def likers(category: int, parent: bool) -> npt.NDArray[np.bool_]:
        """Everyone in the market who likes the category most; of the rest, everyone."""
        of = market_parents if parent else market_favourite
        return np.ones(len(market), bool) if category < 0 else np.asarray(of == category)

    for parent, of in ((False, favourite), (True, parents)):
        for category in np.unique(of[of >= 0]).tolist():
            for at, name in enumerate(BANDS):
                tell(rest & (of == category) & (band == at), category, parent, name)
    tell(rest.copy(), -1, False, "")
    found.sort(key=lambda segment: (segment.category < 0, -segment.people))
    return Persona(people, _stages(mine.stage, "all", noise), tuple(found))


def shares(
    category: npt.NDArray[np.int32], taste: npt.NDArray[np.float32], categories: int
) -> npt.NDArray[np.float32]:
    """Tastes of profiles, category rows [n, k] (-1 none) and weights [n, k], as [n, categories]."""
    found = np.zeros((len(category), categories + 1), np.float32)
    np.add.at(found, (np.arange(len(category))[:, None], category), taste)  # -1 is the last
    found = found[:, :categories]
    return np.asarray(found / np.maximum(found.sum(1, keepdims=True), 1e-9), np.float32)


def _usual_prices(market: People) -> npt.NDArray[np.float64]:
    """Mean log price of everyone who likes each category most [categories + 1], the last: of all.

    A category that nobody likes most has the mean of all.
    """
    favourite, categories = market.favourite(), market.tastes.shape[1]
    mean = float(market.price_level.mean()) if len(market) else 0.0
    counts = np.bincount(favourite + 1, minlength=categories + 1)[1:]
    sums = np.bincount(favourite + 1, market.price_level, categories + 1)[1:]
    return np.append(np.where(counts > 0, sums / np.maximum(counts, 1), mean), mean)


def _also(tastes: npt.NDArray[np.float32], usual: npt.NDArray[np.float32]) -> tuple[Also, ...]:
    """What a segment [n, categories] likes LIFT_MIN times as much as the market, and PEOPLE_MIN do.

    Its own favourites are not told again.
    """
    mean = tastes.mean(0)
    lift = mean / np.maximum(usual, 1e-4)
    own = np.bincount(tastes.argmax(1), minlength=len(mean)) > 0
    likes = (tastes > 0).sum(0)
    worth = np.where((lift >= LIFT_MIN) & ~own & (likes >= PEOPLE_MIN), mean, 0.0)
    best = np.argsort(-worth, kind="stable")[:ALSO_MAX]
    return tuple(Also(int(c), round(float(lift[c]), 1)) for c in best if worth[c] > 0)


def _liking(
    mine: People, market: People, alike: npt.NDArray[np.bool_], key: str, noise: Noise
) -> tuple[tuple[Liked, ...], int, npt.NDArray[np.float32] | None]:
    """Looks that are liked, the usual price in minor units (two digits), the mean liking."""
    likes: tuple[Liked, ...] = ()
    if mine.looks is not None and market.looks is not None:
        likes = liked(mine.looks, market.looks[alike], key, noise)
    price = 0
    if mine.paid is not None and np.isfinite(mine.paid).sum() >= PEOPLE_MIN:
        middle = math.exp(float(np.nanmean(mine.paid)))
        step = 10 ** max(math.floor(math.log10(max(middle, 1))) - 1, 0)
        price = round(middle / step) * step
    return likes, price, None if mine.liking is None else mine.liking.mean(0)


def _stages(stage: npt.NDArray[np.int8], key: str, noise: Noise) -> tuple[int, int, int]:
    """People at each stage; under the floor a stage counts 0."""
    counts = [int((stage == each).sum()) for each in Stage]
    shown = [
        noisy_count(count, f"{key}:{each.name}", noise) if count >= PEOPLE_MIN else 0
        for each, count in zip(Stage, counts, strict=True)
    ]
    return shown[0], shown[1], shown[2]
