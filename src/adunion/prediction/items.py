"""What is known of each item: how it did against expectation, its price among its like, reviews."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from adunion.catalog.types import CatalogSnapshot

from .content import content_lifts, holders
from .pieces import PIECES_MAX, expected_pieces
from .types import KINDS

_Ints = npt.NDArray[np.int32]
_Floats = npt.NDArray[np.float32]
_Lifts = tuple[npt.NDArray[np.float64], ...]

_HALF_LIFE_US = 21 * 86_400e6
_PRIOR_CTR = 0.06
_PRIOR_CVR = 0.08
_PRIOR_COUNT = 200.0
_STRENGTH_MIN, _STRENGTH_MAX = 1.0, 60.0

NUMBERS = (
    "click_lift", "click_lift_category", "order_lift", "order_lift_category",
    "price", "rating", "rating_count", "seen", "click_lift_content", "order_lift_content",
    "price_market",
)  # fmt: skip
"""Columns of `ItemColumns.numbers`."""


@dataclass(frozen=True)
class ItemColumns:
    """What prediction reads of each item; row i is the catalog's row i.

    `numbers` (items, N), in the order of `NUMBERS`. Lifts are log(observed / expected): of the
    category; of other items with the same words or brand, beyond their categories; of the item
    beyond both, shrunk to 0 by empirical Bayes. `price` is log(price / the category's median),
    `price_market` half of log(price / the market's median).
    """

    category: _Ints
    parent: _Ints  # (categories,) code of the category's first step
    brand: _Ints
    numbers: _Floats


class _Standing(NamedTuple):
    """What follows from the counts as they stand."""

    base: npt.NDArray[np.float64]  # (kinds,) clicks of an average item seen
    clicks: _Lifts
    orders: _Lifts


class ItemStats:
    """Seen impressions, clicks and orders of each item, decayed with a half-life of 21 days.

    Clicks are held against what an average item would have had in the same kinds of placement,
    so that an item is not praised for being shown where people click. `pieces` are those expected
    of an order of each item, and `rate` the clicks expected of a seen impression of it whoever sees
    it, both as of the start of the hour observed last, so that a replay of the log counts what was
    expected then.
    """

    _standing: _Standing | None
    _pieces: npt.NDArray[np.float64] | None

    def __init__(self, snapshot: CatalogSnapshot) -> None:
        self._bind(snapshot)
        self._at_us = 0
        self.seen = np.zeros((len(snapshot), len(KINDS)))
        self.clicks = np.zeros((len(snapshot), len(KINDS)))
        self.orders = np.zeros((len(snapshot), len(KINDS)))
        self.sold = np.zeros((len(snapshot), 2))  # pieces of the orders, and their squares
        self.pieces = np.ones(len(snapshot))
        self._words = (np.zeros(1, np.int64), np.zeros(0, np.int32))
        self._forget()
        self.rate = self.expected_rate()

    def set_words(self, offsets: npt.NDArray[np.int64], rows: _Ints) -> None:
        """The items that hold each word: word t has `rows[offsets[t]:offsets[t + 1]]`."""
        self._words = (offsets, rows)
        self._forget()

    def observe(
        self,
        at_us: int,
        seen: _Ints,
        seen_kind: npt.NDArray[np.uint8],
        clicked: _Ints,
        clicked_kind: npt.NDArray[np.uint8],
        ordered: _Ints,
        ordered_kind: npt.NDArray[np.uint8],
        ordered_pieces: npt.NDArray[np.int32],
    ) -> None:
        """Count events: catalog rows (-1 skipped) and the kind code of where they happened."""
        elapsed = max(at_us - self._at_us, 0) if self._at_us else 0
        if at_us > self._at_us:
            self.pieces, self.rate = self.expected_pieces(), self.expected_rate()
        self._at_us = max(self._at_us, at_us)
        self._forget()
        decay = 0.5 ** (elapsed / _HALF_LIFE_US)
        for counts, rows, kinds in (
            (self.seen, seen, seen_kind),
            (self.clicks, clicked, clicked_kind),
            (self.orders, ordered, ordered_kind),
        ):
            counts *= decay
            known = rows >= 0
            code = rows[known].astype(np.int64) * len(KINDS) + kinds[known]
            counts += np.bincount(code, minlength=counts.size).reshape(counts.shape)
        self.sold *= decay
        known = ordered >= 0
        pieces = np.clip(ordered_pieces[known], 1, PIECES_MAX).astype(np.float64)
        np.add.at(self.sold, ordered[known], np.stack([pieces, pieces**2], axis=1))

    def expected_pieces(self) -> npt.NDArray[np.float64]:
        """Pieces expected of an order of each item, (items,), from all that was observed."""
        if self._pieces is None:
            category, size = self._snapshot.category, len(self._snapshot.categories)
            lines, (pieces, squares) = _of_all(self.orders), self.sold.T
            self._pieces = expected_pieces(lines, pieces, squares, category, size)
        return self._pieces

    def expected_rate(self) -> npt.NDArray[np.float32]:
        """Clicks of a seen impression by item and kind of placement, (items, kinds), of anybody."""
        standing = self._stand()
        rate = np.minimum(np.exp(sum(standing.clicks))[:, None] * standing.base, 0.9)
        return np.asarray(rate, np.float32)

    def rebase(self, snapshot: CatalogSnapshot) -> None:
        """Move to another snapshot of the catalog: counts are mapped by id."""
        rows = self._snapshot.rows(snapshot.raw)
        for name in ("seen", "clicks", "orders", "sold"):
            counts = getattr(self, name)
            setattr(self, name, np.vstack([counts, np.zeros((1, counts.shape[1]))])[rows])
        self._bind(snapshot)
        self._words = (np.zeros(1, np.int64), np.zeros(0, np.int32))
        self._forget()
        self.pieces, self.rate = self.expected_pieces(), self.expected_rate()

    def _bind(self, snapshot: CatalogSnapshot) -> None:
        self._snapshot = snapshot
        self._parent = _parents(snapshot.categories)
        codes = {name: code for code, name in enumerate(dict.fromkeys(snapshot.brands))}
        self._brand = np.array([codes[name] if name else -1 for name in snapshot.brands], np.int32)
        self._brands = holders(self._brand)
        self._price = price_levels(snapshot)
        log_price = np.log(np.maximum(snapshot.price_minor, 1))
        middle = np.median(log_price) if len(snapshot) else 0.0
        self._level = np.clip((log_price - middle) / 2, -3, 3)

    def columns(self) -> ItemColumns:
        """The columns as of now; take them once a tick, not once a request."""
        snapshot = self._snapshot
        category = snapshot.category
        click_lift, click_category, click_content = self._stand().clicks
        order_lift, order_category, order_content = self._stand().orders
        numbers = np.stack(
            [
                click_lift, click_category, order_lift, order_category, self._price,
                snapshot.rating - 4.0, np.log1p(snapshot.rating_count) / 8,
                np.log1p(_of_all(self.seen)) / 8, click_content, order_content, self._level,
            ],
            axis=1,
        )  # fmt: skip
        return ItemColumns(
            category.astype(np.int32),
            self._parent,
            self._brand,
            np.ascontiguousarray(numbers, np.float32),
        )

    def _forget(self) -> None:
        """Work out anew what follows from the counts."""
        self._standing = None
        self._pieces = None

    def _stand(self) -> _Standing:
        """Worked out once until something is observed."""
        if self._standing is None:
            base = _base(self.clicks, self.seen, _PRIOR_CTR)
            base_orders = _base(self.orders, self.clicks, _PRIOR_CVR)
            clicks = self._beside_category(_of_all(self.clicks), self.seen @ base)
            orders = self._beside_category(_of_all(self.orders), self.clicks @ base_orders)
            contents = content_lifts(clicks[:2], orders[:2], self._words, self._brands)
            lifts = [_lifts(*of, on) for of, on in zip((clicks, orders), contents, strict=True)]
            self._standing = _Standing(base, *lifts)
        return self._standing

    def _beside_category(
        self, hits: npt.NDArray[np.float64], due: npt.NDArray[np.float64]
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Of each item the hits, those expected by its category, and the category's lift."""
        category, size = self._snapshot.category, len(self._snapshot.categories)
        category_hits = np.bincount(category, hits, size)
        category_due = np.bincount(category, due, size)
        group = ((category_hits + 20.0) / (category_due + 20.0))[category]
        return hits, due * group, group


def _lifts(
    hits: npt.NDArray[np.float64],
    due: npt.NDArray[np.float64],
    group: npt.NDArray[np.float64],
    content: npt.NDArray[np.float64],
) -> _Lifts:
    """Lifts of items, of their categories, and of what says the same (gamma-Poisson)."""
    expected = due * np.exp(content)
    noise = float(((hits - expected) ** 2 - hits).sum())
    strength = float((expected**2).sum()) / noise if noise > 0 else _STRENGTH_MAX
    strength = min(max(strength, _STRENGTH_MIN), _STRENGTH_MAX)
    return np.log((hits + strength) / (expected + strength)), np.log(group), content


def price_levels(snapshot: CatalogSnapshot) -> _Floats:
    """log(price / median price of its category) of each item, shape (items,)."""
    if not len(snapshot):
        return np.zeros(0, np.float32)
    log_price = np.log(np.maximum(snapshot.price_minor, 1))
    order = np.lexsort((log_price, snapshot.category))
    counts = np.bincount(snapshot.category, minlength=len(snapshot.categories))
    middle = np.cumsum(counts) - counts + (counts - 1).clip(0) // 2
    medians = log_price[order][np.minimum(middle, len(order) - 1)]
    return np.asarray(log_price - medians[snapshot.category], np.float32)


def _parents(categories: list[str]) -> _Ints:
    first = [path.split(">")[0].strip() for path in categories]
    codes = {name: code for code, name in enumerate(dict.fromkeys(first))}
    return np.array([codes[name] for name in first], np.int32)


def _base(
    hits: npt.NDArray[np.float64], tries: npt.NDArray[np.float64], prior: float
) -> npt.NDArray[np.float64]:
    """What an average try would bring by kind of placement, `prior` in the mean of all tries.

    Only the ratio of kinds is learned: a level that rose with the ranking's quality would make
    the lift of an item that stays the same fall, and yesterday's model would misread it.
    """
    had, came = _sums(tries), _sums(hits)
    level = (came.sum() + prior * _PRIOR_COUNT) / (had.sum() + _PRIOR_COUNT)
    base = (came + level * _PRIOR_COUNT) / (had + _PRIOR_COUNT)
    return np.asarray(base * prior / level, np.float64)


@njit(cache=True, nogil=True)
def _sums(counts: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Of each column, (columns,); numpy takes ten times as long where there are few."""
    out = np.zeros(counts.shape[1])
    for row in range(len(counts)):
        for column in range(len(out)):
            out[column] += counts[row, column]
    return out


@njit(cache=True, nogil=True)
def _of_all(counts: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Of each row, (rows,)."""
    out = np.zeros(len(counts))
    for row in range(len(counts)):
        for column in range(counts.shape[1]):
            out[row] += counts[row, column]
    return out
