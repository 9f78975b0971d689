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
from numba import njit

from adunion.kernel.chance import uniform

from .auction.batch import Goods, Rules, Scores, rank
from .auction.rank import SLOTS_MAX, Scratch, fitting

_WHETHER, _SLOT, _OTHER = 0xE0, 0xE1, 0xE2  # purposes of draws


class Shown(NamedTuple):
    """(n, K): the candidate row in each slot, -1 none; how likely it was; where chance chose it."""

    candidate: npt.NDArray[np.int64]
    propensity: npt.NDArray[np.float32]
    explored: npt.NDArray[np.bool_]


@njit(cache=True, nogil=True)
def at_home(share: float, filled: int, ranked: int) -> float:
    """P(an item keeps its slot) on a page of `filled`, of the `ranked` items that may be shown."""
    if ranked < 2:
        return 1.0
    return 1.0 - share * (1.0 / filled + (filled - 1.0) / (filled * (ranked - 1.0)))


@njit(cache=True, nogil=True)
def elsewhere(share: float, filled: int, ranked: int) -> float:
    """P(an item from below the page has a given slot); of the page's own it is twice that."""
    if ranked < 2:
        return 0.0
    return share / (filled * (ranked - 1.0))


@njit(cache=True, nogil=True)
def explore(
    words: npt.NDArray[np.uint64],
    share: float,
    offsets: npt.NDArray[np.int64],
    item: npt.NDArray[np.int32],
    scores: Scores,
    paid: npt.NDArray[np.int16],
    candidate: npt.NDArray[np.int64],
    goods: Goods,
    rules: Rules,
    work: Scratch,
    out: Shown,
) -> None:
    """What to show of n ranked requests: ids as (2n,) words, CSR candidates, ranked rows (n, K)."""
    for request in range(len(candidate)):
        filled = 0
        for slot in range(candidate.shape[1]):
            row = candidate[request, slot]
            out.candidate[request, slot] = row
            out.propensity[request, slot] = 1 if row >= 0 else 0
            out.explored[request, slot] = False
            filled += int(row >= 0)
        if share > 0 and filled > 0:
            key = words[2 * request] ^ words[2 * request + 1]
            begin, end = offsets[request], offsets[request + 1]
            its, wanted = item[begin:end], min(2 * filled, SLOTS_MAX)
            ranked = fitting(
                work, its, goods.merchant, goods.group, wanted, rules.merchant_cap,
                rules.group_cap,
            )  # fmt: skip
            for slot in range(filled):
                out.propensity[request, slot] = at_home(share, filled, ranked)
            if ranked >= 2 and uniform(key, 0, _WHETHER) < share:
                rank(
                    work, scores.organic[begin:end], scores.bid[begin:end], its, goods.merchant,
                    goods.group, wanted, int(paid[request]), rules,
                )  # fmt: skip
                _change(request, key, share, begin, filled, ranked, work, out)


@njit(cache=True, nogil=True)
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
