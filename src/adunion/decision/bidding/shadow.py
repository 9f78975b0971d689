"""The shadow price of value: what a unit of it is worth now, as the rest of the day may go.

At one price each tick takes the bids where price times value most exceeds cost. What the day then
brings is summed for every price and every course that the day may take; in each course the highest
price at which budget and target both last is the right one. What is bought now competes with what
those courses would buy instead, so its price is theirs, averaged by what money is worth in each.
"""

from __future__ import annotations

import numpy as np

from .profile import STEP_LOGS
from .response import LOG_STEP, best_steps
from .types import Flags, Floats

PRICES = np.geomspace(0.02, 20.0, 240)  # shadow prices tried, over the target
SCARCE = 0.25  # a price nearer to the target than this counts as this near
REACH = np.linspace(-9.0, 9.0, 721)  # logs of price over the level of prices that are solved for


class Menu:
    """What bids would win of a tick's value, solved once for all prices and levels.

    `shape` is the one of `Profile.shape`, at a target of `target`.
    """

    def __init__(self, shape: Floats, target: float) -> None:
        self.shape = shape
        self._won, chosen = best_steps(shape, np.exp(REACH) * target)
        self.known: Flags = shape[0, :, -1] > 0  # sizes of which anything was seen
        self._logs = np.where(chosen < 0, STEP_LOGS[-1], STEP_LOGS[chosen])

    def sums(self, value: Floats, level: Floats) -> Floats:
        """Value and cost at each of PRICES, of ticks of that value and price level, both (c, p).

        Returns (2, c, a).
        """
        at = np.log(PRICES)[:, None, None] - level
        won = np.interp(at, REACH, self._won[0]) * value
        paid = np.interp(at, REACH, self._won[1]) * (value * np.exp(level))
        return np.stack([won.sum(axis=2).T, paid.sum(axis=2).T])

    def logs(self, price: float, level: float) -> Floats:
        """The best bids at a price: log of bid over target and value, by size; (sizes,).

        Where nothing seen is worth it, the price itself: what that wins is worth it.
        """
        at = np.log(price) - level
        logs = np.array([np.interp(at, REACH, logs) for logs in self._logs]) + level
        return np.minimum(logs, np.log(price))

    def spends(self, logs: Floats, level: float, surprise: Floats) -> Floats:
        """Cost over the tick's value of such bids, each time a step lower; (steps,).

        It is the most over the factors `surprise`: at prices s times those expected a bid wins what
        1 / s of it did, at s times the cost.
        """
        lower = np.arange(len(STEP_LOGS) // 2)[:, None, None] + np.log(surprise)[:, None] / LOG_STEP
        steps = (logs - level - STEP_LOGS[0]) / LOG_STEP - lower  # (steps, s, sizes)
        at = np.clip(np.round(steps), 0, len(STEP_LOGS) - 1).astype(np.int64)
        cost = self.shape[1][np.arange(len(logs)), at].sum(axis=2)
        most: Floats = (cost * surprise).max(axis=1) * np.exp(level)
        return most


def shadow_price(room: Floats, spare: Floats, goal: float) -> float:
    """The price of value now, over the target.

    `room` and `spare` are what is left of the target and of the budget at each of PRICES, (c, a);
    `goal` is the cost per value aimed at, over the target. Where the budget ends a course, a unit
    of cost is worth 1 / price of value; where the target does, value and cost are worth what they
    move that limit as well (the multipliers of the linear programme).
    """
    price, held_back = _last(room, spare)
    tight = 1 / np.maximum(price - goal, SCARCE)
    cost = np.where(held_back, tight, 1 / price)
    value = np.where(held_back, 1 + tight * goal, 1.0)
    return float(value.sum() / cost.sum())


def spread_at(price: float, value: Floats, cost: Floats) -> float:
    """Standard deviation over courses of the log of value over cost, at a price.

    `value` and `cost` are the whole day's at each of PRICES, (c, a).
    """
    at = int(np.abs(PRICES - price).argmin())
    return float(np.std(np.log(np.maximum(value[:, at], 1e-12) / np.maximum(cost[:, at], 1e-12))))


def _last(room: Floats, spare: Floats) -> tuple[Floats, Flags]:
    """The highest price (c,) at which both last, and whether it is `room` that ends there.

    Where there is none, the one within the budget that comes nearest to the target.
    """
    good = (room >= 0) & (spare >= 0)
    last = good.shape[1] - 1 - np.argmax(good[:, ::-1], axis=1)
    nearest = np.argmax(np.where(spare >= 0, room, -np.inf), axis=1)
    none = ~good.any(axis=1)
    last = np.where(none, nearest, last)
    after = np.minimum(last + 1, good.shape[1] - 1)
    by_room, by_spare = (_crossing(margin, last, after) for margin in (room, spare))
    part = np.where(none, 0.0, np.minimum(by_room, by_spare))
    price: Floats = PRICES[last] * (PRICES[after] / PRICES[last]) ** part
    return price, (by_room < by_spare) | none


def _crossing(margin: Floats, last: np.ndarray, after: np.ndarray) -> Floats:
    """How far towards the next price a margin lasts, 0 to 1; (c,)."""
    rows = np.arange(len(margin))
    here, there = margin[rows, last], margin[rows, after]
    crosses = (here > 0) & (there < 0)
    part: Floats = np.where(crosses, here / np.where(crosses, here - there, 1.0), there >= 0)
    return part
