"""Boosts (一键起量): for some hours a plan's items may bid more, with money of their own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from pydantic import Field

from adunion.api.deps import Caller, Services
from adunion.api.fields import Body, Money, NewMoney, PlanId, View, When, money, said_by
from adunion.api.route import allow, router
from adunion.campaigns import BoostDraft
from adunion.campaigns import Plan as PlanOfRoom
from adunion.campaigns.boosts import factor_of
from adunion.kernel.errors import invalid
from adunion.tracking.orders import regions
from adunion.trust import Role

from .plans import Target

routes = router("plans", "plans")
_ROLES = allow(Role.MERCHANT, Role.OPERATOR)
REGIONS_SAID = 20
_EVER = datetime(2000, 1, 1, tzinfo=UTC)
NOT_GUARANTEED = (
    "A boost buys volume beyond the target: its days are not part of the return guarantee."
)
Region = Annotated[str, Field(min_length=1, max_length=32)]


class NewBoost(Body):
    """A push with a budget, hours and perhaps regions of its own."""

    budget: NewMoney = Field(description="Of the boost alone; it never spends more")
    start_at: When | None = Field(None, description="Left out: now")
    end_at: When = Field(description="Within a week of the start, and of the plan's end")
    factor: Annotated[float, Field(ge=1.05, le=5, allow_inf_nan=False), said_by(factor_of)] = Field(
        1.5, description="How many times the plan's bid it may bid: what a further sale may cost"
    )
    floor_roi: Target | None = Field(
        None,
        description="No sale of it is bought at a lower expected return; left out: 1, or the"
        " plan's target over the factor where that is less",
    )
    regions: Annotated[list[Region], Field(min_length=1, max_length=100)] | None = Field(
        None, description="As requests name them; left out: everywhere"
    )


class Boost(View):
    """A boost and what it brought, apart from its plan's figures."""

    id: PlanId
    plan_id: PlanId
    status: Literal["active", "paused", "ended"]
    budget: Money
    spend: Money
    start_at: When
    end_at: When
    factor: float
    floor_roi: float = Field(description="No sale is bought at a lower expected return")
    regions: list[str] | None
    gmv: Money = Field(description="Counted sales of the slots that only the boost won")
    orders: int
    moved_impressions: int
    roi: float | None
    guarantee: str = Field(description="What the return guarantee says of it")
    warning: str | None = Field(
        None, description="Told as it is made: regions that no order has named yet"
    )


@routes.post(
    "/{plan_id}/boosts", status_code=201, openapi_extra=_ROLES, summary="Boost a running plan"
)
def create_boost(services: Services, caller: Caller, plan_id: PlanId, body: NewBoost) -> Boost:
    """409 `plan_not_active` for a plan that does not run, `boost_running` for taken hours."""
    plan = services.plans.get(plan_id, caller.party_id)
    if body.budget.currency != plan.currency:
        raise invalid("budget.currency", f"The plan is in {plan.currency}.")
    draft = BoostDraft(
        budget_minor=body.budget.amount_minor,
        start_at=body.start_at,
        end_at=body.end_at,
        factor=str(body.factor),
        floor_roi=None if body.floor_roi is None else str(body.floor_roi),
        regions=None if body.regions is None else tuple(body.regions),
    )
    boost = services.boosts.create(plan_id, draft, caller.id, caller.party_id)
    return _view(services, boost).model_copy(update={"warning": _unseen(services, boost)})


@routes.get("/{plan_id}/boosts", openapi_extra=_ROLES, summary="List a plan's boosts")
def list_boosts(services: Services, caller: Caller, plan_id: PlanId) -> list[Boost]:
    """Newest first."""
    found = services.boosts.list(plan_id, caller.party_id)
    return [_view(services, boost) for boost in found]


@routes.get("/{plan_id}/boosts/{boost_id}", openapi_extra=_ROLES, summary="Get a boost")
def get_boost(services: Services, caller: Caller, plan_id: PlanId, boost_id: PlanId) -> Boost:
    """With what it brought so far."""
    return _view(services, services.boosts.get(plan_id, boost_id, caller.party_id))


@routes.post("/{plan_id}/boosts/{boost_id}/cancel", openapi_extra=_ROLES, summary="Cancel a boost")
def cancel_boost(services: Services, caller: Caller, plan_id: PlanId, boost_id: PlanId) -> Boost:
    """It bids no more at once; what it has not spent was never taken. Twice is once."""
    return _view(services, services.boosts.cancel(plan_id, boost_id, caller.id, caller.party_id))


def _unseen(services: Services, boost: PlanOfRoom) -> str | None:
    """What to say of regions that orders do not name; a request may name them all the same."""
    if not boost.regions:
        return None
    with services.engine.connect() as conn:
        known = regions(conn)
    unseen = [name for name in boost.regions if name not in known]
    if not unseen:
        return None
    seen = ", ".join(known[:REGIONS_SAID])
    named = f"Orders came from: {seen}." if seen else "No order names a region."
    return (
        f"No order names {', '.join(unseen[:REGIONS_SAID])}: the boost bids only where requests"
        f" say so (`context.region`). {named}"
    )


def _view(services: Services, boost: PlanOfRoom) -> Boost:
    until = services.clock.now() + timedelta(hours=1)
    result = services.insight.plan_report(boost.id, _EVER, until).result
    assert boost.parent_id is not None
    assert boost.budget_minor is not None
    assert boost.end_at
    return Boost(
        id=boost.id,
        plan_id=boost.parent_id,
        status=boost.status,
        budget=money(boost.budget_minor, boost.currency),
        spend=money(boost.spend_minor, boost.currency),
        start_at=boost.start_at,
        end_at=boost.end_at,
        factor=float(boost.factor),
        floor_roi=float(boost.target_roi),
        regions=None if boost.regions is None else list(boost.regions),
        gmv=money(result.gmv_minor, boost.currency),
        orders=result.orders,
        moved_impressions=result.moved_impressions,
        roi=result.gmv_minor / boost.spend_minor if boost.spend_minor else None,
        guarantee=NOT_GUARANTEED,
    )
