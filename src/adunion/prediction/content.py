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
Record = tuple[Floats, Floats]
"""What happened to items and what was expected, (items,) each."""
Holders = tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]
"""(offsets, rows): what is numbered t is held by the items `rows[offsets[t]:offsets[t + 1]]`."""


def holders(codes: npt.NDArray[np.int32]) -> Holders:
    """The items of each code, such as a brand's; -1: none. Codes are (items,)."""
    named = np.flatnonzero(codes >= 0)
    order = named[np.argsort(codes[named], kind="stable")]
    return np.concatenate(([0], np.cumsum(np.bincount(codes[named])))), order.astype(np.int32)


def content_lifts(
    clicks: Record, orders: Record, words: Holders, brands: Holders
) -> tuple[Floats, Floats]:
    """log(observed / expected) of the other items with an item's words and brand, (items,) each.

    Rare words count more. An item's own record is left out, so that it means the same for an item
    that has none; and so the slope of what items did on what their like did tells how far it can
    be trusted, 0 to 1. Both records at once, since the time goes into finding the items.
    """
    did = np.stack([*clicks, *orders], axis=1)
    others = np.zeros_like(did)
    for offsets, rows in (words, brands):
        _neighbours(did, offsets, rows, others)
    return _trusted(*clicks, *others[:, :2].T), _trusted(*orders, *others[:, 2:].T)


def _trusted(hits: Floats, expected: Floats, other_hits: Floats, other_expected: Floats) -> Floats:
    guess = np.log((other_hits + _PRIOR) / (other_expected + _PRIOR))
    slope = ((hits - expected) @ guess) / (expected @ guess**2 + _SLOPE_PRIOR)
    return np.asarray(guess * np.clip(slope, 0, 1))


@njit(cache=True, nogil=True)
def _neighbours(
    did: Floats, offsets: npt.NDArray[np.int64], rows: npt.NDArray[np.int32], others: Floats
) -> None:
    """Add to `others` what the others of an item's groups did, (items, 4)."""
    most = max(_COMMON_SHARE * len(did), 50.0)
    for group in range(len(offsets) - 1):
        size = offsets[group + 1] - offsets[group]
        if size < 2 or size > most:
            continue
        weight = min(1.0, _ITEMS_FULL / size)
        s0, s1, s2, s3 = 0.0, 0.0, 0.0, 0.0
        for at in range(offsets[group], offsets[group + 1]):
            item = rows[at]
            s0 += did[item, 0]
            s1 += did[item, 1]
            s2 += did[item, 2]
            s3 += did[item, 3]
        for at in range(offsets[group], offsets[group + 1]):
            item = rows[at]
            others[item, 0] += weight * (s0 - did[item, 0])
            others[item, 1] += weight * (s1 - did[item, 1])
            others[item, 2] += weight * (s2 - did[item, 2])
            others[item, 3] += weight * (s3 - did[item, 3])
