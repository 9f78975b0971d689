"""Types of the room: what a run needs of the market, and what it reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from adunion.campaigns.types import BoostDraft, Period, PlanDraft
from adunion.catalog.types import CatalogSnapshot
from adunion.decision.book import PlanBook
from adunion.decision.types import DecisionBatch, Placement, RequestBatch
from adunion.insight import Insight
from adunion.kernel.clock import Clock
from adunion.ledger import CheckReport
from adunion.tracking import EventBatch


@dataclass(frozen=True)
class Billed:
    """What a plan was charged."""

    spend_minor: int
    over_micros: int  # shown beyond the budget, not charged
    hours: dict[int, int]  # hour since the epoch -> minor units; they sum to `spend_minor`


class Arm(Protocol):
    """A market as its shoppers meet it."""

    @property
    def plans(self) -> PlanBook:
        """The plans that bid now."""
        ...

    def profile_rows(
        self, shopper: npt.NDArray[np.void], consent: npt.NDArray[np.bool_]
    ) -> npt.NDArray[np.int32]:
        """Rows of consenting shoppers' profiles, -1 none."""
        ...

    def decide(self, requests: RequestBatch) -> DecisionBatch:
        """The production decision."""
        ...

    def take(self, batch: EventBatch) -> None:
        """Events happened: log them, apply them, learn from them."""
        ...

    def tick(self) -> None:
        """Controllers, stages, starts and ends."""
        ...

    def reprice(self, price_minor: npt.NDArray[np.int64]) -> None:
        """New prices by catalog row."""
        ...


class Market(Arm, Protocol):
    """The market with its records; `bootstrap.Market` is one."""

    @property
    def clock(self) -> Clock:
        """Its time, which the run moves."""
        ...

    def close(self) -> None:
        """Let go of its files."""
        ...

    @property
    def catalog(self) -> CatalogSnapshot:
        """Live items."""
        ...

    @property
    def placements(self) -> Sequence[Placement]:
        """Rows as in `RequestBatch.placement`."""
        ...

    def train(self) -> dict[str, object]:
        """Fit the predictions to the log so far; the metrics."""
        ...

    def control(self) -> Arm:
        """The same market with all it has learned, without plans or records."""
        ...

    def make_way(self) -> None:
        """Let plans that are over give their items back, before others are launched."""
        ...

    def launch(self, draft: PlanDraft) -> str:
        """Start a plan; its id."""
        ...

    def edit(self, plan_id: str, changes: Mapping[str, object]) -> None:
        """Change a plan as its merchant may; `paused` besides."""
        ...

    def boost(self, plan_id: str, draft: BoostDraft) -> str:
        """Push a running plan; the boost's id."""
        ...

    def share_budget(self, merchant_id: str, name: str, amount_minor: int, period: Period) -> str:
        """Make a budget for several plans; its id."""
        ...

    def shared_spend(self) -> dict[str, int]:
        """What is billed of each shared budget in all, micros by id."""
        ...

    @property
    def insight(self) -> Insight:
        """Its reports."""
        ...

    def check_ledger(self) -> CheckReport:
        """The books, proved."""
        ...

    def ledger_moves(self) -> dict[str, int]:
        """Posted minor units by memo."""
        ...

    def billed(self) -> dict[str, Billed]:
        """What plans were charged, by id."""
        ...

    def earned(self) -> dict[str, int]:
        """Clicks, sales and commissions over publishers' links."""
        ...


@dataclass(frozen=True)
class Staged:
    """A world in a market: which row is which."""

    row_of_item: npt.NDArray[np.int32]  # world item -> catalog row
    item_of_row: npt.NDArray[np.int32]  # catalog row -> world item
    merchant_ids: list[str]  # by world merchant
    publisher_ids: list[str]  # by world publisher
    merchant_raw: npt.NDArray[np.void]  # by catalog merchant row
    placement_rows: npt.NDArray[np.int16]  # world placement -> engine row
    placement_raw: npt.NDArray[np.void]  # by engine row
    shopper_raw: npt.NDArray[np.void]  # by world shopper
    link_raw: npt.NDArray[np.void]  # by world link
    link_publisher: npt.NDArray[np.int32]  # by world link, world publisher
    link_item: npt.NDArray[np.int32]  # by world link, world item
