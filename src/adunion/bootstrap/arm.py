"""The control arm of an experiment: the market's people without its plans."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from adunion.attribution import LastClick
from adunion.decision.book import PlanBook
from adunion.decision.types import DecisionBatch, RequestBatch
from adunion.kernel.clock import Clock, micros
from adunion.tracking import EventBatch, EventType

from .brain import Brain
from .learning import learn_people


class ControlArm:
    """The market's people without its plans: it decides and learns, and keeps no records."""

    def __init__(self, brain: Brain, rule: LastClick, clock: Clock) -> None:
        self.brain = brain
        self._rule = rule
        self._clock = clock

    @property
    def plans(self) -> PlanBook:
        """None."""
        return self.brain.plans

    def profile_rows(
        self, shopper: npt.NDArray[np.void], consent: npt.NDArray[np.bool_]
    ) -> npt.NDArray[np.int32]:
        """Rows of consenting shoppers' profiles, -1 none."""
        return self.brain.profile_rows(shopper, consent)

    def decide(self, requests: RequestBatch) -> DecisionBatch:
        """The production decision, without bids."""
        return self.brain.decide(requests)

    def take(self, batch: EventBatch) -> None:
        """Learn."""
        self._rule.observe(batch)
        orders = self._rule.credit(batch.take(batch.type == EventType.ORDER))
        learn_people(self.brain, batch, orders)

    def tick(self) -> None:
        """Take the statistics in."""
        self.brain.refresh()

    def reprice(self, price_minor: npt.NDArray[np.int64]) -> None:
        """Set every price, by catalog row."""
        brain = self.brain
        catalog = replace(brain.catalog, price_minor=price_minor)
        now_us = micros(self._clock.now())
        book = PlanBook.of([], catalog)
        brain.set_catalog(now_us, catalog, brain.placements, book, brain.index_of(catalog))
