"""Which products a channel should promote: what they would earn, as far as shoppers gain by it.

The score is the commission expected of a view: clicks x orders x price kept x commission x the
audience's interest x the rise of the need, times experience, so that what disappoints is not
pushed. Caps on merchants, categories and variants keep the list diverse.
"""

from __future__ import annotations

from math import ceil

import numpy as np

from .types import Channel, Flags, Floats, Goods, Left, Needs, Pick, Selection, Wish

MERCHANT_SHARE, CATEGORY_SHARE = 0.2, 0.25
"""Of a list, what one merchant and one category may have."""
EXPERIENCE_MIN = 0.35
"""Below it an item is left out, whatever it earns."""
REASON_MIN = 1.15
"""A factor this far above the middle item's is a reason."""
LEFT_MAX = 20


def select(goods: Goods, channel: Channel, needs: Needs, wish: Wish) -> Selection:
    """Choose; deterministic, ties by row."""
    factors = _factors(goods, channel, needs)
    score = np.prod(np.stack(list(factors.values())), axis=0)
    wanted = _wanted(goods, channel, needs, wish)
    refused = _refused(goods)
    order = np.flatnonzero(wanted)[np.argsort(-score[wanted], kind="stable")]
    chosen: list[int] = []
    left: list[Left] = []
    caps = _Caps(goods, wish)
    for row in order.tolist():
        if len(chosen) == wish.top and len(left) >= LEFT_MAX:
            break
        why = refused.get(row) or caps.full(row)
        if why is None and len(chosen) < wish.top:
            chosen.append(row)
            caps.add(row)
        elif len(left) < LEFT_MAX:
            left.append(Left(row, float(score[row]), why or "below the last place"))
    middle = {name: _middle(values[wanted]) for name, values in factors.items()}
    earns = score / (factors["need"] * factors["experience"]) * 1_000
    picks = tuple(
        _pick(row, score, earns, factors, middle, int(needs.source[row])) for row in chosen
    )
    return Selection(picks, tuple(left), int(wanted.sum()))


def _factors(goods: Goods, channel: Channel, needs: Needs) -> dict[str, Floats]:
    return {
        "need": needs.rise,
        "fit": channel.interest[goods.category],
        "appeal": goods.clicks,
        "orders": goods.orders,
        "worth": goods.price_minor * (1.0 - goods.returned),
        "commission": goods.rate_bps / 10_000,
        "experience": 0.5 + goods.experience,
    }


def emptied_by(goods: Goods, channel: Channel, needs: Needs, wish: Wish) -> str:
    """What leaves nothing: the first condition that no item meets by itself.

    "together" where some item meets each; "refused" where those that meet all may not be advised.
    """
    conditions = _conditions(goods, channel, needs, wish)
    alone = next((name for name, met in conditions.items() if not met.any()), None)
    return alone or ("refused" if _wanted(goods, channel, needs, wish).any() else "together")


def _wanted(goods: Goods, channel: Channel, needs: Needs, wish: Wish) -> Flags:
    met = list(_conditions(goods, channel, needs, wish).values())
    return np.asarray(np.logical_and.reduce(met), bool)


def _conditions(goods: Goods, channel: Channel, needs: Needs, wish: Wish) -> dict[str, Flags]:
    """(n,) whether each item meets each condition of a wish."""
    below = np.array(
        [path == wish.category or path.startswith(f"{wish.category} > ")
         for path in goods.categories], bool,
    )  # fmt: skip
    found = {} if not wish.category else {"category": below[goods.category]}
    found["rate"] = goods.rate_bps >= wish.rate_min_bps
    found["price"] = goods.price_minor >= wish.price_min_minor
    if wish.price_max_minor is not None:
        found["price"] = found["price"] & (goods.price_minor <= wish.price_max_minor)
    if wish.rising_only:
        found["rising"] = needs.rise > 1
    if wish.new_only:
        found["new"] = ~channel.linked
    return found


def _refused(goods: Goods) -> dict[int, str]:
    """Items that may not be advised at all."""
    found = dict.fromkeys(np.flatnonzero(goods.experience < EXPERIENCE_MIN).tolist(), "experience")
    found |= dict.fromkeys(np.flatnonzero(goods.rate_bps <= 0).tolist(), "no commission")
    return found | dict.fromkeys(np.flatnonzero(~goods.in_stock).tolist(), "out of stock")


class _Caps:
    """Counts what a list holds already."""

    def __init__(self, goods: Goods, wish: Wish) -> None:
        self._goods = goods
        self._merchant_max = ceil(wish.top * MERCHANT_SHARE)
        self._category_max = wish.top if wish.category else ceil(wish.top * CATEGORY_SHARE)
        self._held: dict[tuple[str, int], int] = {}

    def full(self, row: int) -> str | None:
        """Which cap an item would break."""
        goods = self._goods
        if self._held.get(("group", int(goods.group[row]))):
            return "another variant is chosen"
        if self._held.get(("merchant", int(goods.merchant[row])), 0) >= self._merchant_max:
            return "merchant cap"
        if self._held.get(("category", int(goods.category[row])), 0) >= self._category_max:
            return "category cap"
        return None

    def add(self, row: int) -> None:
        """Count a chosen item."""
        goods = self._goods
        for name in ("group", "merchant", "category"):
            key = (name, int(getattr(goods, name)[row]))
            self._held[key] = self._held.get(key, 0) + 1


def _middle(values: Floats) -> float:
    return max(float(np.median(values)), 1e-12) if len(values) else 1.0


def _pick(
    row: int,
    score: Floats,
    earns: Floats,
    factors: dict[str, Floats],
    middle: dict[str, float],
    source: int,
) -> Pick:
    against = {name: float(values[row]) / middle[name] for name, values in factors.items()}
    lifted = [name for name, value in against.items() if value >= REASON_MIN]
    lifted.sort(key=lambda name: -against[name])
    told = {name: round(value, 3) for name, value in against.items()}
    return Pick(row, float(score[row]), float(earns[row]), told, tuple(lifted), source)
