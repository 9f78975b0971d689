"""The basket model: a blend of parts whose weights are learnt on later baskets than the parts.

Two uses: the next basket of a customer from what he bought before, and the rest of a cart from
what is in it. Each part is scaled so that its best item of a question has 1; the blend is linear.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from .parts import (
    HALF_LIFE_DAYS,
    cosine,
    ease,
    matrix,
    popularity,
    repeat,
    transitions,
)
from .types import Floats, Purchases, Question, Scores

Use = Literal["next", "cart"]
ITEMS_MAX = 3_000
_RIDGE = {"next": 150.0, "cart": 100.0}
_SHRINK = 5.0
_POOL = 400  # items of a question among which weights are learnt


@dataclass
class BasketModel:
    """What was learnt from purchases; `weights` of each use by part."""

    bought: Purchases
    weights: dict[str, dict[str, float]] = field(default_factory=dict)
    _made: dict[str, Any] = field(default_factory=dict, repr=False)

    def part(self, name: str) -> Any:
        """One part's tables, made when first asked for."""
        if name not in self._made:
            self._made[name] = self._make(name)
        return self._made[name]

    def _make(self, name: str) -> Any:
        bought, items = self.bought, len(self.bought.items)
        if name == "baskets":
            return matrix(bought.basket, bought.item, (int(bought.basket.max()) + 1, items))
        if name == "people":
            known = bought.customer >= 0
            who = bought.customer[known]
            return matrix(who, bought.item[known], (int(who.max(initial=0)) + 1, items)).sign()
        groups = self.part("people" if name.startswith("next") else "baskets")
        made: dict[str, Callable[[], Any]] = {
            "popular": lambda: popularity(bought, None),
            "recent": lambda: popularity(bought, HALF_LIFE_DAYS),
            "next cosine": lambda: cosine(groups),
            "cart cosine": lambda: cosine(groups),
            "next knn": lambda: cosine(groups, _SHRINK, 100),
            "cart knn": lambda: cosine(groups, _SHRINK, 100),
            "next ease": lambda: ease(groups, _RIDGE["next"], ITEMS_MAX),
            "cart ease": lambda: ease(groups, _RIDGE["cart"], ITEMS_MAX),
            "transitions": lambda: transitions(bought),
        }
        return made[name]()

    def scores(self, asked: Question, use: Use) -> dict[str, Scores]:
        """What each part says, (n, items), the best of a question 1."""
        items = len(self.bought.items)
        cart = matrix(*asked.cart, (asked.count, items))
        past = repeat(asked, items, HALF_LIFE_DAYS)
        often = repeat(asked, items, 10 * HALF_LIFE_DAYS)
        last = asked.past_back == 0
        latest = matrix(asked.past[0][last], asked.past[1][last], (asked.count, items))
        base = {
            "popular": np.tile(self.part("popular"), (asked.count, 1)),
            "recent": np.tile(self.part("recent"), (asked.count, 1)),
            "repeat lately": past.toarray(),
            "repeat often": often.toarray(),
        }
        if use == "next":
            own = {
                "knn": (often @ self.part("next knn")).toarray(),
                "ease": self._ease("next ease", often),
                "transitions": (latest @ self.part("transitions")).toarray(),
                "baskets": (latest @ self.part("cart knn")).toarray(),
            }
        else:
            own = {
                "knn": (cart @ self.part("cart knn")).toarray(),
                "ease": self._ease("cart ease", cart),
                "people": (cart @ self.part("next knn")).toarray(),
                "transitions": (latest @ self.part("transitions")).toarray(),
            }
        return {name: _scaled(each) for name, each in (base | own).items()}

    def blend(self, asked: Question, use: Use, weights: dict[str, float] | None = None) -> Scores:
        """The blend, (n, items); what is in the cart is left out."""
        chosen = weights or self.weights.get(use) or DEFAULT[use]
        total = np.zeros((asked.count, len(self.bought.items)), np.float32)
        for name, each in self.scores(asked, use).items():
            if chosen.get(name):
                total += np.float32(chosen[name]) * each
        return without_cart(total, asked)

    def _ease(self, name: str, groups: Any) -> Scores:
        rows, weights = self.part(name)
        out = np.zeros(groups.shape, np.float32)
        out[:, rows] = np.maximum(groups[:, rows] @ weights, 0)
        return out


DEFAULT: dict[str, dict[str, float]] = {
    "next": {
        "popular": 0.75, "recent": 0.2, "repeat lately": 0.35, "repeat often": 2.5, "knn": 0.2,
        "ease": 1.0, "transitions": 0.75, "baskets": 0.1,
    },
    "cart": {"popular": 0.1, "repeat often": 2.5, "knn": 0.5, "ease": 2.5, "people": 1.5},
}  # fmt: skip
"""Before any were learnt: as `bench/baskets.py` learns them on Online Retail."""


def without_cart(scores: Scores, asked: Question) -> Scores:
    """The same with what is in the cart at minus infinity."""
    scores[asked.cart] = -np.inf
    return scores


def _scaled(scores: Any) -> Scores:
    made = np.asarray(scores, np.float32)
    return np.asarray(made / np.maximum(made.max(axis=1, keepdims=True), 1e-9), np.float32)


def learn_weights(
    parts: dict[str, Scores], asked: Question, wanted: Any, rounds: int = 3
) -> dict[str, float]:
    """Weights that find most of what was `wanted`, (n, items) bool, on later baskets.

    Coordinate ascent over a small grid on the mean discounted gain at 10, which moves more
    smoothly than a hit rate and rests on every place of the list.
    """
    grid = (0.0, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.5, 2.5)
    every = without_cart(np.sum(list(parts.values()), axis=0, dtype=np.float32), asked)
    pool = best(every, _POOL)
    near = {name: np.take_along_axis(each, pool, 1) for name, each in parts.items()}
    near_wanted = np.take_along_axis(wanted, pool, 1)
    out_of_reach = ~np.isfinite(np.take_along_axis(every, pool, 1))
    weights = dict.fromkeys(parts, 0.0) | {"recent": 0.3}

    def gain(tried: dict[str, float]) -> float:
        total = np.zeros(pool.shape, np.float32)
        for name, value in tried.items():
            total += np.float32(value) * near[name]
        return _gain(np.where(out_of_reach, np.float32(-np.inf), total), near_wanted)

    for _ in range(rounds):
        before = dict(weights)
        for name in parts:
            gains = [gain(weights | {name: value}) for value in grid]
            weights[name] = grid[int(np.argmax(gains))]
        if weights == before:
            break
    return {name: value for name, value in weights.items() if value}


def _gain(scores: Scores, wanted: Any) -> float:
    top = best(scores, 10)
    found = np.take_along_axis(wanted, top, 1)
    discount: Floats = 1 / np.log2(np.arange(2, 12))
    return float((found * discount[: top.shape[1]]).sum(1).mean())


def best(scores: Scores, most: int) -> Any:
    """The columns of the `most` highest of each row, best first, (n, most)."""
    most = min(most, scores.shape[1])
    near = np.argpartition(-scores, most - 1, axis=1)[:, :most]
    order = np.argsort(-np.take_along_axis(scores, near, 1), axis=1, kind="stable")
    return np.take_along_axis(near, order, 1)
