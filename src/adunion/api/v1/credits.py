"""The return guarantee of a plan, day by day, with its arithmetic."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal

from pydantic import Field

from adunion.api.deps import Caller, Services
from adunion.api.fields import Money, PlanId, View, When, money
from adunion.api.route import allow, router
from adunion.settlement import Judgement, days_of_plan
from adunion.settlement.guarantee import final_at
from adunion.trust import Role

routes = router("plans", "plans")


class PlanCredit(View):
    """A day of a plan: credit = max(0, spend - gmv / (0.9 * target_roi)) for over 20 orders."""

    day: date = Field(description="UTC; of impressions and clicks")
    status: Literal["open", "final"] = Field(description="open: orders of its clicks may yet come")
    final_at: When = Field(description="When it is judged, once")
    outcome: Literal["credited", "kept", "few_orders", "edited", "other_goal"] = Field(
        description="few_orders: at most 20; edited: target changed, or paused, that day; "
        "other_goal: the plan was promised no return"
    )
    target_roi: float
    spend: Money
    gmv: Money = Field(
        description="Of orders credited to the day's clicks; net of returns for net_roi"
    )
    orders: int
    covered: Money = Field(description="The spend that the sales justify: gmv / (0.9 * target_roi)")
    credit: Money = Field(description="Paid into the wallet once the day is final")


@routes.get(
    "/{plan_id}/credits",
    openapi_extra=allow(Role.MERCHANT, Role.OPERATOR),
    summary="The return guarantee of a plan by day",
)
def plan_credits(services: Services, caller: Caller, plan_id: PlanId) -> list[PlanCredit]:
    """Every day with spend, newest first; the credit of an open day is what it would be by now."""
    plan = services.plans.get(plan_id, caller.party_id)
    before = services.clock.now().date() + timedelta(days=1)
    with services.engine.connect() as conn:
        spends = services.insight.billed_days(conn, before, plan_id)
        days = days_of_plan(conn, plan_id, spends)
    return [_view(day, plan.currency) for day in days]


def _view(day: Judgement, currency: str) -> PlanCredit:
    return PlanCredit(
        day=day.day,
        status="final" if day.judged_at else "open",
        final_at=day.judged_at or final_at(day.day),
        outcome=day.outcome,
        target_roi=float(day.target_roi),
        spend=money(day.spend_minor, currency),
        gmv=money(day.gmv_minor, currency),
        orders=day.orders,
        covered=money(day.covered_minor, currency),
        credit=money(day.credit_minor, currency),
    )
