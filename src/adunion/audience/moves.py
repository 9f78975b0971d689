"""How people move between stages with a merchant in a week: aware, interested, bought, loyal."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from .floor import Noise, told

WEEK_US = 7 * 86_400_000_000
SEEN, LOOKED, BOUGHT = range(3)
"""Kinds of touch: an item was seen, clicked, ordered."""

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

    `share` is of all who stood at `before`, `usual` the same over every merchant of the market.
    `people` is 0 where fewer than PEOPLE_MIN did.
    """

    before: Step
    after: Step
    people: int
    share: float
    usual: float


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
    noise: Noise,
) -> tuple[Move, ...]:
    """The moves of a merchant's pairs beside all pairs of the market, (pairs,) each."""
    found = []
    for step in Step:
        stood, all_stood = mine & (before == step), before == step
        size, all_size = told(int(stood.sum()), f"stood {step.name}", noise), int(all_stood.sum())
        for later in list(Step)[step + 1 :]:
            if step == Step.NONE and later != Step.AWARE:
                continue  # who is new is told of once
            count = told(int((stood & (after == later)).sum()), f"{step.name} {later.name}", noise)
            usual = (all_stood & (after == later)).sum() / max(all_size, 1)
            share = min(count / size, 1.0) if size and step != Step.NONE else 0.0
            found.append(Move(step, later, count, round(share, 4), round(float(usual), 4)))
    return tuple(found)
