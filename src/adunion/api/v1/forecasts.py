"""What a plan would bring before it is launched."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from adunion.api.deps import Caller, Services, own_merchant, seen_merchant
from adunion.api.fields import Body, MerchantId, Money, NewMoney, PlanId, View, When, money
from adunion.api.route import allow, router
from adunion.campaigns import Selector, checks
from adunion.campaigns.types import Goal
from adunion.kernel.errors import invalid
from adunion.simulation.forecast import ASSUMPTIONS, Ask
from adunion.simulation.forecast import Band as BandOfRoom
from adunion.simulation.forecast import Cell as CellOfRoom
from adunion.simulation.forecast import Outside as OutsideOfRoom
from adunion.simulation.forecast.ask import CELLS_MAX
from adunion.trust import Role

from .plans import Hours, Items, ItemSelector, NewShare, Target

routes = router("forecasts", "plans")
_ROLES = allow(Role.MERCHANT, Role.OPERATOR)


class NewForecast(Body):
    """A plan that might be: items, a selector or a plan there is, and a grid."""

    item_ids: Items | None = None
    selector: ItemSelector | None = None
    plan_id: PlanId | None = Field(None, description="From now on, with what is left of its budget")
    goal: Goal = Field("target_roi", description="Of a plan that might be: its sales count by it")
    target_cost: NewMoney | None = Field(
        None, description="Of cost_per_order; a target_roi of 2 is then half this cost"
    )
    new_customer: NewMoney | None = Field(None, description="Of new_customers")
    min_new_share: NewShare | None = None
    targets: Annotated[list[Target], Field(max_length=CELLS_MAX)] = Field(
        default_factory=list, description="One: a grid of nine around it; none: the usual grid"
    )
    budgets: Annotated[list[NewMoney | None], Field(max_length=CELLS_MAX)] = Field(
        default_factory=list, description="For the whole plan; null or none: unlimited"
    )
    start_at: When | None = Field(None, description="Left out: now")
    end_at: When | None = Field(None, description="Left out: no end; a week is forecast")
    dayparts: Hours | None = None
    merchant_id: MerchantId | None = Field(None, description="Only for operators")


class Share(View):
    """A figure and the ends of the interval that holds 8 of 10 outcomes."""

    value: float
    low: float
    high: float


class Sum(View):
    """An amount and the ends of the interval that holds 8 of 10 outcomes."""

    value: Money
    low: Money
    high: Money


class OtherPlans(View):
    """What the rest of the market has of it, expected; losses are negative."""

    plans: int = Field(description="Plans of other merchants that lose sales")
    gmv: Money = Field(description="Change of all sales of their items, moved by a bid or not")
    counted: Money = Field(description="Change of those of them that count for their targets")
    spend: Money = Field(description="Change of their spend")
    organic: Money = Field(description="Change of sales of others' items in no plan")


class ForecastCell(View):
    """One target and budget, over the whole forecast."""

    target_roi: float
    budget: Money | None
    spend: Sum
    gmv: Sum = Field(description="Counted sales: of impressions that the bid moved")
    added: Sum = Field(description="Their part that each item would not have had anyway")
    gained: Money = Field(description="What the merchant sells more in all, other items too")
    organic: Money = Field(description="Counted sales that the merchant would have had anyway")
    orders: Share
    roi: Share
    newcomer_share: float | None = Field(
        description="Of orders, by people who never bought from the merchant; null: not known"
    )
    others: OtherPlans | None


class Assumption(View):
    """What had to be assumed."""

    code: str
    text: str


class PlanForecast(View):
    """Cells by rising target, and what they rest on."""

    hours: int = Field(description="That the cells cover")
    endless: bool = Field(description="The plan goes on after them")
    requests_expected: float = Field(description="In the plan's hours")
    requests_logged: int
    requests_replayed: int
    requests_reached: int = Field(description="Of those replayed, that could show an item")
    cells: list[ForecastCell]
    assumptions: list[Assumption]


@routes.post("", openapi_extra=_ROLES, summary="Forecast a plan")
def forecast_plan(services: Services, caller: Caller, body: NewForecast) -> PlanForecast:
    """Recent requests decided again with the plan in; refuses what a launch would be refused."""
    currency = services.insight.currency
    found = services.forecast(_ask(caller, body, currency))
    return PlanForecast(
        hours=found.hours,
        endless=found.endless,
        requests_expected=round(found.traffic, 1),
        requests_logged=found.requests,
        requests_replayed=found.looked,
        requests_reached=found.reached,
        cells=[_cell(cell, currency) for cell in found.cells],
        assumptions=[Assumption(code=code, text=ASSUMPTIONS[code]) for code in found.assumptions],
    )


def _ask(caller: Caller, body: NewForecast, currency: str) -> Ask:
    if sum(each is not None for each in (body.item_ids, body.selector, body.plan_id)) != 1:
        raise invalid("item_ids", "Send item_ids, a selector or a plan_id, one of the three.")
    if any(budget is not None and budget.currency != currency for budget in body.budgets):
        raise invalid("budgets", f"The market is in {currency}.")
    for name in ("target_cost", "new_customer"):
        amount = getattr(body, name)
        if amount is not None and amount.currency != currency:
            raise invalid(f"{name}.currency", f"The market is in {currency}.")
    budgets = [None if budget is None else budget.amount_minor for budget in body.budgets]
    if body.plan_id is not None:
        merchant_id = seen_merchant(caller, body.merchant_id) or ""
    else:
        checks.volume(body.goal, None if None in budgets else budgets or None, body.end_at)
        merchant_id = own_merchant(caller, body.merchant_id)
    return Ask(
        merchant_id=merchant_id,
        item_ids=tuple(body.item_ids or ()),
        selector=None if body.selector is None else Selector(**body.selector.model_dump()),
        plan_id=body.plan_id,
        targets=tuple(body.targets),
        budgets_minor=tuple(budgets) or (None,),
        start_at=body.start_at,
        end_at=body.end_at,
        dayparts=None if body.dayparts is None else tuple(body.dayparts),
        goal=body.goal,
        target_cost_minor=None if body.target_cost is None else body.target_cost.amount_minor,
        new_customer_minor=None if body.new_customer is None else body.new_customer.amount_minor,
        min_new_share=body.min_new_share,
    )


def _cell(cell: CellOfRoom, currency: str) -> ForecastCell:
    def amount(minor: float) -> Money:
        return money(round(minor), currency)

    def amounts(band: BandOfRoom) -> Sum:
        return Sum(value=amount(band.value), low=amount(band.low), high=amount(band.high))

    def others(out: OutsideOfRoom) -> OtherPlans:
        return OtherPlans(
            plans=out.plans,
            gmv=amount(out.gmv_minor),
            counted=amount(out.counted_minor),
            spend=amount(out.spend_minor),
            organic=amount(out.organic_minor),
        )

    return ForecastCell(
        target_roi=cell.target,
        budget=None if cell.budget_minor is None else money(cell.budget_minor, currency),
        spend=amounts(cell.spend_minor),
        gmv=amounts(cell.gmv_minor),
        added=amounts(cell.added_minor),
        gained=amount(cell.gained_minor),
        organic=amount(cell.organic_minor),
        orders=_share(cell.orders),
        roi=_share(cell.roi),
        newcomer_share=cell.newcomer_share,
        others=None if cell.outside is None else others(cell.outside),
    )


def _share(band: BandOfRoom) -> Share:
    return Share(value=round(band.value, 4), low=round(band.low, 4), high=round(band.high, 4))
