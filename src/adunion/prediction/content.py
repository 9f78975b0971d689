"""What items that say the same did: the first guess of an item that nobody has seen yet."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

_ITEMS_FULL = 20.0  # a word of more items counts as if it were of this many
_COMMON_SHARE = 0.05  # of the catalog: a word of more items says nothing
_SLOPE_PRIOR = 5.0
_PRIOR = 15.0  # hits at the usual rate that a guess starts from

Floats = npt.NDArray[np.float64]
Holders = tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]
"""(offsets, rows): what is numbered t is held by the items `rows[offsets[t]:offsets[t + 1]]`."""


def holders(codes: npt.NDArray[np.int32]) -> Holders:
    """The items of each code, such as a brand's; -1: none. Codes are (items,)."""
    named = np.flatnonzero(codes >= 0)
    order = named[np.argsort(codes[named], kind="stable")]
    return np.concatenate(([0], np.cumsum(np.bincount(codes[named])))), order.astype(np.int32)


def content_lifts(hits: Floats, expected: Floats, words: Holders, brands: Holders) -> Floats:
    """log(observed / expected) of the other items with an item's words and brand, (items,).

    Rare words count more. An item's own record is left out, so that it means the same for an item
    that has none; and so the slope of what items did on what their like did tells how far it can
    be trusted, 0 to 1.
    """
    own_hits, own_expected = np.zeros(len(hits)), np.zeros(len(hits))
    for offsets, rows in (words, brands):
        _neighbours(hits, expected, offsets, rows, own_hits, own_expected)
    guess = np.log((own_hits + _PRIOR) / (own_expected + _PRIOR))
    slope = ((hits - expected) @ guess) / (expected @ guess**2 + _SLOPE_PRIOR)
    return np.asarray(guess * np.clip(slope, 0, 1))


@njit(cache=True, nogil=True)
def _neighbours(
    hits: Floats,
    expected: Floats,
    offsets: npt.NDArray[np.int64],
    rows: npt.NDArray[np.int32],
    own_hits: Floats,
    own_expected: Floats,
) -> None:
    most = max(_COMMON_SHARE * len(hits), 50.0)
    for group in range(len(offsets) - 1):
        size = offsets[group + 1] - offsets[group]
        if size < 2 or size > most:
            continue
        sum_hits, sum_expected = 0.0, 0.0
        for at in range(offsets[group], offsets[group + 1]):
            sum_hits += hits[rows[at]]
            sum_expected += expected[rows[at]]
        weight = min(1.0, _ITEMS_FULL / size)
        for at in range(offsets[group], offsets[group + 1]):
            item = rows[at]
            own_hits[item] += weight * (sum_hits - hits[item])
            own_expected[item] += weight * (sum_expected - expected[item])
