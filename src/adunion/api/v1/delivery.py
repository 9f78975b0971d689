"""Delivery in public: was the promise kept; no merchant and no plan is named."""

from __future__ import annotations

from pydantic import Field

from adunion.api.deps import Services
from adunion.api.fields import Money, View, When, money
from adunion.api.route import allow, router
from adunion.insight.types import DeliveryReport

routes = router("delivery", "reports")


class DeliveryShare(View):
    """Of the plans with so many orders, how many reached an attainment (ROI over target)."""

    days: int = Field(description="Length of the windows: a plan over 7 days, or each day of it")
    band: str = Field(description="Orders in the window: all, 0-19, 20-49, 50-199, 200+")
    threshold: float
    windows: int = Field(description="Plans, or plans times days, that spent")
    share_plans: float
    share_spend: float
    share_plans_due: float = Field(description="With the orders still to come, by their delays")
    share_spend_due: float
    poisson_floor: float = Field(description="What perfect delivery in expectation would reach")


class DeliveryDay(View):
    """All plans together over a day."""

    at: When
    plans: int
    spend: Money
    attainment: float = Field(description="GMV over what the targets asked of the spend")
    attainment_due: float = Field(description="With the orders still to come, by their delays")


class GuaranteePaid(View):
    """What the return guarantee judged and paid so far."""

    days: int = Field(description="Plans times days, judged when their orders had come")
    days_credited: int
    spend: Money = Field(description="Of the days judged")
    credit: Money
    share: float | None = Field(description="Credit over spend")


class Delivery(View):
    """The last 7 days up to the last whole hour, and the course of the last 28."""

    until: When
    come: float = Field(
        description="Of the sales that the 7 days' spend will bring, the share that came so far"
    )
    shares: list[DeliveryShare]
    days: list[DeliveryDay]
    guarantee: GuaranteePaid


@routes.get("", openapi_extra=allow(), summary="Was the promise kept")
def delivery(services: Services) -> Delivery:
    """Public: the share of plans, and of spend, that attained 1, 0.9 and 0.8 of their target."""
    return view(services.insight.delivery(services.clock.now()))


def view(report: DeliveryReport) -> Delivery:
    """The report as it is answered."""
    paid, currency = report.guarantee, report.currency
    return Delivery(
        until=report.until,
        come=report.come,
        shares=[DeliveryShare.model_validate(share) for share in report.shares],
        days=[
            DeliveryDay(
                at=day.at,
                plans=day.plans,
                spend=money(day.spend_minor, currency),
                attainment=day.attainment,
                attainment_due=day.attainment_due,
            )
            for day in report.days
        ],
        guarantee=GuaranteePaid(
            days=paid.days,
            days_credited=paid.days_credited,
            spend=money(paid.spend_minor, currency),
            credit=money(paid.credit_minor, currency),
            share=paid.share,
        ),
    )
