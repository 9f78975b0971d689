"""A market in memory: the production decision, attribution and bidding, without any records.

Many of them live through the same days from one beginning, so that what a plan does can be told
from what would have been. Money is counted as the consumer charges it, never posted.
"""

from __future__ import annotations

from collections import defaultdict
from copy import deepcopy
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from adunion.attribution import LastClick
from adunion.campaigns.types import LivePlan
from adunion.decision.bidding import Outcomes
from adunion.decision.book import PlanBook
from adunion.decision.types import DecisionBatch, RequestBatch
from adunion.insight.types import prefixed_ids
from adunion.kernel.clock import Clock, micros
from adunion.kernel.money import micros_per_minor
from adunion.tracking import NO_ID, EventBatch, EventType

from .brain import Brain
from .learning import learn, moved_of
from .recent import RecentRequests
from .replayed import Grounds, introduce


@dataclass
class PlanSum:
    """What a plan has had."""

    spend_micros: int = 0
    gmv_minor: int = 0
    added_minor: float = 0.0
    orders: int = 0


@dataclass
class Rehearsal:
    """An arm (`simulation.types.Arm`) with plans; `copy` makes another from the same state."""

    brain: Brain
    clock: Clock
    rule: LastClick
    outcomes: Outcomes = field(default_factory=Outcomes)
    recent: RecentRequests = field(default_factory=RecentRequests)
    live: list[LivePlan] = field(default_factory=list)
    sums: dict[str, PlanSum] = field(default_factory=lambda: defaultdict(PlanSum))

    def copy(self) -> Rehearsal:
        """Another one that has lived through the same so far."""
        book = self.plans
        brain = self.brain.copy()
        brain.set_plans(micros(self.clock.now()), replace(book.copy(), alpha=book.alpha.copy()))
        pilot, twin = self.brain.engine.pilot, brain.engine.pilot
        twin.traffic, twin.memory = deepcopy(pilot.traffic), deepcopy(pilot.memory)
        rule, outcomes, sums = deepcopy((self.rule, self.outcomes, self.sums))
        recent = self.recent.copy()
        return Rehearsal(brain, self.clock, rule, outcomes, recent, list(self.live), sums)

    @property
    def plans(self) -> PlanBook:
        """The plans that bid."""
        return self.brain.plans

    @property
    def unit(self) -> int:
        """Micros per minor unit."""
        return micros_per_minor(self.brain.catalog.currency)

    @property
    def grounds(self) -> Grounds:
        """What a forecast made now stands on."""
        return Grounds(self.brain, self.recent, self.outcomes, micros(self.clock.now()))

    def launch(self, plans: list[LivePlan]) -> None:
        """Let plans bid from the next tick on."""
        self.live = [*self.live, *plans]

    def profile_rows(
        self, shopper: npt.NDArray[np.void], consent: npt.NDArray[np.bool_]
    ) -> npt.NDArray[np.int32]:
        """Rows of consenting shoppers' profiles, -1 none."""
        return self.brain.profile_rows(shopper, consent)

    def decide(self, requests: RequestBatch) -> DecisionBatch:
        """The production decision."""
        return self.brain.decide(requests)

    def take(self, batch: EventBatch) -> None:
        """Attribute, charge and learn."""
        if not len(batch):
            return
        self.rule.observe(batch)
        credits = self.rule.credit(batch.take(batch.type == EventType.ORDER))
        learn(self.brain, self.recent, self.outcomes, batch, credits)
        moved = moved_of(batch)
        for id_, micros_ in zip(
            prefixed_ids("cmp", moved.plan), moved.price_micros.tolist(), strict=True
        ):
            self.sums[id_].spend_micros += micros_
        sold = credits.take(credits.plan != NO_ID)
        gained = 1 - sold.exposure_organic / np.maximum(sold.exposure, 1e-9)
        for id_, minor, share in zip(
            prefixed_ids("cmp", sold.plan), sold.amount_minor.tolist(), gained, strict=True
        ):
            of = self.sums[id_]
            of.gmv_minor, of.orders = of.gmv_minor + minor, of.orders + 1
            of.added_minor += minor * float(share)

    def tick(self) -> None:
        """Budgets, then every plan's multiplier."""
        now_us = micros(self.clock.now())
        live = [replace(plan, budget_left_micros=self._left(plan)) for plan in self.live]
        self.brain.refresh()
        known = set(self.plans.ids)
        self.brain.set_plans(now_us, PlanBook.of(live, self.brain.catalog))
        introduce(self.grounds, known)
        results = self.outcomes.results(self.plans.ids, now_us)
        self.brain.engine.tick(now_us, results)

    def reprice(self, price_minor: npt.NDArray[np.int64]) -> None:
        """Set every price, by catalog row."""
        brain = self.brain
        catalog = replace(brain.catalog, price_minor=price_minor)
        brain.set_catalog(
            micros(self.clock.now()), catalog, brain.placements,
            PlanBook.of(self.live, catalog), brain.index_of(catalog),
        )  # fmt: skip

    def _left(self, plan: LivePlan) -> int | None:
        if plan.budget_left_micros is None:
            return None
        return max(plan.budget_left_micros - self.sums[plan.id].spend_micros, 0)
