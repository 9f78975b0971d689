"""Purchases as columns, and what a basket model is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Scores = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Purchases:
    """Order lines as columns of one length, sorted by time; one row an item of a basket."""

    basket: Ints  # numbered in order of time
    customer: Ints  # -1 not known
    day: Floats  # days since 1970, with their fraction
    item: Ints  # row in `items`
    items: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.item)

    @classmethod
    def of(
        cls, basket: Sequence[str], customer: Sequence[str], day: Floats, item: Sequence[str]
    ) -> Purchases:
        """From raw columns: an item counts once a basket; a line without an item is left out."""
        there = np.array([bool(each) for each in item], np.bool_)
        names, rows = np.unique(np.array(item, str)[there], return_inverse=True)
        people = np.array(customer, str)[there]
        _, who = np.unique(people, return_inverse=True)
        who = np.where(people == "", -1, who)
        label, number = np.unique(np.array(basket, str)[there], return_inverse=True)
        day = np.asarray(day, np.float64)[there]
        begun = np.full(len(label), np.inf)
        np.minimum.at(begun, number, day)
        place = np.empty(len(label), np.int64)
        place[np.argsort(begun, kind="stable")] = np.arange(len(label))
        number = place[number]
        _, first = np.unique(number * max(len(names), 1) + rows, return_index=True)
        order = first[np.argsort(number[first], kind="stable")]
        return cls(number[order], who[order], day[order], rows[order], tuple(names.tolist()))

    def before(self, day: float) -> Purchases:
        """What was bought before a day."""
        return self.take(self.day < day)

    def take(self, kept: npt.NDArray[np.bool_]) -> Purchases:
        """Some rows."""
        return Purchases(
            self.basket[kept], self.customer[kept], self.day[kept], self.item[kept], self.items
        )


@dataclass(frozen=True)
class Question:
    """n questions: what is in the cart, what the customer bought before, and when it is.

    `cart` and `past` are lists of (question, item) pairs, `past_age` days before now, `past_back`
    baskets before now (0 the last one).
    """

    count: int
    now: Floats  # (n,) days
    cart: tuple[Ints, Ints]
    past: tuple[Ints, Ints]
    past_age: Floats
    past_back: Ints

    def part(self, first: int, last: int) -> Question:
        """Some of the questions."""

        def some(pairs: tuple[Ints, Ints]) -> npt.NDArray[np.bool_]:
            return np.asarray((pairs[0] >= first) & (pairs[0] < last))

        cart, past = some(self.cart), some(self.past)
        return Question(
            min(last, self.count) - first, self.now[first:last],
            (self.cart[0][cart] - first, self.cart[1][cart]),
            (self.past[0][past] - first, self.past[1][past]),
            self.past_age[past], self.past_back[past],
        )  # fmt: skip
