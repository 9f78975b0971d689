"""What only the simulator can count: expected (true) values of what was shown, per plan and arm."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from adunion.decision.types import DecisionBatch

from .world.types import F32, Response


@dataclass
class PlanTally:
    """Of one plan; money in minor units, fractional because expected."""

    expected_gmv: float = 0.0
    expected_net: float = 0.0
    expected_added: float = 0.0
    expected_orders: float = 0.0
    hours: dict[int, float] = field(default_factory=lambda: defaultdict(float))


@dataclass
class ArmTally:
    """Of one arm over the days with plans."""

    requests: int = 0
    impressions: int = 0
    sponsored: int = 0
    clicks: int = 0
    orders: int = 0
    gmv_minor: int = 0
    refunds_minor: int = 0
    expected_gmv: float = 0.0
    experience_sum: float = 0.0
    by_shopper: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 4)))
    """(U, 4) expected GMV, expected clicks, experience and number of what was seen."""
    gmv_by_item: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    plans: dict[str, PlanTally] = field(default_factory=lambda: defaultdict(PlanTally))

    def add(
        self,
        hour: int,
        decided: DecisionBatch,
        response: Response,
        plan_ids: list[str],
        item: npt.NDArray[np.int32],
        experience: F32,
    ) -> None:
        """Count one tick; `item` holds world rows (n, K), -1 empty, of decided requests only."""
        seen = response.seen & (item >= 0)
        self.requests += len(item)
        self.impressions += int(seen.sum())
        self.sponsored += int((seen & decided.moved).sum())
        self.clicks += int((response.clicked & (item >= 0)).sum())
        self.expected_gmv += float(response.expected_gmv[seen].sum())
        self.experience_sum += float(experience[item[seen]].sum())
        row, slot = np.nonzero(seen & decided.moved)
        at = (row.astype(np.int64), slot.astype(np.int64))
        if len(at[0]):
            self._add_plans(hour, at, decided, response, plan_ids)

    def add_shoppers(
        self,
        shopper: npt.NDArray[np.int32],
        response: Response,
        item: npt.NDArray[np.int32],
        experience: F32,
        shoppers: int,
    ) -> None:
        """Count the same by who asked, (n,) rows of `shoppers` people."""
        seen = response.seen & (item >= 0)
        worth = np.where(seen, experience[np.maximum(item, 0)], 0)
        columns: tuple[npt.NDArray[Any], ...] = (
            response.expected_gmv * seen, response.pctr * seen, worth, seen,
        )  # fmt: skip
        if not len(self.by_shopper):
            self.by_shopper = np.zeros((shoppers, len(columns)))
        for column, values in enumerate(columns):
            sums = values.sum(axis=1, dtype=np.float64)
            self.by_shopper[:, column] += np.bincount(shopper, sums, shoppers)

    def add_orders(
        self,
        item: npt.NDArray[np.int32],
        amount_minor: npt.NDArray[np.int64],
        refund_minor: npt.NDArray[np.int64],
    ) -> None:
        """Count order lines, whether or not they have come in yet."""
        self.orders += len(item)
        self.gmv_minor += int(amount_minor.sum())
        self.refunds_minor += int(refund_minor.sum())
        np.add.at(self.gmv_by_item, item, amount_minor)

    def _add_plans(
        self,
        hour: int,
        at: tuple[npt.NDArray[np.signedinteger], ...],
        decided: DecisionBatch,
        response: Response,
        plan_ids: list[str],
    ) -> None:
        plan, count = decided.plan[at], len(plan_ids)
        gmv = response.expected_gmv[at]
        share = 1 - decided.exposure_organic[at] / np.maximum(decided.exposure[at], 1e-9)
        sums = [
            np.bincount(plan, weights, count)
            for weights in (
                gmv, response.expected_net[at], gmv * share,
                response.pctr[at].astype(np.float64) * response.pcvr[at],
            )
        ]  # fmt: skip
        for row in np.flatnonzero(sums[0]):
            tally = self.plans[plan_ids[row]]
            tally.expected_gmv += float(sums[0][row])
            tally.expected_net += float(sums[1][row])
            tally.expected_added += float(sums[2][row])
            tally.expected_orders += float(sums[3][row])
            tally.hours[hour] += float(sums[0][row])


@dataclass
class ItemTally(ArmTally):
    """With the expected sales of every item, by world row: moved by a bid or not."""

    expected_by_item: npt.NDArray[np.float64] = field(init=False)

    def __post_init__(self) -> None:
        self.expected_by_item = np.zeros(len(self.gmv_by_item))

    def add(
        self,
        hour: int,
        decided: DecisionBatch,
        response: Response,
        plan_ids: list[str],
        item: npt.NDArray[np.int32],
        experience: F32,
    ) -> None:
        """Count one tick."""
        super().add(hour, decided, response, plan_ids, item, experience)
        seen = response.seen & (item >= 0)
        np.add.at(self.expected_by_item, item[seen], response.expected_gmv[seen])
