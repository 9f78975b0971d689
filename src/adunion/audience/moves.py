"""How people move between stages with a merchant in a week: aware, interested, bought, loyal."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

import numpy as np
import numpy.typing as npt

from .floor import PEOPLE_MIN, Noise, told

WEEK_US = 7 * 86_400_000_000
SEEN, LOOKED, BOUGHT = range(3)
"""Kinds of touch: an item was seen, clicked, ordered."""

PEERS_MIN = 3
"""Fewer other merchants are not compared with: one could take another's figures from it."""
UsualOf = Literal["category", "market"]

_Ints = npt.NDArray[np.int64]


class Step(IntEnum):
    """A-I-P-L, and nothing yet."""

    NONE = 0
    AWARE = 1
    INTERESTED = 2
    BOUGHT = 3
    LOYAL = 4


@dataclass(frozen=True)
class Move:
    """People who went from one stage to a later one: how many, about, and their share.

    `share` is of all who stood at `before`, `usual` the same over `usual_of`: the other merchants
    of the same main category, or the whole market where those are too few. None is withheld: fewer
    than PEOPLE_MIN moved, which is not to say nobody did. Of who was not aware there is no share,
    nor where it would tell of fewer than PEOPLE_MIN who stayed or made a withheld move.
    """

    before: Step
    after: Step
    people: int | None
    share: float | None
    usual: float | None
    usual_of: UsualOf | None


def steps_at(
    pair: _Ints, kind: npt.NDArray[np.integer], at_us: _Ints, until_us: int, pairs: int
) -> npt.NDArray[np.int8]:
    """The stage of each pair of person and merchant by a time, (pairs,); touches are (n,)."""
    before = at_us <= until_us
    found = np.full(pairs, int(Step.NONE), np.int8)
    for what, step in ((SEEN, Step.AWARE), (LOOKED, Step.INTERESTED)):
        found[pair[before & (kind == what)]] = step
    orders = np.bincount(pair[before & (kind == BOUGHT)], minlength=pairs)
    found[orders > 0] = Step.BOUGHT
    found[orders > 1] = Step.LOYAL
    return found


def moves(
    before: npt.NDArray[np.int8],
    after: npt.NDArray[np.int8],
    mine: npt.NDArray[np.bool_],
    peers: npt.NDArray[np.bool_],
    noise: Noise,
) -> tuple[Move, ...]:
    """The moves of a merchant's pairs beside those of its peers and of the market, (pairs,) each.

    `peers` are the pairs of other merchants like it; none where they are not to be told of.
    """

    def counts(of: npt.NDArray[np.bool_], whose: str, step: Step, later: Step) -> tuple[int, int]:
        stood = of & (before == step)
        moved = told(int((stood & (after == later)).sum()), f"{whose} {step} {later}", noise)
        return moved, told(int(stood.sum()), f"{whose} stood {step}", noise)

    def usually(step: Step, later: Step) -> tuple[float | None, UsualOf | None]:
        beside: tuple[tuple[UsualOf, npt.NDArray[np.bool_]], ...]
        beside = ("category", peers), ("market", everyone)
        for name, of in beside:
            if (share := _share(*counts(of, name, step, later))) is not None:
                return share, name
        return None, None

    everyone, found = np.ones(len(mine), np.bool_), []
    for step in Step:
        shared = step != Step.NONE and _unmoved(before, after, mine, step) >= PEOPLE_MIN
        for later in list(Step)[step + 1 :]:
            if step == Step.NONE and later != Step.AWARE:
                continue  # who is new is told of once
            people, stood = counts(mine, "own", step, later)
            share, usual, usual_of = None, None, None
            if step != Step.NONE:
                share = _share(people, stood) if shared else None
                usual, usual_of = usually(step, later)
            found.append(Move(step, later, people or None, share, usual, usual_of))
    return tuple(found)


def _unmoved(
    before: npt.NDArray[np.int8], after: npt.NDArray[np.int8], mine: npt.NDArray[np.bool_],
    step: Step,
) -> int:  # fmt: skip
    """Of the pairs that stood at a step, those that no move that is told of holds."""
    counts = np.bincount(after[mine & (before == step)], minlength=len(Step))
    moved = counts[step + 1 :]
    return int(counts.sum() - moved[moved >= PEOPLE_MIN].sum())


def _share(moved: int, stood: int) -> float | None:
    return round(min(moved / stood, 1.0), 4) if moved and stood else None
