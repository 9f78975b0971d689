"""The bidders that any other is compared with, behind the same door."""

from __future__ import annotations

from typing import Any

import numpy as np

from adunion.decision.bidding import ReturnTargetController

from .types import TICKS, Agent, Flags, Floats

CAP = 1.5  # over the target, as among the rivals


class Constant:
    """Bids what a value is worth at the target."""

    def __init__(self, budget: float, target: float) -> None:
        self.left, self.budget, self.target = budget, budget, target
        self.alpha, self.tick = target, 0
        self.value, self.cost = 0.0, 0.0

    def warm_start(self, past_periods: Any) -> None:
        """Learns nothing."""

    def bids(self, values: Floats, value_std: Floats) -> Floats:  # noqa: ARG002
        """One multiplier for all."""
        return self.alpha * values if self.left > 0 else np.zeros(len(values))

    def observe(
        self,
        values: Floats,
        least_winning_costs: Floats,  # noqa: ARG002
        won: Flags,  # noqa: ARG002
        exposed: Flags,
        cost: Floats,
        converted: Flags,  # noqa: ARG002
    ) -> None:
        """Keep the sums; then steer."""
        self.tick += 1
        spent = float(cost[exposed].sum())
        self.left -= spent
        self.cost += spent
        self.value += float(values[exposed].sum())
        if self.tick < TICKS:
            self.steer(spent, float(values[exposed].sum()))

    def steer(self, spent: float, value: float) -> None:
        """Stay."""


class Pid(Constant):
    """AuctionNet's regulator of the budget's pace, which knows of no target."""

    FIRST, UP, DOWN = 0.15, 1.2, 0.7  # of the target; a tick's step if too slow, too fast
    SLOW, FAST = 0.7, 1.1  # of an even pace

    def __init__(self, budget: float, target: float) -> None:
        super().__init__(budget, target)
        self.alpha = self.FIRST * target

    def steer(self, spent: float, value: float) -> None:  # noqa: ARG002
        """A step up or down."""
        pace = spent * (TICKS - self.tick) / max(self.left, 1e-9)
        self.alpha *= self.UP if pace < self.SLOW else self.DOWN if pace > self.FAST else 1.0


class MinPacing(Constant):
    """Two dual multipliers, the stricter one bids (Balseiro et al. 2023)."""

    STEP = 0.1

    def __init__(self, budget: float, target: float) -> None:
        super().__init__(budget, target)
        self._budget, self._return = 2.0 * target, target

    def steer(self, spent: float, value: float) -> None:
        """Dual descent on budget a tick and on return."""
        even = self.budget / TICKS
        self._budget *= float(np.exp(self.STEP * np.clip(1 - spent / even, -1, 1)))
        gap = self.target * value - spent
        self._return *= float(np.exp(self.STEP * np.clip(gap / even, -1, 1)))
        self._budget = min(self._budget, 4 * self.target)
        self._return = min(max(self._return, self.target), 4 * self.target)
        self.alpha = min(self._budget, self._return)


class OnlineLp(Constant):
    """Bids the price of value at which the rest of an earlier day spends what is left."""

    def __init__(self, budget: float, target: float) -> None:
        super().__init__(budget, target)
        self._ratio: list[Floats] = []  # of the earlier day by tick: cost over value, sorted
        self._spend: list[Floats] = []  # cost up to there, from that tick on

    def warm_start(self, past_periods: Any) -> None:
        """Sort the last period's rows by cost over value."""
        for tick in past_periods[-1]:
            cost = tick["least_winning_costs"][:, -1]
            ratio = cost / np.maximum(tick["values"], 1e-12)
            order = np.argsort(ratio)
            self._ratio.append(ratio[order])
            self._spend.append(cost[order].cumsum())
        self.steer(0.0, 0.0)

    def steer(self, spent: float, value: float) -> None:  # noqa: ARG002
        """Find that price."""
        if not self._ratio:
            return
        tried = self.target * np.geomspace(0.2, CAP, 60)
        total = np.zeros(len(tried))
        for ratio, spend in zip(self._ratio[self.tick :], self._spend[self.tick :], strict=True):
            at = np.searchsorted(ratio, tried)
            total += np.where(at > 0, spend[np.maximum(at - 1, 0)], 0.0)
        self.alpha = float(tried[min(int(np.searchsorted(total, self.left)), len(tried) - 1)])


class Receding(Constant):
    """Plans the rest of the day on the response of the last ticks alone."""

    KEPT = 4

    def __init__(self, budget: float, target: float) -> None:
        super().__init__(budget, target)
        self._seen: list[tuple[Floats, Floats]] = []

    def observe(
        self,
        values: Floats,
        least_winning_costs: Floats,
        won: Flags,
        exposed: Flags,
        cost: Floats,
        converted: Flags,
    ) -> None:
        """Keep the landscape of the last ticks."""
        self._seen = [*self._seen, (values, least_winning_costs)][-self.KEPT :]
        super().observe(values, least_winning_costs, won, exposed, cost, converted)

    def steer(self, spent: float, value: float) -> None:  # noqa: ARG002
        """The largest multiplier whose spend and return fit."""
        from .hindsight import _bidding
        from .types import EXPOSURES

        tried = self.target * np.geomspace(0.2, 4, 60)
        found = sum(
            _bidding(values, costs, EXPOSURES, tried, np.inf) for values, costs in self._seen
        )
        ahead = (TICKS - self.tick) / len(self._seen) * np.asarray(found)
        good = (ahead[1] <= self.left) & (
            self.cost + ahead[1] <= self.target * (self.value + ahead[0])
        )
        wanted = tried[np.nonzero(good)[0][-1]] if good.any() else tried[0]
        self.alpha *= float(np.clip(wanted / self.alpha, 1 / 1.5, 1.5)) ** 0.5


class Best(ReturnTargetController):
    """The platform's own, through the door that outside simulators use."""

    def __init__(self, budget: float, target: float) -> None:
        super().__init__(budget=budget, target_cost_per_value=target, ticks=TICKS)


STRATEGIES: dict[str, Any] = {
    "constant": Constant,
    "pid": Pid,
    "min_pacing": MinPacing,
    "receding": Receding,
    "online_lp": OnlineLp,
    "return_target": Best,
}


def strategy(name: str, budget: float, target: float) -> Agent:
    """A fresh bidder of that name."""
    made: Agent = STRATEGIES[name](budget, target)
    return made
