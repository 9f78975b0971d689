"""Who has bought from whom: whether a shopper is new to a merchant, or how likely.

Of consenting shoppers it is known. Of the others only their merchants' share of first orders is:
people are counted, never looked up. A pair of shopper and merchant is 64 bits.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]

SHARE_GUESS = 0.5  # of orders, by people new to their merchant, where nothing is known ...
SHARE_ORDERS = 20.0  # ... worth this many orders, of the market and then of a merchant
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_NOBODY = np.uint64(0)


class Buyers:
    """Pairs that have bought, and how many orders were first ones, by merchant."""

    def __init__(self) -> None:
        self._known = np.zeros(0, np.uint64)  # sorted
        self._orders: dict[int, list[int]] = {}  # merchant's word -> orders, first ones

    def __len__(self) -> int:
        return len(self._known)

    def first(self, shopper: npt.NDArray[np.void], merchant: Words) -> npt.NDArray[np.bool_]:
        """Which of these purchases, in order, are the first of their shopper at the merchant."""
        pairs, told = _pairs(shopper, merchant), words_of(shopper) != _NOBODY
        _, earliest = np.unique(pairs, return_index=True)
        first = np.zeros(len(pairs), np.bool_)
        first[earliest] = True
        return np.asarray(first & told & ~self._has(pairs))

    def observe(self, shopper: npt.NDArray[np.void], merchant: Words) -> None:
        """Take purchases: ids V16, and the words of the merchants, `words_of`, (k,) each."""
        told = words_of(shopper) != _NOBODY
        shopper, merchant = shopper[told], merchant[told]
        if not len(shopper):
            return
        first = self.first(shopper, merchant)
        for word, new in zip(merchant.tolist(), first.tolist(), strict=True):
            counts = self._orders.setdefault(word, [0, 0])
            counts[0] += 1
            counts[1] += new
        fresh = np.sort(_pairs(shopper[first], merchant[first]))
        self._known = np.insert(self._known, np.searchsorted(self._known, fresh), fresh)

    def newness(
        self,
        shopper: npt.NDArray[np.void],
        consent: npt.NDArray[np.bool_],
        merchant: Words,
    ) -> npt.NDArray[np.float32]:
        """(k,) how likely a buyer is new to the merchant."""
        known = np.where(self._has(_pairs(shopper, merchant)), 0.0, 1.0)
        return np.where(consent, known, self.shares(merchant)).astype(np.float32)

    def shares(self, merchant: Words) -> Floats:
        """(k,) share of each merchant's orders that were first ones, few orders by the market's."""
        sums = np.array([*self._orders.values()], np.float64).reshape(-1, 2).sum(axis=0)
        market = (sums[1] + SHARE_GUESS * SHARE_ORDERS) / (sums[0] + SHARE_ORDERS)
        words, rows = np.unique(merchant, return_inverse=True)
        counts = np.array([self._orders.get(int(w), (0, 0)) for w in words]).reshape(-1, 2)
        share = (counts[:, 1] + market * SHARE_ORDERS) / (counts[:, 0] + SHARE_ORDERS)
        found: Floats = share[rows]
        return found

    def _has(self, pairs: Words) -> npt.NDArray[np.bool_]:
        if not len(self._known):
            return np.zeros(len(pairs), np.bool_)
        at = np.minimum(np.searchsorted(self._known, pairs), len(self._known) - 1)
        return np.asarray(self._known[at] == pairs)


def words_of(ids: npt.NDArray[np.void]) -> Words:
    """64 bits for each id, V16, (k,)."""
    halves = np.ascontiguousarray(ids).view(np.uint64).reshape(-1, 2)
    return np.asarray(halves[:, 0] ^ (halves[:, 1] * _GOLDEN), np.uint64)


def _pairs(shopper: npt.NDArray[np.void], merchant: Words) -> Words:
    mixed = (words_of(shopper) + merchant * _GOLDEN) * _GOLDEN
    return np.asarray(mixed ^ (mixed >> np.uint64(29)), np.uint64)
