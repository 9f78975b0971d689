"""The wizard: items, target ROI, time and budget. A draft in the database carries the choices."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from adunion.campaigns import PlanDraft, checks
from adunion.campaigns.types import Goal
from adunion.kernel.errors import AdUnionError, invalid, not_found
from adunion.kernel.money import to_major, to_minor
from adunion.ledger import merchant_wallet
from adunion.simulation.forecast import ASSUMPTIONS, Ask, Cell, Forecast
from adunion.trust import Principal, Role

from . import repository
from .components import Chart, Column, Empty, Series, Table
from .context import Context, party
from .formats import zone_of
from .i18n import N_
from .messages import explain
from .reports import major
from .repository import Draft, ItemFilter
from .security import require
from .views import redirect

router = APIRouter(prefix="/merchant/promote")
Merchant = Annotated[Principal, Depends(require(Role.MERCHANT))]
PAGE = 25
TARGET_DEFAULT = Decimal(4)
GOALS = {
    "target_roi": (
        N_("A return"),
        N_("Sales over spend is held at the target; as many sales as that allows."),
    ),
    "net_roi": (
        N_("A return after refunds"),
        N_("The same, counting only what is not sent back: expected returns are taken off."),
    ),
    "volume": (
        N_("Most sales for a budget"),
        N_("The budget is spent evenly until the end, where it brings most; the ROI is a floor."),
    ),
    "cost_per_order": (
        N_("A cost per order"),
        N_("Every order counts alike, large or small, and costs at most what you say."),
    ),
    "new_customers": (
        N_("Win new customers"),
        N_("A first order of somebody new to you counts for more, so more is bid for them."),
    ),
}
_NOTHING = Empty(N_("No items match"), N_("Search for fewer words, or choose all categories."))


@router.get("")
def start(request: Request, who: Merchant) -> Response:
    """A new draft."""
    it = Context(request)
    draft_id = it.services.ids("drf")
    with it.services.engine.begin() as conn:
        repository.add_draft(conn, draft_id, party(who), it.services.clock.now())
    return redirect(f"/merchant/promote/{draft_id}/items")


@router.get("/{draft}/items")
def choose_items(request: Request, who: Merchant, draft: str) -> Any:
    """Step 1."""
    it = Context(request)
    return it.page("promote_items.html", **_items(it, _draft(it, draft, who)))


@router.post("/{draft}/items")
def change_items(
    request: Request,
    who: Merchant,
    draft: str,
    do: Annotated[str, Form()],
    item: Annotated[str, Form(max_length=40)] = "",
    q: Annotated[str, Form(max_length=200)] = "",
    category: Annotated[str, Form(max_length=200)] = "",
    page: Annotated[int, Form(ge=0, le=100_000)] = 0,
) -> Any:
    """Choose or drop one item, all that match, or none."""
    it = Context(request)
    found = _draft(it, draft, who)
    chosen = dict.fromkeys(found.item_ids)
    with it.services.engine.begin() as conn:
        if do == "none":
            chosen = {}
        elif do == "all":
            wanted = ItemFilter(
                party(who), q, category, free_only=True, currency=it.services.currency
            )
            chosen |= dict.fromkeys(repository.matching_item_ids(conn, wanted))
        elif item in chosen:
            del chosen[item]
        else:
            wanted = ItemFilter(
                party(who), free_only=True, ids=[item], currency=it.services.currency
            )
            chosen |= dict.fromkeys(repository.matching_item_ids(conn, wanted))
        repository.change_draft(conn, draft, item_ids=list(chosen))
    shown = _items(it, _draft(it, draft, who), q, category, page)
    return it.page("promote_items.html", **shown)


@router.get("/{draft}/target")
def choose_target(request: Request, who: Merchant, draft: str) -> Any:
    """Step 2."""
    it = Context(request)
    found = _draft(it, draft, who)
    if not found.item_ids:
        return redirect(f"/merchant/promote/{draft}/items")
    return _target_page(it, found)


@router.post("/{draft}/target")
def set_target(
    request: Request,
    who: Merchant,
    draft: str,
    goal: Annotated[Goal, Form()] = "target_roi",
    target: Annotated[str, Form(max_length=20)] = "",
    cost: Annotated[str, Form(max_length=30)] = "",
    new: Annotated[str, Form(max_length=30)] = "",
    look: Annotated[str, Form(max_length=1)] = "",
) -> Any:
    """Keep the goal and what it needs; `look` shows its forecast before going on."""
    it = Context(request)
    found = _draft(it, draft, who)
    try:
        _, roi, cost_minor, new_minor = checks.goal(
            goal,
            None if goal == "cost_per_order" or (goal == "volume" and not target) else target,
            read_money(cost, it.services.currency) if goal == "cost_per_order" else None,
            read_money(new, it.services.currency) if goal == "new_customers" else None,
        )
    except AdUnionError as error:
        _, text, hint = explain(error, it.say)
        return _target_page(it, replace(found, goal=goal), 422, f"{text} {hint}")
    with it.services.engine.begin() as conn:
        repository.change_draft(
            conn, draft, goal=goal, target_roi=roi, target_cost_minor=cost_minor,
            new_customer_minor=new_minor,
        )  # fmt: skip
    return redirect(f"/merchant/promote/{draft}/{'target' if look else 'time'}")


@router.get("/{draft}/time")
def choose_time(request: Request, who: Merchant, draft: str) -> Any:
    """Step 3."""
    it = Context(request)
    found = _draft(it, draft, who)
    if not found.item_ids or not found.asked:
        return redirect(f"/merchant/promote/{draft}/{'target' if found.item_ids else 'items'}")
    return _time_page(it, found, {"name": "", "budget": "", "start": "", "end": ""})


@router.post("/{draft}/time")
def create(
    request: Request,
    who: Merchant,
    draft: str,
    name: Annotated[str, Form(max_length=200)] = "",
    budget: Annotated[str, Form(max_length=30)] = "",
    start: Annotated[str, Form(max_length=30)] = "",
    end: Annotated[str, Form(max_length=30)] = "",
) -> Any:
    """Make the plan; what is wrong is said on the same page."""
    it = Context(request)
    found = _draft(it, draft, who)
    zone = zone_of(request.cookies.get("tz"))
    try:
        plan = it.services.plans.create(
            PlanDraft(
                merchant_id=found.merchant_id,
                goal=found.goal,
                target_roi=None if found.goal == "cost_per_order" else found.target_roi,
                target_cost_minor=found.target_cost_minor,
                new_customer_minor=found.new_customer_minor,
                item_ids=found.item_ids,
                name=name,
                budget_minor=read_money(budget, it.services.currency),
                start_at=read_time("start_at", start, zone),
                end_at=read_time("end_at", end, zone),
            ),
            by=who.id,
        )
    except AdUnionError as error:
        given = {"name": name, "budget": budget, "start": start, "end": end}
        return _time_page(it, found, given, error)
    with it.services.engine.begin() as conn:
        repository.drop_draft(conn, draft)
    return redirect(f"/merchant/plans/{plan.id}", done="created")


def read_money(text: str, currency: str) -> int | None:
    """A form's amount in minor units; empty is none."""
    return to_minor(text.strip(), currency) if text.strip() else None


def read_time(field: str, text: str, zone: tzinfo) -> datetime | None:
    """A form's `2026-11-11T08:00` of the reader's zone, in UTC; empty is none."""
    if not text.strip():
        return None
    try:
        return datetime.fromisoformat(text.strip()).replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        raise invalid(field, f"{text[:40]!r} is not a time.", "Write 2026-11-11T08:00.") from None


def _draft(it: Context, draft_id: str, who: Principal) -> Draft:
    with it.services.engine.connect() as conn:
        found = repository.draft(conn, draft_id, party(who))
    if found is None:
        raise not_found("draft", draft_id)
    return found


def _items(
    it: Context, draft: Draft, q: str | None = None, category: str | None = None,
    page: int | None = None,
) -> dict[str, Any]:  # fmt: skip
    text = it.text("q") if q is None else q
    path = it.text("category") if category is None else category
    number = it.number("page") if page is None else page
    chosen_only = bool(it.text("chosen"))
    ids = draft.item_ids if chosen_only else None
    wanted = ItemFilter(draft.merchant_id, text, path, ids=ids, currency=it.services.currency)
    base = f"/merchant/promote/{draft.id}/items"
    with it.services.engine.connect() as conn:
        rows = repository.items_page(conn, wanted, it.lang, "plan_id", number * PAGE, PAGE)
        total = repository.count_items(conn, wanted)
        free = repository.count_items(conn, replace(wanted, ids=None, free_only=True))
        known = repository.categories(conn, it.lang, draft.merchant_id)

    def list_url(to: int) -> str:
        asked = {"q": text, "category": path, "chosen": "1" if chosen_only else "", "page": to}
        return f"{base}?{urlencode({key: value for key, value in asked.items() if value})}"

    return {
        "items": rows, "total": total, "free": free, "categories": known,
        "chosen": set(draft.item_ids), "q": text, "category": path, "page": number,
        "size": PAGE, "path": base, "target_path": f"/merchant/promote/{draft.id}/target",
        "list_url": list_url, "nothing": _NOTHING, "chosen_only": chosen_only,
        "wrong": "", "wrong_hint": "",
    }  # fmt: skip


def _ask(draft: Draft) -> Ask:
    """What the draft's goal would bring; that of a return while it lacks what it needs."""
    goal = draft.goal if draft.asked else "target_roi"
    return Ask(
        draft.merchant_id,
        tuple(draft.item_ids),
        budgets_minor=(draft.budget_minor,),
        goal=goal,
        target_cost_minor=draft.target_cost_minor if goal == "cost_per_order" else None,
        new_customer_minor=draft.new_customer_minor if goal == "new_customers" else None,
    )


def _curve(found: Forecast, currency: str) -> list[dict[str, float]]:
    """The predicted curve a day in major units, targets rising."""

    def daily(minor: float) -> float:
        return major(round(minor / found.days), currency)

    return [
        {
            "target": cell.target,
            "spend": daily(cell.spend_minor.value),
            "gmv": daily(cell.gmv_minor.value),
            "low": daily(cell.gmv_minor.low),
            "high": daily(cell.gmv_minor.high),
            "added": daily(cell.added_minor.value),
            "organic": daily(cell.organic_minor),
        }
        for cell in found.cells
    ]


def _sales_chart(it: Context, curve: list[dict[str, float]], target: Decimal) -> Chart:
    return Chart(
        "forecast",
        it.say(N_("Predicted spend and sales a day by target ROI")),
        [f"{p['target']:g}" for p in curve],
        [
            Series(it.say(N_("Sales (GMV)")), [p["gmv"] for p in curve], "gmv"),
            Series(it.say(N_("Of them, sold anyway")), [p["organic"] for p in curve], "organic"),
            Series(it.say(N_("Spend")), [p["spend"] for p in curve], "spend"),
            Series(
                it.say(N_("Likely range")), [p["high"] for p in curve], "gmv", "band",
                base=[p["low"] for p in curve],
            ),
        ],
        (it.services.currency,),
        x_kind="value",
        x_unit=it.say(N_("Target ROI")),
        empty=it.say(N_("A prediction needs a day of traffic; set the target you want.")),
        marks={"x": float(target)},
    )  # fmt: skip


def _roi_chart(it: Context, cells: list[Cell]) -> Chart:
    return Chart(
        "forecast-roi",
        it.say(N_("Predicted ROI by target")),
        [f"{cell.target:g}" for cell in cells],
        [
            Series(it.say(N_("Predicted ROI")), [round(c.roi.value, 3) for c in cells], "gmv"),
            Series(it.say(N_("Target ROI")), [c.target for c in cells], "target"),
            Series(
                it.say(N_("Likely range")), [round(c.roi.high, 3) for c in cells], "gmv", "band",
                base=[round(c.roi.low, 3) for c in cells],
            ),
        ],
        x_kind="value",
        x_unit=it.say(N_("Target ROI")),
    )  # fmt: skip


_COLUMNS = (
    Column("target", N_("Target ROI"), "ratio", sortable=False),
    Column("spend", N_("Spend a day"), "money", sortable=False),
    Column("gmv", N_("Sales a day"), "money", sortable=False),
    Column("low", N_("at least"), "money", sortable=False),
    Column("high", N_("at most"), "money", sortable=False),
    Column("added", N_("Added sales"), "money", sortable=False),
    Column("organic", N_("Sold anyway"), "money", sortable=False),
    Column("orders", N_("Orders a day"), "ratio", sortable=False),
    Column("roi", N_("ROI"), "ratio", sortable=False),
    Column("newcomers", N_("New customers"), "rate", sortable=False),
    Column("others", N_("Other plans lose"), "money", sortable=False),
)


def _cells(found: Forecast, currency: str) -> Table:
    """What each target would bring a day."""

    def daily(value: float) -> int:
        return round(value / found.days)

    rows = [
        {
            "target": cell.target,
            "spend": daily(cell.spend_minor.value),
            "gmv": daily(cell.gmv_minor.value),
            "low": daily(cell.gmv_minor.low),
            "high": daily(cell.gmv_minor.high),
            "added": daily(cell.added_minor.value),
            "organic": daily(cell.organic_minor),
            "orders": cell.orders.value / found.days,
            "roi": cell.roi.value,
            "newcomers": cell.newcomer_share,
            "others": None if cell.outside is None else daily(max(-cell.outside.gmv_minor, 0.0)),
        }
        for cell in found.cells
    ]
    return Table("forecast-cells", _COLUMNS, rows, currency, _NOTHING)


BUDGET_SHARES = (0.25, 0.5, 1.0)
"""Of what the target would spend without a limit: the budgets that step 3 shows."""

_BUDGET_COLUMNS = (
    Column("budget", N_("Budget of the whole plan"), "money", sortable=False),
    Column("spend", N_("Spend"), "money", sortable=False),
    Column("spend_low", N_("at least"), "money", sortable=False),
    Column("spend_high", N_("at most"), "money", sortable=False),
    Column("gmv", N_("Sales (GMV)"), "money", sortable=False),
    Column("low", N_("at least"), "money", sortable=False),
    Column("high", N_("at most"), "money", sortable=False),
    Column("orders", N_("Orders"), "ratio", sortable=False),
    Column("roi", N_("ROI"), "ratio", sortable=False),
    Column("newcomers", N_("New customers"), "rate", sortable=False),
)


def _by_budget(it: Context, draft: Draft) -> tuple[Forecast, Cell]:
    """The chosen target at rising budgets and without one, and the draft's own cell.

    Goals other than a return are forecast at their own budget alone.
    """
    target = float(draft.target_roi or TARGET_DEFAULT)
    ask = replace(_ask(draft), targets=(target, target))
    if ask.goal != "target_roi":
        found = it.services.forecast(_ask(draft))
        return replace(found, cells=[]), found.near(target, draft.budget_minor)
    free = it.services.forecast(replace(ask, budgets_minor=(None,))).cells[0]
    shares = {_round_sum(share * free.spend_minor.value) for share in BUDGET_SHARES}
    budgets = {*shares, draft.budget_minor} - {None, 0}
    try:
        found = it.services.forecast(replace(ask, budgets_minor=(*budgets, None)))
    except AdUnionError:  # each of them too small for a click: the plan would spend next to nothing
        found = it.services.forecast(replace(ask, budgets_minor=(None,)))
    return found, found.near(target, draft.budget_minor)


def _round_sum(minor: float) -> int:
    """To two digits."""
    return int(float(f"{minor:.1e}"))


def _budgets(found: Forecast, currency: str) -> Table:
    rows = [
        {
            "budget": cell.budget_minor,
            "spend": round(cell.spend_minor.value),
            "spend_low": round(cell.spend_minor.low),
            "spend_high": round(cell.spend_minor.high),
            "gmv": round(cell.gmv_minor.value),
            "low": round(cell.gmv_minor.low),
            "high": round(cell.gmv_minor.high),
            "orders": cell.orders.value,
            "roi": cell.roi.value,
            "newcomers": cell.newcomer_share,
        }
        for cell in found.cells
    ]
    return Table("forecast-budgets", _BUDGET_COLUMNS, rows, currency, _NOTHING)


def _target_page(it: Context, draft: Draft, status: int = 200, wrong: str = "") -> Any:
    currency, target = it.services.currency, draft.target_roi or TARGET_DEFAULT
    try:
        found = it.services.forecast(_ask(draft))
    except AdUnionError as error:
        return _refused(it, draft, error)
    curve = _curve(found, currency)
    targets = [cell.target for cell in found.cells]
    return it.page(
        "promote_target.html",
        status,
        curve=curve,
        forecast=_sales_chart(it, curve, target),
        roi=_roi_chart(it, found.cells),
        cells=_cells(found, currency),
        assumed=[it.say(ASSUMPTIONS[code]) for code in found.assumptions],
        looked=found.looked,
        target=f"{target.normalize():f}",
        goal=draft.goal,
        goals=GOALS,
        cost_text=money_text(draft.target_cost_minor, currency),
        new_text=money_text(draft.new_customer_minor, currency),
        by_cost=draft.goal == "cost_per_order" and draft.asked,
        low=min([*targets, float(target)]),
        high=max([*targets, float(target)]),
        count=len(draft.item_ids),
        items_path=f"/merchant/promote/{draft.id}/items",
        wrong=wrong,
    )


def _refused(it: Context, draft: Draft, error: AdUnionError) -> Any:
    """Back to the items, since one of them can no longer be promoted."""
    _, wrong, hint = explain(error, it.say)
    shown = _items(it, draft) | {"wrong": wrong, "wrong_hint": hint}
    return it.page("promote_items.html", error.status, **shown)


def _time_page(
    it: Context, draft: Draft, given: dict[str, str], error: AdUnionError | None = None
) -> Any:
    currency = it.services.currency
    target = draft.target_roi or TARGET_DEFAULT
    try:
        found, near = _by_budget(it, draft)
    except AdUnionError as refusal:
        return _refused(it, draft, refusal)
    with it.services.engine.connect() as conn:
        account = merchant_wallet(draft.merchant_id)
        wallet = it.services.ledger.balance(conn, account, currency).available_minor
    _, wrong, hint = explain(error, it.say) if error else ("", "", "")
    return it.page(
        "promote_time.html",
        error.status if error else 200,
        given=given,
        wrong=wrong,
        wrong_hint=hint,
        zone_name=str(zone_of(it.request.cookies.get("tz"))),
        count=len(draft.item_ids),
        target=float(target),
        goal=GOALS[draft.goal][0],
        needs_budget=draft.goal == "volume",
        predicted={
            "spend": round(near.spend_minor.value / found.days),
            "gmv": round(near.gmv_minor.value / found.days),
        },
        budgets=_budgets(found, currency),
        days=round(found.days),
        wallet=wallet,
        items_path=f"/merchant/promote/{draft.id}/items",
        target_path=f"/merchant/promote/{draft.id}/target",
    )


def money_text(minor: int | None, currency: str) -> str:
    """An amount as a form shows it."""
    return "" if minor is None else str(to_major(minor, currency))
