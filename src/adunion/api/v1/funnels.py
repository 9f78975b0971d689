"""Why a plan is not delivering: its requests step by step, and the price of the next step."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Query
from pydantic import Field

from adunion.api.deps import Caller, Services
from adunion.api.fields import Money, PlanId, View, When, money
from adunion.api.route import allow, router
from adunion.insight.funnel import Funnel as FunnelOfRoom
from adunion.insight.funnel import PlanFunnel as PlanFunnelOfRoom
from adunion.kernel.money import micros_per_minor
from adunion.trust import Role

from .reports import Times, times

routes = router("plans", "plans")
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)  # the first time that answers tell of


class Gap(View):
    """How many times its bid a plan would have needed where it was outranked, by quantile."""

    p25: float
    p50: float
    p75: float
    score: Money = Field(description="Mean score that was missing, per 1,000 seen impressions")


class Lost(View):
    """To what kind of rival requests were lost that the plan bid for."""

    organic: int = Field(description="To an organic result")
    plan: int = Field(description="To an item that another merchant's plan moved")
    own: int = Field(description="To an item of the same merchant")
    cap: int = Field(description="To the limit of items that one merchant may have on a page")
    load: int = Field(description="To the limit of slots on a page that bids may move")


class Funnel(View):
    """Requests, each counted once; bidding = shown + all lost."""

    placement_kind: str = Field(description="all: every kind together")
    requests: int = Field(description="Of the whole market")
    in_time: int = Field(description="Between start and end, in the plan's hours")
    funded: int = Field(description="With budget and wallet left")
    retrieved: int = Field(description="An item of the plan was a candidate")
    bidding: int = Field(description="... and bid")
    shown: int = Field(description="An item of the plan had a slot")
    moved: int = Field(description="... because of its bid")
    lost: Lost
    gap: Gap | None


class Step(View):
    """What another target would bring instead, on the same traffic, rivals as they were."""

    target_roi: float
    gmv: float = Field(description="Relative change; 0.18 is 18 % more")
    gmv_low: float = Field(description="Lower end of an 80 % interval")
    gmv_high: float
    spend: float
    orders: float
    most: bool = Field(description="No higher bid would bring more")


class PlanFunnel(View):
    """From requests to orders, what stands in the way most, and the price of the next step."""

    since: When
    until: When
    target_roi: float
    whole: Funnel
    kinds: list[Funnel]
    impressions: int
    clicks: int
    orders: int
    obstacle: str = Field(
        description="no_traffic, too_new, not_running, hours, budget, not_retrieved, target (out "
        "of reach), no_bid, own_items, load (other plans have the ad places), outbid, "
        "no_clicks, no_orders or none"
    )
    steps: list[Step]


@routes.get(
    "/{plan_id}/funnel",
    openapi_extra=allow(Role.MERCHANT, Role.OPERATOR),
    summary="Why a plan is not delivering",
)
def plan_funnel(
    services: Services, caller: Caller, plan_id: PlanId, span: Annotated[Times, Query()]
) -> PlanFunnel:
    """Rivals are told by kind, never by name. Counts are by hour of the request."""
    plan = services.plans.get(plan_id, caller.party_id)
    since, until = times(services, span)
    return _view(services.insight.plan_funnel(plan_id, since, until), plan.currency)


def _view(found: PlanFunnelOfRoom, currency: str) -> PlanFunnel:
    result = found.result
    return PlanFunnel(
        since=max(found.since, EARLIEST),
        until=found.until,
        target_roi=found.target_roi,
        whole=_funnel(found.whole, currency),
        kinds=[_funnel(one, currency) for one in found.kinds],
        impressions=result.impressions,
        clicks=result.clicks,
        orders=result.orders,
        obstacle=found.obstacle,
        steps=[Step.model_validate(step) for step in found.steps],
    )


def _funnel(one: FunnelOfRoom, currency: str) -> Funnel:
    gap = None
    if one.gap is not None and one.gap_micros is not None:
        score = one.gap_micros * 1_000 // micros_per_minor(currency)
        gap = Gap(**one.gap, score=money(score, currency))
    names = ("requests", "in_time", "funded", "retrieved", "bidding", "shown", "moved")
    return Funnel(
        placement_kind=one.kind,
        lost=Lost(**one.lost),
        gap=gap,
        **{name: getattr(one, name) for name in names},
    )
