"""One market: days to learn from, plans of its own, then newcomers, told and launched."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple, cast

import numpy as np
import numpy.typing as npt

from adunion.campaigns.types import LivePlan
from adunion.decision.book import PlanBook
from adunion.kernel.clock import generator, micros
from adunion.kernel.errors import AdUnionError
from adunion.simulation.forecast import Cell
from adunion.simulation.forecast.score import Alone, Launched
from adunion.simulation.run import Progress, Run
from adunion.simulation.sides import Side
from adunion.simulation.tally import ArmTally, ItemTally

from .forecast import forecast
from .market import Market
from .rehearsal import Rehearsal
from .replayed import Wish

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
        """Hours to live through in one market, arms counted apart; as many arms as newcomers."""
        return self.history_days * 24 + self.settle_hours + self.days * 24 * (len(ARMS) + 1)


@dataclass(frozen=True)
class Newcomer:
    """A plan to be launched."""

    name: str
    live: LivePlan
    rows: tuple[int, ...]


class Launch(NamedTuple):
    """A market at the moment when newcomers are to be launched."""

    side: Side
    arm: Rehearsal
    newcomers: list[Newcomer]
    now: datetime
    end: datetime


class Stage:
    """One market on its way: history, incumbents, newcomers."""

    def __init__(self, run: Run, size: Size, seed: int, progress: Progress) -> None:
        self._run = run
        self._size = size
        self._seed = seed
        self._rng = generator(seed, 0xBAC)
        self._progress = progress
        self._lived = 0
        self._ids = cast(Market, run.market).ids

    def settle(self) -> Launch:
        """Live until newcomers are to be launched."""
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
        return Launch(side, arm, newcomers, now, end)

    def launch(
        self,
        side: Side,
        arm: Rehearsal,
        newcomers: list[Newcomer],
        now: datetime,
        end: datetime,
    ) -> list[Launched]:
        """Launch all in every arm; what was told of each newcomer, and what it had."""
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

    def launch_alone(
        self,
        side: Side,
        arm: Rehearsal,
        newcomers: list[Newcomer],
        now: datetime,
        end: datetime,
    ) -> list[Alone]:
        """Each in an arm of its own, and an arm with none of them; what everyone has of it."""
        told = [self._told(arm, [plan], end)[0] for plan in newcomers]
        forks = [self._fork(side, arm, plans) for plans in ([], *([plan] for plan in newcomers))]
        for fork, _ in forks:
            fork.tally = ItemTally(gmv_by_item=np.zeros(len(self._run.world.view.items), np.int64))
        self._live(now, end, [fork for fork, _ in forks], count=True)
        sold = [self._sold(cast(ItemTally, fork.tally)) for fork, _ in forks]
        return [
            self._alone(plan, cell, arm.plans, own - sold[0], fork.tally)
            for plan, cell, own, (fork, _) in zip(newcomers, told, sold[1:], forks[1:], strict=True)
        ]

    def _sold(self, tally: ItemTally) -> npt.NDArray[np.float64]:
        """Expected sales by catalog row, minor units."""
        return tally.expected_by_item[self._run.item_of_row]

    def _alone(
        self, plan: Newcomer, told: Cell, book: PlanBook, change: npt.NDArray[np.float64],
        tally: ArmTally,
    ) -> Alone:  # fmt: skip
        merchant = self._run.market.catalog.merchant
        mine = merchant == merchant[plan.rows[0]]
        others = (book.item_plan >= 0) & ~mine
        return Alone(
            self._seed, plan.name, told, tally.plans[plan.live.id].expected_gmv,
            float(change[mine].sum()), float(change[others].sum()),
            float(change[~mine & ~others].sum()),
        )  # fmt: skip

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
