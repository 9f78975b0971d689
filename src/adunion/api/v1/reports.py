"""Reports: the market, plans by hour, a publisher's links."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal

from fastapi import Query
from pydantic import Field

from adunion.api.deps import Caller, Services, own_publisher, seen_merchant
from adunion.api.fields import (
    LinkId,
    MerchantId,
    Money,
    PlanId,
    PublisherId,
    View,
    When,
    money,
)
from adunion.api.route import allow, router
from adunion.insight.types import MarketPoint, NewShare, PlanResult, Point, Result
from adunion.kernel.errors import invalid
from adunion.trust import Role

routes = router("reports", "reports")
_DAYS_MAX = 400
_MERCHANTS = allow(Role.MERCHANT, Role.OPERATOR)


class Times(View):
    """Which time a report covers."""

    since: When | None = Field(None, description="Left out: a day before `until`")
    until: When | None = Field(None, description="Not included; left out: now")


class Span(Times):
    """A time by hours or days, which are UTC."""

    unit: Literal["hour", "day"] = "hour"


class PlansSpan(Span):
    """Which plans, over which time."""

    merchant_id: MerchantId | None = None


class LinksSpan(Span):
    """Whose links, over which time."""

    publisher_id: PublisherId | None = Field(None, description="Only for operators")


class Figures(View):
    """What promotion did; GMV counted is of orders by impressions that the bid moved."""

    spend: Money
    gmv: Money = Field(description="Counted against the target")
    gmv_added: Money = Field(description="Its part beyond the organic exposure")
    gmv_item: Money = Field(description="The items' whole GMV")
    refunds: Money
    orders: int
    new_orders: int = Field(description="Of them, by people new to the merchant")
    new_share: float | None = Field(description="new_orders over orders; null before any")
    clicks: int
    impressions: int
    moved_impressions: int
    first_slot: int
    roi: float | None = Field(description="gmv over spend; null before anything was spent")


class PlanFigures(View):
    """A plan and what it did."""

    plan_id: PlanId
    merchant_id: MerchantId
    name: str
    status: str
    stage: str
    target_roi: float
    attainment: float | None = Field(description="ROI over target")
    min_new_share: float | None = Field(description="Least share of orders by new customers")
    new_share_status: NewShare | None = Field(
        description="held, short (bids for buyers of before are being lowered), unreachable"
        " (nothing is bid for them any more), too_few_orders; null: no least share"
    )
    figures: Figures


class PlanPoint(View):
    """An hour or a day of a plan."""

    at: When
    figures: Figures


class PlacementFigures(View):
    """What a plan did in one kind of placement."""

    placement_kind: str
    figures: Figures


class PlanReport(View):
    """A plan over a time, by hour or day, and by placement."""

    plan: PlanFigures
    points: list[PlanPoint]
    placements: list[PlacementFigures]


class MarketFigures(View):
    """The whole market over a time; `at` is null for the total."""

    at: When | None
    requests: int
    impressions: int
    sponsored_impressions: int
    clicks: int
    orders: int
    gmv: Money
    gmv_organic: Money
    refunds: Money
    spend: Money
    experience: float | None = Field(description="Mean over seen impressions, 0 to 1")


class MarketReport(View):
    """The market in total and by hour or day."""

    total: MarketFigures
    points: list[MarketFigures]


class LinkFigures(View):
    """Clicks and sales of a link."""

    link_id: LinkId
    clicks: int
    orders: int
    gmv: Money
    refunds: Money


@routes.get("/market", openapi_extra=allow(Role.OPERATOR), summary="The market")
def market_report(services: Services, span: Annotated[Span, Query()]) -> MarketReport:
    """Organic and promoted, over a time."""
    since, until = times(services, span)
    points = services.insight.market_points(since, until, span.unit)
    return MarketReport(
        total=_market(services.insight.market_total(since, until)),
        points=[_market(point) for point in points],
    )


@routes.get("/plans", openapi_extra=_MERCHANTS, summary="All plans over a time")
def plans_report(
    services: Services, caller: Caller, span: Annotated[PlansSpan, Query()]
) -> list[PlanFigures]:
    """A merchant sees its own."""
    since, until = times(services, span)
    merchant_id = seen_merchant(caller, span.merchant_id)
    return [_plan(row) for row in services.insight.plan_results(since, until, merchant_id)]


@routes.get("/plans/{plan_id}", openapi_extra=_MERCHANTS, summary="A plan by hour or day")
def plan_report(
    services: Services, caller: Caller, plan_id: PlanId, span: Annotated[Span, Query()]
) -> PlanReport:
    """Spend, GMV and ROI against the target, and where the plan was shown."""
    services.plans.get(plan_id, caller.party_id)
    since, until = times(services, span)
    return PlanReport(
        plan=_plan(services.insight.plan_report(plan_id, since, until)),
        points=[_point(p) for p in services.insight.plan_hours(plan_id, since, until, span.unit)],
        placements=[
            PlacementFigures(placement_kind=kind, figures=_figures(result))
            for kind, result in services.insight.plan_placements(plan_id, since, until)
        ],
    )


@routes.get(
    "/links", openapi_extra=allow(Role.PUBLISHER, Role.OPERATOR), summary="A publisher's links"
)
def links_report(
    services: Services, caller: Caller, span: Annotated[LinksSpan, Query()]
) -> list[LinkFigures]:
    """Clicks and sales of each link, over whole days (UTC)."""
    since, until = times(services, span)
    publisher_id = own_publisher(caller, span.publisher_id)
    rows = services.insight.publisher_links(publisher_id, since.date(), until.date())
    currency = services.insight.currency
    return [
        LinkFigures(
            link_id=row.key,
            clicks=row.clicks,
            orders=row.orders,
            gmv=money(row.gmv_minor, currency),
            refunds=money(row.refunds_minor, currency),
        )
        for row in rows
    ]


def times(services: Services, span: Times) -> tuple[datetime, datetime]:
    """What a span covers; raises 422 for one that is empty or too long."""
    until = span.until or services.clock.now()
    since = span.since or until - timedelta(days=1)
    if not since < until <= since + timedelta(days=_DAYS_MAX):
        raise invalid("since", f"A report covers at most {_DAYS_MAX} days; since is before until.")
    return since, until


def _figures(result: Result) -> Figures:
    amounts = ("spend", "gmv", "gmv_added", "gmv_item", "refunds")
    columns = {n: getattr(result, n) for n in Figures.model_fields if n not in amounts}
    monies = {n: money(getattr(result, f"{n}_minor"), result.currency) for n in amounts}
    return Figures(**columns, **monies)


def _plan(row: PlanResult) -> PlanFigures:
    columns = {n: getattr(row, n) for n in PlanFigures.model_fields if n != "figures"}
    return PlanFigures(figures=_figures(row.result), **columns)


def _point(point: Point) -> PlanPoint:
    return PlanPoint(at=point.at, figures=_figures(point.result))


def _market(point: MarketPoint) -> MarketFigures:
    amounts = ("gmv", "gmv_organic", "refunds", "spend")
    columns = {n: getattr(point, n) for n in MarketFigures.model_fields if n not in amounts}
    monies = {n: money(getattr(point, f"{n}_minor"), point.currency) for n in amounts}
    return MarketFigures(**columns, **monies)
