"""What happens to an item after it is sold: how much of it comes back, and how soon it arrives."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from adunion.catalog.types import CatalogSnapshot

_DAY_US = 86_400_000_000
_HALF_LIFE_DAYS = 90.0
_RETURN_DAYS = 7.0  # mean age of an order when it comes back; ages taken as exponential
_ORDERS_MAX = 200_000  # remembered, to know what a refund or a receipt is of
_RETURNED, _RETURNED_ORDERS = 0.05, 50.0  # before anything is known, worth so many orders
_DAYS, _DAYS_ORDERS = 3.0, 20.0
_STRENGTH = 20.0  # orders of a category's mean that an item starts from
DAYS_MAX = 30.0
_TOLD_RATINGS = 50.0  # a catalog's stars count like at most so many reviews that are kept
_TOLD_LEAST = 5.0  # ... and like at least so many, where it names none

_STARS, _KEPT, _PROMPT = 0.5, 0.3, 0.2  # weights of the parts of experience
_STARS_BAD, _RETURNED_BAD, _DAYS_BAD = 3.0, 0.3, 10.0  # at which a part is worth nothing

Floats = npt.NDArray[np.float64]
Ids = npt.NDArray[np.void]


class _Order(NamedTuple):
    at_us: int
    items: dict[int, bytes]  # by line


class AfterSales:
    """Sales, refunds and deliveries of each item, decayed with a half-life of 90 days.

    Refunds come late. An order of an age counts as far as its refund would have come by now,
    1 - exp(-age / 7 days): the money of young orders is kept as a second sum that fades with the
    same 7 days, so nothing but sums is kept of an item.
    """

    def __init__(self, snapshot: CatalogSnapshot) -> None:
        self._snapshot = snapshot
        self._at_us = 0
        self._orders: dict[bytes, _Order] = {}
        # columns: orders, money sold, of it not yet due, refunded, received, days to receipt
        self.sums = np.zeros((len(snapshot), 6))
        # columns: sum of the stars of the reviews that are kept, and how many they are
        self.reviewed = np.zeros((len(snapshot), 2))

    def sold(
        self, at_us: npt.NDArray[np.int64], order: Ids, line: npt.NDArray[np.int16], item: Ids,
        amount: npt.NDArray[np.int64],
    ) -> None:  # fmt: skip
        """Count order lines."""
        if not len(at_us):
            return
        self._fade(int(at_us.max()))
        for at, which, number, what in zip(at_us.tolist(), order, line.tolist(), item, strict=True):
            known = self._orders.setdefault(bytes(which), _Order(at, {}))
            known.items[number] = bytes(what)
        while len(self._orders) > _ORDERS_MAX:
            del self._orders[next(iter(self._orders))]
        rows = self._snapshot.rows(item)
        age = (self._at_us - at_us) / _DAY_US
        fresh = np.stack([np.ones(len(rows)), amount, amount * np.exp(-age / _RETURN_DAYS)], 1)
        fresh *= (0.5 ** (age / _HALF_LIFE_DAYS))[:, None]
        np.add.at(self.sums[:, :3], rows[rows >= 0], fresh[rows >= 0])

    def refunded(
        self, order: Ids, line: npt.NDArray[np.int16], amount: npt.NDArray[np.int64]
    ) -> None:
        """Count refunds of known order lines."""
        found = [self._orders.get(bytes(each)) for each in order]
        items = [
            known.items.get(number, b"") if known is not None else b""
            for known, number in zip(found, line.tolist(), strict=True)
        ]
        rows = self._rows(items)
        np.add.at(self.sums[:, 3], rows[rows >= 0], amount[rows >= 0])

    def received(self, at_us: npt.NDArray[np.int64], order: Ids) -> None:
        """Count receipts of known orders."""
        items: list[bytes] = []
        days: list[float] = []
        for at, which in zip(at_us.tolist(), order, strict=True):
            known = self._orders.get(bytes(which))
            if known is not None:
                items += known.items.values()
                took = min(max(at - known.at_us, 0) / _DAY_US, DAYS_MAX)
                days += [took] * len(known.items)
        rows = self._rows(items)
        kept = rows >= 0
        fresh = np.stack([np.ones(len(rows)), np.array(days, np.float64)], axis=1)
        np.add.at(self.sums[:, 4:], rows[kept], fresh[kept])

    def expected_returns(self) -> Floats:
        """Share of the money of each item's sales that comes back, (items,), 0 to 1."""
        _, money, young, back, _, _ = self.sums.T
        due = np.maximum(money - young, 0)
        typical = (money.sum() + 1.0) / (self.sums[:, 0].sum() + 1.0)
        prior = _RETURNED_ORDERS * typical
        market = (back.sum() + prior * _RETURNED) / (due.sum() + prior)
        return np.clip(self._shrunk(back, due, market, typical), 0.0, 1.0)

    def expected_days(self) -> Floats:
        """Days from order to receipt of each item, (items,)."""
        *_, received, days = self.sums.T
        market = (days.sum() + _DAYS_ORDERS * _DAYS) / (received.sum() + _DAYS_ORDERS)
        return self._shrunk(days, received, market, 1.0)

    def hear(self, item: Ids, stars: Floats, count: Floats) -> None:
        """Take the reviews that are kept: sums of stars and their number by item, all of them."""
        self.reviewed = np.zeros((len(self._snapshot), 2))
        rows = self._snapshot.rows(item)
        known = rows >= 0
        self.reviewed[rows[known]] = np.stack([stars, count], 1)[known]

    def stars(self) -> Floats:
        """Stars of each item, (items,): the catalog's, moved by the reviews that are kept."""
        told = self._snapshot.rating.astype(np.float64)
        weight = np.clip(self._snapshot.rating_count, _TOLD_LEAST, _TOLD_RATINGS)
        stars, count = self.reviewed.T
        return np.asarray((told * weight + stars) / (weight + count))

    def experience(self) -> Floats:
        """What an item is to the shopper who clicks it, (items,), 0..1.

        Half its stars (3 nothing, 5 all), .3 how little comes back (30 % nothing), .2 how soon it
        arrives (10 days nothing); what is not known of an item is as usual in its category.
        """
        stars = np.clip((self.stars() - _STARS_BAD) / 2, 0, 1)
        kept = np.clip(1 - self.expected_returns() / _RETURNED_BAD, 0, 1)
        prompt = np.clip(1 - self.expected_days() / _DAYS_BAD, 0, 1)
        return np.asarray(_STARS * stars + _KEPT * kept + _PROMPT * prompt)

    def rebase(self, snapshot: CatalogSnapshot) -> None:
        """Move to another snapshot of the catalog: sums are mapped by id."""
        rows = self._snapshot.rows(snapshot.raw)
        self.sums = np.vstack([self.sums, np.zeros((1, self.sums.shape[1]))])[rows]
        self.reviewed = np.vstack([self.reviewed, np.zeros((1, 2))])[rows]
        self._snapshot = snapshot

    def _shrunk(self, hits: Floats, tries: Floats, market: float, scale: float) -> Floats:
        """Hits / tries of items, shrunk to their category's, and that to the market's."""
        category, size = self._snapshot.category, len(self._snapshot.categories)
        strength = _STRENGTH * scale
        of_category = (np.bincount(category, hits, size) + strength * market) / (
            np.bincount(category, tries, size) + strength
        )
        usual = of_category[category]
        shrunk: Floats = (hits + strength * usual) / (tries + strength)
        return shrunk

    def _fade(self, at_us: int) -> None:
        """Let time pass up to the newest order; in days, so that replays agree."""
        if at_us > self._at_us:
            days = (at_us - self._at_us) / _DAY_US if self._at_us else 0.0
            self.sums *= 0.5 ** (days / _HALF_LIFE_DAYS)
            self.sums[:, 2] *= np.exp(-days / _RETURN_DAYS)
            self._at_us = at_us

    def _rows(self, items: list[bytes]) -> npt.NDArray[np.int32]:
        raw = np.frombuffer(b"".join(each or bytes(16) for each in items), "V16")
        known = np.array([bool(each) for each in items], np.bool_)
        return np.where(known, self._snapshot.rows(raw), -1).astype(np.int32)
