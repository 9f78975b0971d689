"""Types of the room."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Generic, Literal, TypeVar

T = TypeVar("T")

Status = Literal["active", "paused", "ended"]
Stage = Literal["learning", "stable", "adjusting"]
Goal = Literal["target_roi", "net_roi", "volume", "cost_per_order", "new_customers"]
"""What a plan asks for.

`target_roi`: counted GMV / spend; `net_roi`: the same after returns; `volume`: as much GMV as the
budget buys until the end, its target ROI only a floor; `cost_per_order`: spend / orders;
`new_customers`: counted GMV / spend, each first order of somebody new to the merchant counting for
a stated worth besides.
"""
HOURS_OF_WEEK = 168


@dataclass(frozen=True)
class Selector:
    """Which of a merchant's live items a plan takes; every condition given must hold; none: all."""

    category: str = ""  # this category path or one under it
    brand: str = ""
    text: str = ""  # a part of the title, in any language


@dataclass(frozen=True)
class PlanDraft:
    """What a merchant asks for. Either `item_ids` or a `selector`."""

    merchant_id: str
    target_roi: Decimal | int | float | str | None = None  # 0.1 to 1,000, 3 decimals
    item_ids: tuple[str, ...] = ()
    selector: Selector | None = None
    name: str = ""
    budget_minor: int | None = None  # for the whole plan; None: unlimited
    start_at: datetime | None = None  # None: now
    end_at: datetime | None = None  # None: until stopped
    dayparts: tuple[int, ...] | None = None  # hours of the week, Monday 00 UTC is 0; None: all
    goal: Goal = "target_roi"
    target_cost_minor: int | None = None  # spend an order, of a cost_per_order plan
    new_customer_minor: int | None = None  # worth of a first order besides, of new_customers
    shared_budget_id: str | None = None  # a budget it shares with other plans
    min_new_share: Decimal | float | str | None = None  # of its orders, by new customers


@dataclass(frozen=True)
class Plan:
    """A plan as it stands."""

    id: str
    merchant_id: str
    name: str
    kind: str
    goal: Goal
    target_roi: Decimal
    target_cost_minor: int | None
    currency: str
    budget_minor: int | None
    start_at: datetime
    end_at: datetime | None
    dayparts: tuple[int, ...] | None
    status: Status
    stage: Stage
    stage_since: datetime
    created_at: datetime
    updated_at: datetime
    item_count: int
    spend_minor: int  # charged so far
    new_customer_minor: int | None = None
    shared_budget_id: str | None = None
    min_new_share: Decimal | None = None
    handicap: float = 0.0  # taken off its bids for people who bought of the merchant before
    parent_id: str | None = None  # of a boost: its plan
    regions: tuple[str, ...] | None = None  # of a boost; None: everywhere
    factor: Decimal = Decimal(1)  # of a boost: how many times the plan's bid it bids


@dataclass(frozen=True)
class LivePlan:
    """What the auction needs of a plan that may bid now or soon."""

    id: str
    merchant_id: str
    target_roi: Decimal
    budget_left_micros: int | None  # None: unlimited
    start_at: datetime
    end_at: datetime | None
    dayparts: tuple[int, ...] | None
    stage: Stage
    item_ids: tuple[str, ...] = field(repr=False)
    goal: Goal = "target_roi"
    target_cost_micros: int | None = None  # of cost_per_order
    new_customer_micros: int | None = None  # of new_customers
    min_new_share: Decimal | None = None
    handicap: float = 0.0
    pool_id: str | None = None
    boost_of: str | None = None
    factor: Decimal = Decimal(1)
    regions: tuple[str, ...] | None = None


@dataclass(frozen=True)
class BoostDraft:
    """One push (一键起量) of a running plan, with money of its own."""

    budget_minor: int
    end_at: datetime
    start_at: datetime | None = None  # None: now
    factor: Decimal | int | float | str = Decimal("1.5")  # of the plan's bid, at most
    floor_roi: Decimal | int | float | str | None = None  # None: see `boosts.floor`
    regions: tuple[str, ...] | None = None  # None: everywhere


Period = Literal["day", "total"]


@dataclass(frozen=True)
class SharedBudget:
    """A budget that several plans of one merchant spend together, a day (UTC) or in all."""

    id: str
    merchant_id: str
    name: str
    currency: str
    amount_minor: int
    period: Period
    spend_minor: int  # today, or in all
    plan_ids: tuple[str, ...]  # that share it now
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class Pool:
    """What the auction needs of a shared budget."""

    id: str
    left_micros: int
    end_at: datetime | None  # until when it is to last; None: as long as its plans run


@dataclass(frozen=True)
class Edit:
    """One recorded change: `changes` is {field: [before, after]} as JSON values."""

    id: str
    plan_id: str
    at: datetime
    by: str
    changes: dict[str, Any]
    large: bool


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page, newest first; `has_more` says whether the direction asked for goes on."""

    rows: list[T]
    has_more: bool
