"""The ad load: how many slots of a page bids may move, so that no page is wholly paid.

The first slot, and a share of those beyond it; and no more than a share of a day's slots. Of that
each page is allowed its part, rounded by the id of its request so that the mean is exact: it needs
no memory, so every node and every replay allow the same.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from numba import njit

from adunion.kernel.chance import uniform

ALL_BPS = 10_000
_DAY = 0xAD  # purpose of the draw


def paid_slots(
    request: npt.NDArray[np.void],
    slots: npt.NDArray[np.int16],
    page_bps: npt.NDArray[np.int64],
    day_bps: int,
) -> npt.NDArray[np.int16]:
    """How many slots of each page bids may move, (n,).

    Args:
        request: ids, (n,) V16.
        slots: wanted, (n,).
        page_bps: share of those beyond the first, (n,).
        day_bps: share of all of a day's slots.
    """
    most = np.empty(len(slots), np.int16)
    words = np.ascontiguousarray(request).view(np.uint64)
    _paid(words, slots, page_bps, day_bps / ALL_BPS, most)
    return most


def page_most(
    slots: npt.NDArray[np.int16], page_bps: npt.NDArray[np.int64] | int
) -> npt.NDArray[np.int16]:
    """The limit of a page alone, (n,)."""
    return (1 + (slots.astype(np.int64) - 1) * page_bps // ALL_BPS).astype(np.int16)


@njit(cache=True, nogil=True)
def _paid(
    words: npt.NDArray[np.uint64],
    slots: npt.NDArray[np.int16],
    page_bps: npt.NDArray[np.int64],
    share: float,
    most: npt.NDArray[np.int16],
) -> None:
    for row in range(len(slots)):
        key = words[2 * row] ^ words[2 * row + 1]
        most[row] = paid_most(key, slots[row], page_bps[row], share)


@njit(cache=True, nogil=True)
def paid_most(key: np.uint64, slots: int, page_bps: int, share: float) -> int:
    """The same of one page; `share` of a day's slots, the key of the request's id."""
    of_page = 1 + (np.int64(slots) - 1) * page_bps // ALL_BPS
    of_day = int(slots * share + uniform(key, 0, _DAY)) if share < 1 else of_page
    return int(min(of_page, of_day))


def standing(
    winners: Sequence[int], organic: npt.NDArray[np.int64], bid: npt.NDArray[np.int64], paid: int
) -> tuple[dict[int, int], int | None]:
    """What each winner (candidate rows in slot order) stands by, and what another has to beat.

    Where bids are full that is the last that counts; None: no bid counts on this page.
    """
    bidding = [row for row in winners if bid[row] > 0][:paid]
    stands = {row: int(organic[row] + (bid[row] if row in bidding else 0)) for row in winners}
    if len(bidding) < paid:
        return stands, min(stands.values(), default=0)
    return stands, stands[bidding[-1]] if bidding else None
