"""Plays a day of the arena: all rivals, or all but one and an outside bidder."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .auction import TOP, auction, own_values
from .rivals import Rivals
from .types import (
    EXPOSURES,
    RESERVE,
    TICKS,
    Agent,
    Day,
    Floats,
    Landscape,
    Market,
    Period,
    Singles,
)


@dataclass(frozen=True)
class Played:
    """A day's four highest bids of each row, and whose they were."""

    top: Singles  # (n, 4)
    owner: npt.NDArray[np.int8]  # (n, 4)
    spent: Floats  # (TICKS, 48)


def play(market: Market, period: Period, seat: int = -1, agent: Agent | None = None) -> Played:
    """Play a day; advertiser `seat` is played by `agent`, if given, through its door."""
    total, count = len(period.keys), len(market.category)
    top, owner = np.zeros((total, TOP), np.float32), np.full((total, TOP), -1, np.int8)
    seen = np.zeros(total, np.int8)
    remaining, spent = market.budget.copy(), np.zeros((TICKS, count))
    gained = np.zeros(count)
    rivals = Rivals(market, period)
    values, stds = (
        (np.zeros(total), np.zeros(total)) if agent is None else seat_values(market, period, seat)
    )
    for tick in range(TICKS):
        rows = period.rows(tick)
        bids = np.zeros(rows.stop - rows.start)
        if agent is not None:
            bids = np.asarray(agent.bids(values[rows], stds[rows]), float)
        auction(
            period.keys[rows], market.category, period.mean[tick], period.std[tick], market.common,
            rivals.alpha, seat, bids, EXPOSURES, RESERVE, remaining, spent[tick], gained,
            top[rows], owner[rows], seen[rows],
        )  # fmt: skip
        if agent is not None:
            costs = rival_costs(top[rows], owner[rows], seat)
            _tell(agent, seat, values[rows], costs, owner[rows], seen[rows])
        if tick + 1 < TICKS:
            so_far = spent[: tick + 1].sum(axis=0)
            rivals.tick(tick + 1, remaining, spent[tick], so_far, gained)
    return Played(top, owner, spent)


def seat_values(market: Market, period: Period, seat: int) -> tuple[Floats, Floats]:
    """The seat's values of the day's rows and their standard deviations."""
    parts = [
        own_values(
            period.keys[period.rows(tick)], seat, int(market.category[seat]),
            float(period.mean[tick, seat]), float(period.std[tick, seat]), market.common,
            float(market.sigma[seat]),
        )
        for tick in range(TICKS)
    ]  # fmt: skip
    return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])


def rival_costs(top: Singles, owner: npt.NDArray[np.int8], seat: int) -> Floats:
    """Least winning costs (n, 3) of a seat: its rivals' three highest bids, or the reserve."""
    place = np.argmax(owner == seat, axis=1)
    place[~(owner == seat).any(axis=1)] = TOP - 1
    kept = np.arange(TOP - 1) + (np.arange(TOP - 1) >= place[:, None])
    costs: Floats = np.take_along_axis(top, kept, axis=1).astype(float)
    return np.maximum(costs, RESERVE)


def landscape(market: Market, period: Period, played: Played, seat: int) -> Landscape:
    """What a seat met on a day that was played."""
    values, stds = seat_values(market, period, seat)
    costs = rival_costs(played.top, played.owner, seat)
    return Landscape(period.offsets, values, stds, costs)


def _tell(
    agent: Agent,
    seat: int,
    values: Floats,
    costs: Floats,
    owner: npt.NDArray[np.int8],
    seen: npt.NDArray[np.int8],
) -> None:
    mine = owner[:, : TOP - 1] == seat
    won = mine.any(axis=1)
    slot = np.argmax(mine, axis=1)
    exposed = won & ((seen >> slot) & 1 == 1)
    converted = won & ((seen >> (slot + 3)) & 1 == 1)
    price = np.where(won, costs[np.arange(len(slot)), slot], 0.0)
    agent.observe(values, costs, won, exposed, price * exposed, converted)


def day_of(land: Landscape, played: Played, seat: int) -> Day:
    """What a seat's day came to, from who got which slot."""
    by_tick = np.zeros((TICKS, 2))
    mine = played.owner[:, : TOP - 1] == seat
    row, slot = np.nonzero(mine)
    tick = np.searchsorted(land.offsets, row, side="right") - 1
    np.add.at(by_tick[:, 0], tick, EXPOSURES[slot] * land.values[row])
    np.add.at(by_tick[:, 1], tick, EXPOSURES[slot] * land.costs[row, slot])
    total = by_tick.sum(axis=0)
    paid = float(played.spent[:, seat].sum())
    return Day(float(total[0]), float(total[1]), paid, by_tick)


def replay(land: Landscape, agent: Agent, budget: float, draws: Floats) -> Day:
    """Let a bidder meet a day's recorded rivals; `draws` (2, n) decide exposure and conversion.

    The budget is a hard limit: what a tick's bids win beyond it is not had.
    """
    by_tick, left = np.zeros((TICKS, 2)), budget
    for tick in range(TICKS):
        rows = slice(int(land.offsets[tick]), int(land.offsets[tick + 1]))
        values, costs = land.values[rows], land.costs[rows]
        bids = np.asarray(agent.bids(values, land.value_std[rows]), float)
        slot = (costs > bids[:, None]).sum(axis=1)
        won = slot < costs.shape[1]
        held = np.minimum(slot, costs.shape[1] - 1)
        price = np.where(won, costs[np.arange(len(held)), held], 0.0)
        exposed = won & (draws[0, rows] < EXPOSURES[held])
        within = (price * exposed).cumsum() <= left
        won, exposed = won & within, exposed & within
        left -= float(price[exposed].sum())
        share = EXPOSURES[held] * won
        by_tick[tick] = (share * values).sum(), (share * price).sum()
        converted = exposed & (draws[1, rows] < values)
        agent.observe(values, costs, won, exposed, price * exposed, converted)
    total = by_tick.sum(axis=0)
    return Day(float(total[0]), float(total[1]), budget - left, by_tick)
