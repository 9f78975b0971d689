"""Types of the room."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import numpy as np
import numpy.typing as npt

from adunion.kernel.id_columns import IdTable
from adunion.kernel.ids import decode, encode
from adunion.tracking.keys import id_texts

from .due import with_due

NewShare = Literal["too_few_orders", "held", "short", "unreachable"]
ORDERS_TOLD = 10  # below it a share of orders is chance
HANDICAP_FULL = 0.99
DIRECT = "direct"
"""The placement kind of a sale that no click led to."""


@dataclass(frozen=True)
class Dimensions:
    """What events are grouped by: placements and items with their properties."""

    placements: IdTable  # p
    kinds: tuple[str, ...]  # (p,) kind of each placement
    items: IdTable  # n
    item_plan: npt.NDArray[np.void]  # (n,) V16 of the plan that holds the item, or NO_ID
    experience: npt.NDArray[np.float32]  # (n,) 0..1


@dataclass(frozen=True)
class Sums:
    """Rows to add to one table: key columns as lists, sums as arrays, all of one length."""

    keys: dict[str, list[object]]
    sums: dict[str, npt.NDArray[np.int64] | npt.NDArray[np.float64]]


@dataclass(frozen=True)
class Rollup:
    """What one chunk of events adds to each table."""

    plan_hours: Sums
    plan_item_days: Sums
    market_hours: Sums
    link_days: Sums


@dataclass(frozen=True)
class Result:
    """Figures of a plan, merchant or market over a span; money in minor units of `currency`."""

    currency: str
    spend_minor: int = 0
    gmv_minor: int = 0
    gmv_added_minor: int = 0
    gmv_item_minor: int = 0
    refunds_minor: int = 0
    orders: int = 0
    new_orders: int = 0  # of them, by people who bought nothing of the merchant before
    clicks: int = 0
    impressions: int = 0
    moved_impressions: int = 0
    first_slot: int = 0

    @property
    def roi(self) -> float | None:
        """Counted GMV over spend; none before anything was spent."""
        return self.gmv_minor / self.spend_minor if self.spend_minor else None

    @property
    def new_share(self) -> float | None:
        """Of the orders, those by people new to the merchant."""
        return self.new_orders / self.orders if self.orders else None

    @property
    def ctr(self) -> float | None:
        """Clicks per seen impression."""
        return self.clicks / self.impressions if self.impressions else None


@dataclass(frozen=True)
class PlanResult:
    """A plan and what it did over a span."""

    plan_id: str
    merchant_id: str
    name: str
    status: str
    stage: str
    target_roi: float
    result: Result
    goal: str = "target_roi"
    target_cost_minor: int | None = None
    new_customer_minor: int | None = None
    min_new_share: float | None = None
    handicap: float = 0.0

    @property
    def new_share_status(self) -> NewShare | None:
        """How the plan stands to its least share of new customers; none where it asks for none.

        `short` while bids for buyers of before are still being lowered, `unreachable` when nothing
        is bid for them any more and the share is still too small.
        """
        if self.min_new_share is None:
            return None
        result = self.result
        if result.orders < ORDERS_TOLD:
            return "too_few_orders"
        if result.new_orders >= self.min_new_share * result.orders:
            return "held"
        return "unreachable" if self.handicap >= HANDICAP_FULL else "short"

    @property
    def attainment(self) -> float | None:
        """What counts by the plan's goal over what its spend promises; none for volume."""
        result = self.result
        if not result.spend_minor or self.goal == "volume":
            return None
        if self.target_cost_minor is not None:
            return result.orders * self.target_cost_minor / result.spend_minor
        returned = result.refunds_minor if self.goal == "net_roi" else 0
        new = result.new_orders * (self.new_customer_minor or 0)
        return (result.gmv_minor - returned + new) / result.spend_minor / self.target_roi


@dataclass(frozen=True)
class Point:
    """An hour (or day) of a chart."""

    at: datetime
    result: Result


@dataclass(frozen=True)
class MarketPoint:
    """An hour, or a total, of the whole market."""

    at: datetime | None
    currency: str
    requests: int
    impressions: int
    sponsored_impressions: int
    clicks: int
    orders: int
    gmv_minor: int
    gmv_organic_minor: int
    refunds_minor: int
    spend_minor: int
    experience: float | None  # mean over seen impressions, 0..1

    @property
    def gmv_promoted_minor(self) -> int:
        """GMV credited to plans."""
        return self.gmv_minor - self.gmv_organic_minor


@dataclass(frozen=True)
class LinkResult:
    """Clicks and sales of a link, or of a day of all of a publisher's links."""

    key: str
    clicks: int
    orders: int
    gmv_minor: int
    refunds_minor: int


@dataclass(frozen=True)
class PlanWindow:
    """A plan over one window of time, beside the target that was in force at its end."""

    plan_id: str
    at: datetime  # its beginning
    target_roi: float
    spend_minor: int
    gmv_minor: int
    orders: int
    come: float = 1.0  # sold so far for each unit of what the spend sells in the end

    @property
    def attainment(self) -> float:
        """ROI over target; only windows with spend are made."""
        return self.gmv_minor / self.spend_minor / self.target_roi

    @property
    def attainment_due(self) -> float:
        """The attainment with the orders that are still to come."""
        return with_due(self.attainment, self.come)


@dataclass(frozen=True)
class DeliveryShare:
    """Of the plan-windows of one band of orders: which share reached an attainment."""

    days: int  # length of a window: 1 or 7
    band: str  # orders in the window: all, 0-19, 20-49, 50-199, 200+
    threshold: float
    windows: int
    share_plans: float
    share_spend: float
    share_plans_due: float  # with the orders that are still to come, by their delays
    share_spend_due: float
    poisson_floor: float  # the share that perfect delivery in expectation would reach


@dataclass(frozen=True)
class DeliveryDay:
    """All plans together over one window of a day."""

    at: datetime
    plans: int  # that spent
    spend_minor: int
    attainment: float  # GMV over what the targets asked of the spend
    attainment_due: float  # with the orders that are still to come


@dataclass(frozen=True)
class Paid:
    """What the return guarantee has judged and paid since the beginning."""

    days: int  # plan-days judged
    days_credited: int
    spend_minor: int
    credit_minor: int

    @property
    def share(self) -> float | None:
        """Credits over the spend of the days judged."""
        return self.credit_minor / self.spend_minor if self.spend_minor else None


@dataclass(frozen=True)
class DeliveryReport:
    """Was the promise kept, up to a time; no merchant and no plan is named."""

    until: datetime
    currency: str
    come: float  # of the sales of the last 7 days' spend; 1: as much came late as is still to come
    shares: list[DeliveryShare]
    days: list[DeliveryDay]
    guarantee: Paid


def plan_id(raw: bytes) -> str:
    """The prefixed id of a plan's 16 bytes."""
    return f"cmp_{encode(raw)}"


def raw_id(prefixed: str) -> bytes:
    """The 16 bytes of a prefixed id."""
    return decode(prefixed.rpartition("_")[2])


def raw_ids(prefixed: list[str]) -> npt.NDArray[np.void]:
    """Prefixed ids as an array of 16 bytes each, shape (n,), in the same order."""
    return np.frombuffer(b"".join(raw_id(one) for one in prefixed), "V16")


def prefixed_ids(prefix: str, raw: npt.NDArray[np.void]) -> list[str]:
    """16-byte ids, shape (n,), as prefixed texts."""
    return id_texts(prefix, raw)
