"""The merchant's shared budgets: several plans, one limit, the money where it earns most."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from adunion.kernel.errors import AdUnionError
from adunion.kernel.money import MINOR_MAX

from .components import Column, Empty, Table
from .context import Context, party
from .forms import NOTHING_WRONG, Wrong, money_text, read_money, wrong_of
from .i18n import N_
from .security import Merchant
from .views import redirect

router = APIRouter(prefix="/merchant/budgets")
PERIODS = {"day": N_("a day (UTC)"), "total": N_("in all")}


@router.get("")
def budgets(request: Request, who: Merchant) -> Any:
    """All of them, and a form for another."""
    return _page(Context(request), party(who))


@router.post("")
def create(
    request: Request,
    who: Merchant,
    name: Annotated[str, Form()] = "",
    amount: Annotated[str, Form()] = "",
    period: Annotated[str, Form()] = "day",
) -> Response:
    """Make one."""
    it = Context(request)
    try:
        wanted = read_money("amount", amount, it.services.currency)
        it.services.shared_budgets.create(party(who), name, wanted, period)
    except AdUnionError as error:
        given = {"name": name, "amount": amount, "period": period}
        answer: Response = _page(it, party(who), given, wrong_of(it, error, *given), error.status)
        return answer
    return redirect("/merchant/budgets", done="saved")


@router.post("/{id}")
def change(
    request: Request, who: Merchant, id: str, amount: Annotated[str, Form()] = ""
) -> Response:
    """Another amount."""
    it = Context(request)
    try:
        wanted = read_money("amount", amount, it.services.currency)
        it.services.shared_budgets.change(id, party(who), amount_minor=wanted or -MINOR_MAX)
    except AdUnionError as error:
        if error.status == 404:
            raise
        said = Wrong({id: it.told(error)})
        answer: Response = _page(it, party(who), {id: amount}, said, error.status)
        return answer
    return redirect("/merchant/budgets", done="saved")


def _page(
    it: Context, merchant_id: str, given: dict[str, str] | None = None,
    wrong: Wrong = NOTHING_WRONG, status: int = 200,
) -> Any:  # fmt: skip
    """The budgets; `given` is what was typed for a new one, or by a budget's id for that one."""
    currency = it.services.currency
    rows = [
        {
            "id": budget.id,
            "name": budget.name,
            "period": it.say(PERIODS[budget.period]),
            "amount_minor": budget.amount_minor,
            "amount_text": (given or {}).get(budget.id, money_text(budget.amount_minor, currency)),
            "wrong": wrong[budget.id],
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
    kept = {"name": "", "amount": "", "period": "day"} | (given or {})
    return it.page(
        "shared_budgets.html", status, budgets=table, periods=PERIODS, given=kept, wrong=wrong
    )
