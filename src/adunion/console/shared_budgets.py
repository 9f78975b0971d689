"""The merchant's shared budgets: several plans, one limit, the money where it earns most."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from adunion.kernel.errors import AdUnionError
from adunion.kernel.money import MINOR_MAX
from adunion.trust import Principal, Role

from .components import Column, Empty, Table
from .context import Context, party
from .i18n import N_
from .messages import explain
from .promote import money_text, read_money
from .security import require
from .views import redirect

router = APIRouter(prefix="/merchant/budgets")
Merchant = Annotated[Principal, Depends(require(Role.MERCHANT))]
PERIODS = {"day": N_("a day (UTC)"), "total": N_("in all")}


@router.get("")
def budgets(request: Request, who: Merchant) -> Any:
    """All of them, and a form for another."""
    return _page(Context(request), party(who))


@router.post("")
def create(
    request: Request,
    who: Merchant,
    name: Annotated[str, Form(max_length=200)],
    amount: Annotated[str, Form(max_length=30)],
    period: Annotated[str, Form(max_length=10)] = "day",
) -> Response:
    """Make one."""
    it = Context(request)
    try:
        wanted = read_money(amount, it.services.currency)
        it.services.shared_budgets.create(party(who), name, wanted, period)
    except AdUnionError as error:
        return _refused(it, party(who), error)
    return redirect("/merchant/budgets", done="saved")


@router.post("/{id}")
def change(
    request: Request, who: Merchant, id: str, amount: Annotated[str, Form(max_length=30)]
) -> Response:
    """Another amount."""
    it = Context(request)
    try:
        wanted = read_money(amount, it.services.currency)
        it.services.shared_budgets.change(id, party(who), amount_minor=wanted or -MINOR_MAX)
    except AdUnionError as error:
        if error.status == 404:
            raise
        return _refused(it, party(who), error)
    return redirect("/merchant/budgets", done="saved")


def _refused(it: Context, merchant_id: str, error: AdUnionError) -> Response:
    _, text, hint = explain(error, it.say)
    answer: Response = _page(it, merchant_id, f"{text} {hint}", error.status)
    return answer


def _page(it: Context, merchant_id: str, wrong: str = "", status: int = 200) -> Any:
    currency = it.services.currency
    rows = [
        {
            "id": budget.id,
            "name": budget.name,
            "period": it.say(PERIODS[budget.period]),
            "amount_minor": budget.amount_minor,
            "amount_text": money_text(budget.amount_minor, currency),
            "spend_minor": budget.spend_minor,
            "used": budget.spend_minor / budget.amount_minor,
            "plans": len(budget.plan_ids),
        }
        for budget in it.services.shared_budgets.list(merchant_id)
    ]
    columns = (
        Column("name", N_("Name")),
        Column("period", N_("Counts")),
        Column("plans", N_("Plans"), "number"),
        Column("amount_minor", N_("Budget"), "money"),
        Column("spend_minor", N_("Spent"), "money"),
        Column("used", N_("Used"), "rate"),
        Column("act", N_("Change"), "actions", sortable=False),
    )
    empty = Empty(
        N_("No shared budget yet"),
        N_("Make one below; plans join it on their own pages, under Change."),
    )
    table = Table("budgets", columns, rows, currency, empty)
    return it.page("shared_budgets.html", status, budgets=table, periods=PERIODS, wrong=wrong)
