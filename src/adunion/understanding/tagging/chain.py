"""Linear-chain arithmetic: chances of labels and of parts, and which parts to say.

Scores of a title are [length, labels]; `turn` [labels, labels] are those of a label after another,
`first` [labels] those of the first one (Lafferty et al. 2001).
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from .corpus import Bounds
from .types import CODES

LABELS = ("O", *(f"{place}-{code}" for code in CODES for place in "BI"))
"""Of the columns of scores and chances."""
KINDS = tuple(CODES)
LEAST = 0.05
"""Parts less likely are not looked at."""
SURE = 0.42
"""A part is said where it is likelier than this: about half the F1 that is reached, which is the
best threshold for F1 (Lipton et al. 2014)."""
Chances = NDArray[np.float64]


@numba.njit(cache=True, nogil=True)
def chances(scores: Chances, turn: Chances, first: Chances) -> Chances:
    """Probability of each label at each character, by forward-backward on scaled chances."""
    _, forward, back, _ = _passes(scores, turn, first)
    found = forward * back
    for at in range(len(found)):
        found[at] /= found[at].sum()
    return found


@numba.njit(cache=True, nogil=True)
def _passes(
    scores: Chances, turn: Chances, first: Chances
) -> tuple[Chances, Chances, Chances, float]:
    """Each label's own chances, those of it and all before, and of all after; log of their sum."""
    length, count = scores.shape
    after = np.exp(turn)
    here = np.empty((length, count))
    forward, back = np.empty((length, count)), np.ones((length, count))
    total = 0.0
    for at in range(length):
        top = scores[at].max()
        here[at] = np.exp(scores[at] - top)
        for k in range(count):
            come = np.exp(first[k]) if at == 0 else 0.0
            if at:
                for j in range(count):
                    come += forward[at - 1, j] * after[j, k]
            forward[at, k] = come * here[at, k]
        size = forward[at].sum()
        forward[at] /= size
        total += top + np.log(size)
    for at in range(length - 2, -1, -1):
        go = here[at + 1] * back[at + 1]
        for j in range(count):
            back[at, j] = (after[j] * go).sum()
        back[at] /= back[at].sum()
    return here, forward, back, total


@numba.njit(cache=True, nogil=True)
def _parts(found: Chances, sure: float) -> tuple[NDArray[np.int64], Chances]:
    length = len(found)
    best, worth = np.zeros(length + 1), np.zeros(length + 1)
    start, kind = np.full(length + 1, -1), np.zeros(length + 1, np.int64)
    likely = np.zeros(length + 1)
    for end in range(1, length + 1):
        best[end] = best[end - 1]
        for k in range((found.shape[1] - 1) // 2):
            begins, goes_on = 2 * k + 1, 2 * k + 2
            stays = 1.0  # from a first character to this end, by the Markov chain of the labels
            at = end - 1
            stops = 1.0
            if end < length:
                inside = found[at, begins] + found[at, goes_on]
                stops = max(1 - found[end, goes_on] / max(inside, 1e-12), 0.0)
            while at >= 0 and stays * stops > LEAST:
                chance = found[at, begins] * stays * stops
                if chance > sure and best[at] + chance - sure > best[end]:
                    best[end] = best[at] + chance - sure
                    start[end], kind[end], likely[end] = at, k, chance
                if at:
                    inside = found[at - 1, begins] + found[at - 1, goes_on]
                    stays *= min(found[at, goes_on] / max(inside, 1e-12), 1.0)
                at -= 1
    out = np.empty((length, 3), np.int64)
    count, end = 0, length
    while end > 0:
        if start[end] >= 0 and best[end] > best[end - 1]:
            out[count, 0], out[count, 1], out[count, 2] = start[end], end, kind[end]
            worth[count] = likely[end]
            count += 1
            end = start[end]
        else:
            end -= 1
    return out[:count][::-1], worth[:count][::-1]


def parts(found: Chances) -> list[tuple[Bounds, float]]:
    """The parts that do not overlap and whose chances exceed `SURE` by the most in all, with them.

    A part's chance is that of its first character, times that of going on at each next one, times
    that of stopping: labels are a Markov chain.
    """
    rows, worth = _parts(found, SURE)
    return [
        ((start, end, KINDS[kind]), chance)
        for (start, end, kind), chance in zip(rows.tolist(), worth.tolist(), strict=True)
    ]


def slopes(
    scores: Chances, wanted: Chances, lengths: NDArray[np.int64], taught: NDArray[np.bool_],
    turn: Chances, first: Chances,
) -> tuple[float, Chances, Chances, Chances]:  # fmt: skip
    """-log likelihood of titles' labels, and its gradient by scores, turn and first.

    Args:
        scores: [titles, longest, labels], what is beyond a title's length being ignored.
        wanted: chances of labels, of the same shape: 0 and 1 where people said so.
        lengths: characters of each title.
        taught: whether people said so; of others `turn` and `first` learn nothing, because which
            label came after which is not known.
        turn: scores of a label after another.
        first: scores of the first label.
    """
    total, of_turn, of_first = 0.0, np.zeros_like(turn), np.zeros_like(first)
    of_scores = np.zeros_like(scores)
    for row in range(len(scores)):
        n = int(lengths[row])
        total += _slope(
            scores[row, :n], wanted[row, :n], bool(taught[row]), turn, first, of_scores[row, :n],
            of_turn, of_first,
        )  # fmt: skip
    return total, of_scores, of_turn, of_first


@numba.njit(cache=True, nogil=True)
def _slope(
    scores: Chances, wanted: Chances, taught: bool, turn: Chances, first: Chances,
    of_scores: Chances, of_turn: Chances, of_first: Chances,
) -> float:  # fmt: skip
    length, count = scores.shape
    after = np.exp(turn)
    here, forward, back, total = _passes(scores, turn, first)
    for at in range(length):
        one = forward[at] * back[at]
        of_scores[at] += one / one.sum() - wanted[at]
        total -= (wanted[at] * scores[at]).sum()
        if at and taught:
            go = here[at] * back[at]
            pair = np.empty((count, count))
            for j in range(count):
                pair[j] = forward[at - 1, j] * after[j] * go
            both = np.outer(wanted[at - 1], wanted[at])
            of_turn += pair / pair.sum() - both
            total -= (both * turn).sum()
    if taught:
        of_first += of_scores[0]
        total -= (wanted[0] * first).sum()
    return float(total)
