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
from .withheld import Cells, shown_cells

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
    facets they like (a row of sketches over its evidence), `paid` [n] is the log price, minor
    units, of what they like most at their own price level, NaN where nothing is known.
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
    pay than everyone in the market who likes the same categories, `price_minor` what the category
    costs at that difference: the bands of one category differ in both alike. A stage that is None
    is withheld.
    """

    category: int
    parent: bool
    band: str
    people: int
    share: float
    price_difference: float
    stages: Cells
    also: tuple[Also, ...]
    likes: tuple[Liked, ...] = ()
    price_minor: int = 0
    liking: npt.NDArray[np.float32] | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Persona:
    """A merchant's people: how many, at which stage, and their segments, the largest first.

    Only those of the segments are counted: the total less the segments tells of nobody.
    """

    people: int
    stages: Cells
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
    parents = np.append(parent_of, -1)[favourite]
    rest = np.ones(len(mine), bool)
    groups: list[_Group] = []

    def tell(rows: npt.NDArray[np.bool_], category: int, parent: bool, band: str) -> None:
        count = noisy_count(rows.sum(), f"{category}:{parent}:{band}", noise)
        # the floor holds for the noisy count too, or the noise would tell who is at the edge
        if rows.sum() >= PEOPLE_MIN <= count:
            rest[rows] = False
            groups.append(_Group(category, parent, band, rows, count, others_log))

    for parent, of in ((False, favourite), (True, parents)):
        for category in np.unique(of[of >= 0]).tolist():
            alike = rest & (of == category)
            others_log = _mean(None if mine.paid is None else (mine.paid - price)[alike])
            for at, name in enumerate(BANDS):
                tell(alike & (band == at), category, parent, name)
    others_log = _mean(None if mine.paid is None else (mine.paid - price)[rest])
    tell(rest.copy(), -1, False, "")
    if not groups:
        return None
    told = mine.stage[~rest]
    people = noisy_count(len(told), "all", noise)
    keys = [f"{group.category}:{group.parent}:{group.band}" for group in groups]
    stages = shown_cells(
        np.array([_at_stages(mine.stage[group.rows]) for group in groups]), [*keys, "all"], noise
    )
    usual = market.tastes.mean(0)
    market_favourite = market.favourite()
    market_parents = np.append(parent_of, -1)[market_favourite]

    def segment(group: _Group, key: str, stages: Cells) -> Segment:
        theirs, apart = mine.take(group.rows), float(price[group.rows].mean())
        of = market_parents if group.parent else market_favourite
        alike = np.asarray((of == group.category) | (group.category < 0))
        likes: tuple[Liked, ...] = ()
        if theirs.looks is not None and market.looks is not None:
            likes = liked(theirs.looks, market.looks[alike], group.count, key, noise)
        known = theirs.paid is not None and np.isfinite(theirs.paid).sum() >= PEOPLE_MIN
        return Segment(
            group.category, group.parent, group.band, group.count,
            round(min(group.count / people, 1.0), 3), round(math.expm1(apart), 2) + 0.0, stages,
            _also(theirs.tastes, usual), likes,
            _two_digits(math.exp(group.others_log + apart)) if known else 0,
            None if theirs.liking is None else theirs.liking.mean(0),
        )  # fmt: skip

    found = [segment(*each) for each in zip(groups, keys, stages[:-1], strict=True)]
    found.sort(key=lambda segment: (segment.category < 0, -segment.people))
    return Persona(people, stages[-1], tuple(found))


@dataclass(frozen=True)
class _Group:
    """People told of together; `others_log` is the mean log price that others pay for the same."""

    category: int
    parent: bool
    band: str
    rows: npt.NDArray[np.bool_]
    count: int
    others_log: float


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


def _at_stages(stage: npt.NDArray[np.int8]) -> npt.NDArray[np.int64]:
    """People at each stage."""
    return np.bincount(stage, minlength=len(Stage))


def _mean(values: npt.NDArray[np.float64] | None) -> float:
    """Of those that are known; 0 of none."""
    known = np.zeros(0) if values is None else values[np.isfinite(values)]
    return float(known.mean()) if len(known) else 0.0


def _two_digits(minor: float) -> int:
    step = int(10 ** max(math.floor(math.log10(max(minor, 1))) - 1, 0))
    return round(minor / step) * step
