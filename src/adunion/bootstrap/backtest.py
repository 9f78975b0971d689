"""Backtest of the forecast: plans launched in made markets, told before and had in the end.

A market lives through some days, with plans of its own. Then newcomers are booked, and each is
forecast by what the market knows: the plans that run and those that are booked. Arms with the same
people launch the newcomers at other settings: their difference is A against B. One arm more has
people of another luck, which tells how much of an error is chance.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor, as_completed
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from multiprocessing import get_context
from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt

from adunion.campaigns.types import LivePlan
from adunion.kernel.clock import generator, micros
from adunion.kernel.config import Settings
from adunion.kernel.errors import AdUnionError, invalid
from adunion.simulation.forecast import Cell
from adunion.simulation.forecast.score import Launched
from adunion.simulation.run import Progress, Run, Side
from adunion.simulation.scenario import Scenario, load, parse

from .forecast import forecast
from .market import Market
from .records import open_records
from .rehearsal import Rehearsal
from .replayed import Wish
from .simulator import open_run, own_home, world_of

DRAIN = timedelta(days=10)
TARGETS = (2.0, 2.5, 3.0, 4.0, 5.0)
ARMS = {"plain": 1.0, "dearer": 1.5, "cheaper": 0.7}  # factor on the target
LUCK = 0x5EED  # of the people who meet the plain arm a second time


@dataclass(frozen=True)
class Size:
    """Of a backtest."""

    markets: int = 4
    requests_per_day: int = 10_000
    history_days: int = 5
    days: int = 4  # that newcomers run
    merchants: int = 8
    items: int = 1_500
    shoppers: int = 6_000
    incumbents: int = 3
    newcomers: int = 4
    settle_hours: int = 24  # that incumbents have before
    scenario: Path | None = None  # its world, traffic, rhythm and shocks, instead of made ones

    @property
    def ticks(self) -> int:
        """Hours to live through in one market, arms counted apart."""
        return self.history_days * 24 + self.settle_hours + self.days * 24 * (len(ARMS) + 1)


@dataclass(frozen=True)
class Newcomer:
    """A plan to be launched."""

    name: str
    live: LivePlan
    rows: tuple[int, ...]


def of_scenario(size: Size, path: Path) -> Size:
    """The size with the shape of a scenario file."""
    found = load(path)
    if found.tick_minutes != 60:
        raise invalid("tick_minutes", f"{path}: a backtest ticks by the hour.", "Give 60.")
    return replace(
        size, scenario=path, history_days=found.history_days,
        requests_per_day=found.requests_per_day,
    )  # fmt: skip


def backtest(
    settings: Settings, size: Size, seed: int, jobs: int, progress: Progress
) -> list[Launched]:
    """Every plan launched, of all markets; market `k` has the seed `seed + k`."""
    with open_records(settings):  # one server for all of them
        seeds = [seed + number for number in range(size.markets)]
        if jobs == 1:
            whole = size.markets * size.ticks
            found: list[Launched] = []
            for number, each in enumerate(seeds):
                done = number * size.ticks
                found += one_market(settings, size, each, _counted(progress, done, whole))
            return found
        return _in_processes(settings, size, seeds, jobs, progress)


def _in_processes(
    settings: Settings, size: Size, seeds: list[int], jobs: int, progress: Progress
) -> list[Launched]:
    found: dict[int, list[Launched]] = {}
    progress("markets", 0, len(seeds))
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        waiting = {pool.submit(one_market, settings, size, each, _silent): each for each in seeds}
        for done in as_completed(waiting):
            found[waiting[done]] = done.result()
            progress("markets", len(found), len(seeds))
    return [plan for each in seeds for plan in found[each]]


def _counted(progress: Progress, done: int, whole: int) -> Progress:
    """Progress of one market as a part of all of them."""

    def counted(_what: str, at: int, _total: int) -> None:
        progress("hours lived through", done + at, whole)

    return counted


def _silent(_what: str, _done: int, _total: int) -> None:
    """No progress."""


def one_market(settings: Settings, size: Size, seed: int, progress: Progress) -> list[Launched]:
    """The plans launched in one market."""
    scenario = _scenario(size)
    world = world_of(scenario, seed, _silent)
    with open_records(settings) as server, own_home(settings, server) as (engine, home):
        run = open_run(engine, home, scenario, seed, world, _silent)
        try:
            return _Stage(run, size, seed, progress).play()
        finally:
            run.market.close()


def _scenario(size: Size) -> Scenario:
    """The market's shape; plans and rivals of a scenario file make way for the backtest's own."""
    if size.scenario is not None:
        found = load(size.scenario)
        shocks = [shock for shock in found.shocks if shock.kind != "rival"]
        return found.model_copy(
            update={"plans": [], "rivals": [], "shocks": shocks, "control": False, "days": 60}
        )
    return parse(
        {
            "history_days": size.history_days,
            "days": 60,
            "requests_per_day": size.requests_per_day,
            "control": False,
            "world": {
                "items": size.items, "merchants": size.merchants, "shoppers": size.shoppers,
            },
        }
    )  # fmt: skip


class _Stage:
    """One market on its way: history, incumbents, newcomers."""

    def __init__(self, run: Run, size: Size, seed: int, progress: Progress) -> None:
        self._run = run
        self._size = size
        self._seed = seed
        self._rng = generator(seed, 0xBAC)
        self._progress = progress
        self._lived = 0
        self._ids = cast(Market, run.market).ids

    def play(self) -> list[Launched]:
        """Live through it; what was told of each newcomer, and what it had."""
        run, size = self._run, self._size
        market = cast(Market, run.market)
        arm = Rehearsal(market.brain, market.clock, market.new_rule())
        side = run.side(arm, run.treated.memory)
        start = run.scenario.start
        self._live(start, start + timedelta(days=size.history_days) / 2, [side])
        market.train()
        self._live(start + timedelta(days=size.history_days) / 2, run.started, [side])
        market.train()
        chosen = self._merchants()
        arm.launch([self._plan(row, run.started, None).live for row in chosen[: size.incumbents]])
        now = run.started + timedelta(hours=size.settle_hours)
        self._live(run.started, now, [side])
        market.train()
        last = size.incumbents + size.newcomers
        end = now + timedelta(days=size.days)
        newcomers = [self._plan(row, now, end) for row in chosen[size.incumbents : last]]
        return self._launch(side, arm, newcomers, now, end)

    def _launch(
        self,
        side: Side,
        arm: Rehearsal,
        newcomers: list[Newcomer],
        now: datetime,
        end: datetime,
    ) -> list[Launched]:
        settings = {
            name: [_at(each, factor) for each in newcomers] for name, factor in ARMS.items()
        }
        told = {
            (name, plan.name): cell
            for name, plans in settings.items()
            for plan, cell in zip(plans, self._told(arm, plans, end), strict=True)
        }
        arms = {name: self._fork(side, arm, plans) for name, plans in settings.items()}
        again = self._fork(side, arm, newcomers)
        again[0].luck = LUCK
        self._live(now, end, [fork for fork, _ in (*arms.values(), again)], count=True)
        self._drain([*arms.values(), again], end)
        return [
            self._had(name, plan, told[name, plan.name], arms[name], again)
            for name, plans in settings.items()
            for plan in plans
        ]

    def _told(self, arm: Rehearsal, plans: list[Newcomer], end: datetime) -> list[Cell]:
        """What is told of each newcomer, all of them being booked."""
        booked = arm.copy()
        booked.launch([plan.live for plan in plans])
        booked.tick()
        return [
            forecast(
                booked.grounds,
                Wish(
                    np.array(plan.rows, np.int32), (float(plan.live.target_roi),),
                    end_us=micros(end),
                ),
            ).cells[0]
            for plan in plans
        ]  # fmt: skip

    def _fork(
        self, side: Side, arm: Rehearsal, plans: list[Newcomer]
    ) -> tuple[Side, Rehearsal]:  # fmt: skip
        """The market with the newcomers launched, and its people."""
        twin = arm.copy()
        twin.launch([plan.live for plan in plans])
        fork = self._run.side(twin, deepcopy(side.memory))
        fork.later = side.later.copy()
        fork.maker.number_orders_like(side.maker)
        return fork, twin

    def _had(
        self, arm: str, plan: Newcomer, told: Cell, own: tuple[Side, Rehearsal],
        again: tuple[Side, Rehearsal],
    ) -> Launched:  # fmt: skip
        side, twin = own
        had, truth = twin.sums[plan.live.id], side.tally.plans[plan.live.id]
        twice = again[1].sums[plan.live.id].spend_micros / twin.unit
        return Launched(
            self._seed, plan.name, arm, told, had.spend_micros / twin.unit, had.gmv_minor,
            had.added_minor, had.orders, truth.expected_gmv, truth.expected_orders,
            twice if arm == "plain" else None,
        )  # fmt: skip

    def _merchants(self) -> npt.NDArray[np.int64]:
        """Those who make plans, in an order of chance; of a given world the larger ones."""
        wanted = self._size.incumbents + self._size.newcomers
        items = np.bincount(self._run.market.catalog.merchant)
        if len(items) < wanted:
            raise AdUnionError(
                "few_merchants", f"The world has {len(items)} merchants, {wanted} are to launch.",
                422, hint="Lower --newcomers, or give a larger world.",
            )  # fmt: skip
        return self._rng.permutation(np.argsort(-items, kind="stable")[: max(wanted, 8)])

    def _plan(self, merchant: int, start: datetime, end: datetime | None) -> Newcomer:
        catalog, rng = self._run.market.catalog, self._rng
        rows = np.flatnonzero(catalog.merchant == merchant)
        count = max(1, round(len(rows) * rng.uniform(0.4, 1.0)))
        rows = np.sort(rng.choice(rows, count, replace=False))
        live = LivePlan(
            id=self._ids("cmp"),
            merchant_id=str(merchant),
            target_roi=Decimal(str(rng.choice(TARGETS))),
            budget_left_micros=None,
            start_at=start,
            end_at=end,
            dayparts=None,
            stage="learning",
            goal="target_roi",
            target_cost_micros=None,
            item_ids=tuple(catalog.ids[row] for row in rows),
        )
        return Newcomer(f"merchant {merchant}", live, tuple(rows.tolist()))

    def _live(
        self, first: datetime, last: datetime, sides: list[Side], count: bool = False
    ) -> None:
        for at in self._run.ticks(first, last):
            self._run.reprice(at, sides)
            for side in sides:
                side.arm.tick()
            self._run.tick(at, sides, count=count)
            self._lived += len(sides)
            self._progress("hours", self._lived, self._size.ticks)

    def _drain(self, arms: list[tuple[Side, Rehearsal]], end: datetime) -> None:
        for side, twin in arms:
            twin.take(side.later.due(micros(end + DRAIN)))


def _at(plan: Newcomer, factor: float) -> Newcomer:
    target = round(plan.live.target_roi * Decimal(str(factor)), 3)
    return replace(plan, live=replace(plan.live, target_roi=target))
