"""Whole-site plans (全站推广): choose items, set a target ROI, set the time."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import Field

from adunion.api.deps import Caller, Services, own_merchant, seen_merchant
from adunion.api.fields import (
    Body,
    BudgetId,
    Cursor,
    CursorQuery,
    ItemId,
    MerchantId,
    Money,
    Name,
    NewMoney,
    Page,
    PlanId,
    ShortText,
    View,
    When,
    Whole,
    money,
    page,
    said_by,
)
from adunion.api.route import allow, router
from adunion.campaigns import Plan as PlanOfRoom
from adunion.campaigns import PlanDraft, Selector, checks
from adunion.campaigns.types import Goal
from adunion.kernel.errors import invalid
from adunion.trust import Role

routes = router("plans", "plans")
_ROLES = allow(Role.MERCHANT, Role.OPERATOR)
ITEMS_MAX = 10_000
Target = Annotated[
    float,
    Field(
        ge=0.1, le=1_000, allow_inf_nan=False, description="Counted GMV over spend", examples=[4]
    ),
    said_by(checks.target_roi),
]
NewShare = Annotated[
    float,
    Field(
        gt=0, lt=1, allow_inf_nan=False, examples=[0.4],
        description="Least share of its orders by people new to the merchant, with any goal",
    ),
    said_by(checks.min_new_share),
]  # fmt: skip
Hours = Annotated[
    list[Annotated[int, Field(ge=0, le=167), Whole]],
    Field(min_length=1, max_length=168, description="Hours of the week; 0 is Monday 00:00 UTC"),
]
Items = Annotated[list[ItemId], Field(min_length=1, max_length=ITEMS_MAX)]


class Plan(View):
    """A plan as it stands."""

    id: PlanId
    merchant_id: MerchantId
    name: str
    kind: str
    goal: Goal
    target_roi: float = Field(description="1, a floor, where the goal is another")
    target_cost: Money | None = Field(description="Spend an order, of cost_per_order")
    new_customer: Money | None = Field(
        description="Worth of a new customer's first order besides its sales, of new_customers"
    )
    min_new_share: float | None = Field(
        description="Least share of its orders by people new to the merchant; null: any"
    )
    handicap: float = Field(
        description="What it takes off bids for people who bought before, 0 to 1, to hold that"
    )
    budget: Money | None = Field(description="For the whole plan; null: unlimited")
    shared_budget_id: BudgetId | None = Field(description="A budget it shares with other plans")
    spend: Money = Field(description="Charged so far")
    start_at: When
    end_at: When | None
    dayparts: list[int] | None
    status: Literal["active", "paused", "ended"]
    stage: Literal["learning", "stable", "adjusting"]
    stage_since: When
    item_count: int
    created_at: When
    updated_at: When


class ItemSelector(Body):
    """Which of the merchant's live items; every condition given must hold; none: all."""

    category: ShortText = Field("", description="This path or one under it")
    brand: ShortText = ""
    text: ShortText = Field("", description="A part of the title, in any language")


class NewPlan(Body):
    """A plan to start: items by id or by a selector, a target, perhaps a time and a budget.

    Goals: `target_roi` (counted GMV over spend), `net_roi` (the same after returns), `volume` (as
    much GMV as the budget buys until the end), `cost_per_order` (spend over orders),
    `new_customers` (counted GMV, and a worth for each first order of somebody new to the merchant,
    over spend).
    """

    goal: Goal = "target_roi"
    target_roi: Target | None = Field(None, description="Needed but for volume and cost_per_order")
    target_cost: NewMoney | None = Field(None, description="Needed by cost_per_order")
    new_customer: NewMoney | None = Field(
        None, description="Worth of a first order besides its sales; needed by new_customers"
    )
    min_new_share: NewShare | None = None
    shared_budget_id: BudgetId | None = None
    item_ids: Items | None = None
    selector: ItemSelector | None = None
    name: Name | None = None
    budget: NewMoney | None = Field(None, description="In the market's currency; null: unlimited")
    start_at: When | None = Field(None, description="Left out: now")
    end_at: When | None = Field(None, description="Left out: until stopped")
    dayparts: Hours | None = None
    merchant_id: MerchantId | None = Field(None, description="Only for operators")


class PlanChange(Body):
    """What to change; a member that is left out stays as it is."""

    target_roi: Target | None = None
    target_cost: NewMoney | None = Field(None, description="Of a cost_per_order plan")
    new_customer: NewMoney | None = Field(None, description="Of a new_customers plan")
    min_new_share: NewShare | None = Field(None, description="null: any share")
    shared_budget_id: BudgetId | None = Field(None, description="null: it leaves the budget")
    name: Name | None = None
    budget: NewMoney | None = Field(None, description="null: unlimited")
    start_at: When | None = None
    end_at: When | None = Field(None, description="null: until stopped")
    dayparts: Hours | None = Field(None, description="null: always")
    item_ids: Items | None = None


class Edit(View):
    """One recorded change."""

    id: str
    at: When
    by: str
    changes: dict[str, Any] = Field(description="Field -> [before, after]")
    large: bool = Field(description="The plan adjusts for 24 hours after it")


class PlanSearch(Cursor):
    """Which plans to list."""

    status: Literal["active", "paused", "ended"] | None = None
    merchant_id: MerchantId | None = None


def view(plan: PlanOfRoom) -> Plan:
    """A plan as it is answered."""
    special = (
        "budget", "spend", "target_roi", "target_cost", "new_customer", "min_new_share", "handicap",
        "dayparts",
    )  # fmt: skip
    cost, new = plan.target_cost_minor, plan.new_customer_minor
    columns = {n: getattr(plan, n) for n in Plan.model_fields if n not in special}
    return Plan(
        budget=None if plan.budget_minor is None else money(plan.budget_minor, plan.currency),
        spend=money(plan.spend_minor, plan.currency),
        target_roi=float(plan.target_roi),
        target_cost=None if cost is None else money(cost, plan.currency),
        new_customer=None if new is None else money(new, plan.currency),
        min_new_share=None if plan.min_new_share is None else float(plan.min_new_share),
        handicap=round(plan.handicap, 3),
        dayparts=None if plan.dayparts is None else list(plan.dayparts),
        **columns,
    )


@routes.get("", openapi_extra=_ROLES, summary="List plans")
def list_plans(
    services: Services, caller: Caller, query: Annotated[PlanSearch, Query()]
) -> Page[Plan]:
    """Newest first. A merchant sees its own."""
    found = services.plans.list(
        seen_merchant(caller, query.merchant_id),
        query.status,
        query.limit,
        query.starting_after,
        query.ending_before,
    )
    return page([view(plan) for plan in found.rows], found.has_more, query)


@routes.post("", status_code=201, openapi_extra=_ROLES, summary="Start a plan")
def create_plan(services: Services, caller: Caller, body: NewPlan) -> Plan:
    """409 `item_in_other_plan` where an item is in an active plan already; it names the plan."""
    if (body.item_ids is None) == (body.selector is None):
        raise invalid("item_ids", "Send item_ids or a selector, one of the two.")
    merchant_id = own_merchant(caller, body.merchant_id)
    _check_currency(services, body)
    draft = PlanDraft(
        merchant_id=merchant_id,
        goal=body.goal,
        target_roi=None if body.target_roi is None else str(body.target_roi),
        target_cost_minor=None if body.target_cost is None else body.target_cost.amount_minor,
        new_customer_minor=None if body.new_customer is None else body.new_customer.amount_minor,
        min_new_share=None if body.min_new_share is None else str(body.min_new_share),
        shared_budget_id=body.shared_budget_id,
        item_ids=tuple(body.item_ids or ()),
        selector=None if body.selector is None else Selector(**body.selector.model_dump()),
        name=body.name or "",
        budget_minor=None if body.budget is None else body.budget.amount_minor,
        start_at=body.start_at,
        end_at=body.end_at,
        dayparts=None if body.dayparts is None else tuple(body.dayparts),
    )
    return view(services.plans.create(draft, by=caller.id))


@routes.get("/{plan_id}", openapi_extra=_ROLES, summary="Get a plan")
def get_plan(services: Services, caller: Caller, plan_id: PlanId) -> Plan:
    """A merchant sees its own."""
    return view(services.plans.get(plan_id, caller.party_id))


@routes.patch("/{plan_id}", openapi_extra=_ROLES, summary="Change a plan")
def change_plan(services: Services, caller: Caller, plan_id: PlanId, body: PlanChange) -> Plan:
    """Edits over 20 % of the target or 50 % of the budget in 24 hours adjust the plan for 24."""
    changes: dict[str, Any] = {name: getattr(body, name) for name in body.model_fields_set}
    for name in ("target_roi", "target_cost", "new_customer", "name", "start_at", "item_ids"):
        if name in changes and changes[name] is None:
            raise invalid(name, "This cannot be empty; leave it out to keep it.")
    for name in ("target_roi", "min_new_share"):
        if changes.get(name) is not None:
            changes[name] = str(changes[name])
    for name in ("budget", "target_cost", "new_customer"):
        if name in changes:
            changes[f"{name}_minor"] = _minor(services, caller, plan_id, name, changes.pop(name))
    for name in ("item_ids", "dayparts"):
        if changes.get(name) is not None:
            changes[name] = tuple(changes[name])
    changed = services.plans.update(plan_id, changes, by=caller.id, merchant_id=caller.party_id)
    return view(changed)


@routes.post("/{plan_id}/pause", openapi_extra=_ROLES, summary="Pause a plan")
def pause_plan(services: Services, caller: Caller, plan_id: PlanId) -> Plan:
    """It stops bidding and keeps its items; `resume` undoes it."""
    return view(services.plans.pause(plan_id, caller.id, caller.party_id))


@routes.post("/{plan_id}/resume", openapi_extra=_ROLES, summary="Resume a plan")
def resume_plan(services: Services, caller: Caller, plan_id: PlanId) -> Plan:
    """It bids again."""
    return view(services.plans.resume(plan_id, caller.id, caller.party_id))


@routes.post("/{plan_id}/end", openapi_extra=_ROLES, summary="End a plan")
def end_plan(services: Services, caller: Caller, plan_id: PlanId) -> Plan:
    """It stops and frees its items for other plans."""
    return view(services.plans.end(plan_id, caller.id, caller.party_id))


@routes.get("/{plan_id}/edits", openapi_extra=_ROLES, summary="List a plan's edits")
def list_edits(
    services: Services, caller: Caller, plan_id: PlanId, cursor: CursorQuery
) -> Page[Edit]:
    """Every recorded change, newest first."""
    if cursor.backwards:
        raise invalid("ending_before", "Edits are read forwards only.", "Use starting_after.")
    rows = services.plans.edits(plan_id, caller.party_id, cursor.limit + 1, cursor.starting_after)
    edits = [Edit.model_validate(row) for row in rows[: cursor.limit]]
    return page(edits, len(rows) > cursor.limit, cursor)


@routes.get("/{plan_id}/items", openapi_extra=_ROLES, summary="List a plan's items")
def list_plan_items(services: Services, caller: Caller, plan_id: PlanId) -> list[ItemId]:
    """The ids of all of its items."""
    return list(services.plans.item_ids(plan_id, caller.party_id))


def _minor(
    services: Services, caller: Caller, plan_id: str, field: str, given: NewMoney | None
) -> int | None:
    if given is None:
        return None
    currency = services.plans.get(plan_id, caller.party_id).currency
    if given.currency != currency:
        raise invalid(f"{field}.currency", f"The plan is in {currency}.")
    return given.amount_minor


def _check_currency(services: Services, body: NewPlan) -> None:
    currency = services.insight.currency
    for field in ("budget", "target_cost", "new_customer"):
        amount = getattr(body, field)
        if amount is not None and amount.currency != currency:
            raise invalid(f"{field}.currency", f"This market counts in {currency}.")
