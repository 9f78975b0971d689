"""Which product types are bought together, and which after which, learnt from order lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .words import NameFinder

Ints = npt.NDArray[np.int64]
_ORDER_PRODUCTS_MAX = 20
_NEXT_DAYS = 60
_SHRINK = 8.0
_MOST = 12
_PAIRS_MIN = 3
_BEYOND_MIN = 0.005


@dataclass(frozen=True)
class Link:
    """Another product that is bought with, or soon after, a product."""

    product: int
    strength: float  # 0..1
    orders: int
    of: int  # orders with the first
    together: bool  # else in a later order


class OrderLinks:
    """For each product the others that orders tie to it."""

    def __init__(self, links: dict[int, list[Link]]) -> None:
        self._links = links

    def of(self, product: int) -> list[Link]:
        """Strongest first."""
        return self._links.get(product, [])

    def __len__(self) -> int:
        return len(self._links)

    @classmethod
    def learn(
        cls,
        finder: NameFinder,
        order: Sequence[str],
        shopper: Sequence[str],
        at_day: Ints,
        title: Sequence[str],
    ) -> OrderLinks:
        """From order lines; a line is of the last product that its title names.

        A pair counts by how much likelier it is than by chance, shrunk where there are few.
        Pairs in one order and in the same shopper's orders of the next 60 days count alike.
        """
        named = {text: _product(finder, text) for text in set(title)}
        product = np.array([named[text] for text in title], np.int64)
        kept = product >= 0
        _, orders = np.unique(np.array(order, object)[kept].astype(str), return_inverse=True)
        _, people = np.unique(np.array(shopper, object)[kept].astype(str), return_inverse=True)
        known = np.array([bool(who) for who in np.array(shopper, object)[kept]], bool)
        product, day = product[kept], at_day[kept]
        together = _pairs(orders, product)
        later = _later(people[known], orders[known], product[known], day[known])
        owners = _owners(orders, product)
        links: dict[int, list[Link]] = {}
        for pairs, in_one in ((together, True), (later, False)):
            _collect(links, pairs, owners, in_one)
        best = {}
        for a, found in links.items():
            one: dict[int, Link] = {}
            for link in sorted(found, key=lambda link: -link.strength):
                one.setdefault(link.product, link)
            best[a] = list(one.values())[:_MOST]
        return cls(best)


def _product(finder: NameFinder, title: str) -> int:
    found = finder.find(title)
    return found[-1].product if found else -1


def _owners(orders: Ints, product: Ints) -> dict[int, int]:
    """In how many orders each product is."""
    both = np.unique(np.stack([orders, product], 1), axis=0)
    rows, counts = np.unique(both[:, 1], return_counts=True)
    return dict(zip(rows.tolist(), counts.tolist(), strict=True))


def _pairs(orders: Ints, product: Ints) -> dict[tuple[int, int], int]:
    both = np.unique(np.stack([orders, product], 1), axis=0)
    out: dict[tuple[int, int], int] = {}
    for group in np.split(both[:, 1], np.flatnonzero(np.diff(both[:, 0])) + 1):
        if 1 < len(group) <= _ORDER_PRODUCTS_MAX:
            for a in group.tolist():
                for b in group.tolist():
                    if a != b:
                        out[a, b] = out.get((a, b), 0) + 1
    return out


def _later(people: Ints, orders: Ints, product: Ints, day: Ints) -> dict[tuple[int, int], int]:
    """Pairs of a product and another that the same person bought first within the next days."""
    order = np.lexsort((orders, day, people))
    people, orders, product, day = (column[order] for column in (people, orders, product, day))
    out: dict[tuple[int, int], int] = {}
    for group in np.split(np.arange(len(people)), np.flatnonzero(np.diff(people)) + 1):
        seen: dict[int, int] = {}
        for row in group[-400:].tolist():
            for a, since in seen.items():
                if a != product[row] and 0 < day[row] - since <= _NEXT_DAYS:
                    key = (a, int(product[row]))
                    out[key] = out.get(key, 0) + 1
            seen[int(product[row])] = int(day[row])
    return out


def _collect(
    links: dict[int, list[Link]],
    pairs: dict[tuple[int, int], int],
    owners: dict[int, int],
    in_one: bool,
) -> None:
    held = sum(owners.values()) or 1
    given: dict[int, int] = {}
    for (a, _), count in pairs.items():
        given[a] = given.get(a, 0) + count
    for (a, b), count in pairs.items():
        due = given[a] * owners[b] / held
        beyond = (count - due) / (given[a] + _SHRINK)
        if count >= _PAIRS_MIN and beyond > _BEYOND_MIN:
            strength = float(min(np.sqrt(beyond * 4), 1.0))
            links.setdefault(a, []).append(Link(b, strength, count, owners[a], in_one))
