"""Budgets that several plans of one merchant spend together."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Query
from pydantic import Field

from adunion.api.deps import Caller, Services, own_merchant, seen_merchant
from adunion.api.fields import (
    Body,
    BudgetId,
    MerchantId,
    Money,
    Name,
    NewMoney,
    PlanId,
    View,
    When,
    money,
)
from adunion.api.route import allow, router
from adunion.campaigns import SharedBudget as BudgetOfRoom
from adunion.kernel.errors import invalid
from adunion.trust import Role

routes = router("shared-budgets", "plans")
_ROLES = allow(Role.MERCHANT, Role.OPERATOR)


class NewSharedBudget(Body):
    """A budget that plans join by `shared_budget_id`."""

    name: Name
    amount: NewMoney
    period: Literal["day", "total"] = Field("day", description="A UTC day, or all the time")
    merchant_id: MerchantId | None = Field(None, description="Only for operators")


class SharedBudgetChange(Body):
    """What to change; a member that is left out stays as it is."""

    name: Name | None = None
    amount: NewMoney | None = None


class SharedBudget(View):
    """As it stands: a hard cap over its plans together."""

    id: BudgetId
    merchant_id: MerchantId
    name: str
    amount: Money
    period: Literal["day", "total"]
    spend: Money = Field(description="Charged of it today, or in all")
    plan_ids: list[PlanId] = Field(description="That share it now")
    created_at: When
    updated_at: When


class SharedBudgetSearch(View):
    """Whose to list."""

    merchant_id: MerchantId | None = None


@routes.get("", openapi_extra=_ROLES, summary="List shared budgets")
def list_shared_budgets(
    services: Services, caller: Caller, query: Annotated[SharedBudgetSearch, Query()]
) -> list[SharedBudget]:
    """Newest first. A merchant sees its own."""
    found = services.shared_budgets.list(seen_merchant(caller, query.merchant_id))
    return [_view(budget) for budget in found]


@routes.post("", status_code=201, openapi_extra=_ROLES, summary="Make a shared budget")
def create_shared_budget(services: Services, caller: Caller, body: NewSharedBudget) -> SharedBudget:
    """Plans join it by `PATCH /v1/plans/{id}` with `shared_budget_id`."""
    merchant_id = own_merchant(caller, body.merchant_id)
    _check(services, body.amount)
    return _view(
        services.shared_budgets.create(
            merchant_id, body.name, body.amount.amount_minor, body.period
        )
    )


@routes.get("/{budget_id}", openapi_extra=_ROLES, summary="Get a shared budget")
def get_shared_budget(services: Services, caller: Caller, budget_id: BudgetId) -> SharedBudget:
    """With what was spent of it."""
    return _view(services.shared_budgets.get(budget_id, caller.party_id))


@routes.patch("/{budget_id}", openapi_extra=_ROLES, summary="Change a shared budget")
def change_shared_budget(
    services: Services, caller: Caller, budget_id: BudgetId, body: SharedBudgetChange
) -> SharedBudget:
    """An amount below what is spent stops its plans until there is money again."""
    if body.amount is not None:
        _check(services, body.amount)
    changed = services.shared_budgets.change(
        budget_id, caller.party_id, name=body.name,
        amount_minor=None if body.amount is None else body.amount.amount_minor,
    )  # fmt: skip
    return _view(changed)


def _check(services: Services, amount: NewMoney) -> None:
    if amount.currency != services.insight.currency:
        raise invalid("amount.currency", f"This market counts in {services.insight.currency}.")


def _view(budget: BudgetOfRoom) -> SharedBudget:
    return SharedBudget(
        id=budget.id,
        merchant_id=budget.merchant_id,
        name=budget.name,
        amount=money(budget.amount_minor, budget.currency),
        period=budget.period,
        spend=money(budget.spend_minor, budget.currency),
        plan_ids=list(budget.plan_ids),
        created_at=budget.created_at,
        updated_at=budget.updated_at,
    )
