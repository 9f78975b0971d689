"""Exploration: a few pages have one slot changed by chance, so that what is not known is learned.

Of the requests a share e is explored. One of the page's f filled slots is drawn; its item changes
places with another, drawn evenly from the rest of the page and the h <= f items that stand next in
the ranking (under the same caps, so that a page never breaks them). So with m = f + h an item

    keeps its slot with        1 - e (1/f + (f - 1) / (f (m - 1))),
    has another slot with      2e / (f (m - 1)),
    comes from below with       e / (f (m - 1)).

The draws hang on the request's id alone: a replay explores the same pages. What was changed costs
nothing and counts as not moved by its bid: the platform pays for its own curiosity.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from adunion.kernel.borrowing import borrowing
from adunion.kernel.chance import uniform

from .auction.batch import Goods, Rules, rank
from .auction.rank import SLOTS_MAX, Scratch, fitting

_WHETHER, _SLOT, _OTHER = 0xE0, 0xE1, 0xE2  # purposes of draws


class Shown(NamedTuple):
    """(n, K): the candidate row in each slot, -1 none; how likely it was; where chance chose it."""

    candidate: npt.NDArray[np.int64]
    propensity: npt.NDArray[np.float32]
    explored: npt.NDArray[np.bool_]


@borrowing()
def at_home(share: float, filled: int, ranked: int) -> float:
    """P(an item keeps its slot) on a page of `filled`, of the `ranked` items that may be shown."""
    if ranked < 2:
        return 1.0
    return 1.0 - share * (1.0 / filled + (filled - 1.0) / (filled * (ranked - 1.0)))


@borrowing()
def elsewhere(share: float, filled: int, ranked: int) -> float:
    """P(an item from below the page has a given slot); of the page's own it is twice that."""
    if ranked < 2:
        return 0.0
    return share / (filled * (ranked - 1.0))


@borrowing()
def explore(
    row: int,
    key: np.uint64,
    share: float,
    begin: int,
    item: npt.NDArray[np.int32],
    organic: npt.NDArray[np.int64],
    bid: npt.NDArray[np.int64],
    paid: int,
    ranked_to: npt.NDArray[np.int64],
    goods: Goods,
    rules: Rules,
    work: Scratch,
    out: Shown,
) -> None:
    """What to show of a ranked request, in a row of `out`: its candidates, from row `begin` on.

    `ranked_to` (K,) are the candidate rows of its slots; `key` is made of its id.
    """
    filled = 0
    for slot in range(len(ranked_to)):
        winner = ranked_to[slot]
        out.candidate[row, slot] = winner
        out.propensity[row, slot] = 1 if winner >= 0 else 0
        out.explored[row, slot] = False
        filled += int(winner >= 0)
    if share <= 0 or filled == 0:
        return
    wanted = min(2 * filled, SLOTS_MAX)
    ranked = fitting(
        work, item, goods.merchant, goods.group, wanted, rules.merchant_cap, rules.group_cap
    )
    for slot in range(filled):
        out.propensity[row, slot] = at_home(share, filled, ranked)
    if ranked >= 2 and uniform(key, 0, _WHETHER) < share:
        rank(work, organic, bid, item, goods.merchant, goods.group, wanted, paid, rules)
        _change(row, key, share, begin, filled, ranked, work, out)


@borrowing()
def _change(
    request: int, key: np.uint64, share: float, begin: int, filled: int, ranked: int,
    work: Scratch, shown: Shown,
) -> None:  # fmt: skip
    """Change one page of `filled` slots; `work` has it ranked on to `ranked` items."""
    slot = int(uniform(key, 0, _SLOT) * filled)
    other = int(uniform(key, 0, _OTHER) * (ranked - 1))
    if other >= slot:
        other += 1
    chance = elsewhere(share, filled, ranked)
    shown.explored[request, slot] = True
    if other < filled:
        was = shown.candidate[request, slot]
        shown.candidate[request, slot] = shown.candidate[request, other]
        shown.candidate[request, other] = was
        shown.explored[request, other] = True
        shown.propensity[request, slot] = 2 * chance
        shown.propensity[request, other] = 2 * chance
    else:
        shown.candidate[request, slot] = begin + work.chosen[other]
        shown.propensity[request, slot] = chance
