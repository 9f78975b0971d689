"""The wizard: items, target ROI, time and budget. A draft in the database carries the choices."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, get_args
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from adunion.campaigns import PlanDraft, checks
from adunion.campaigns.types import Goal
from adunion.kernel.errors import AdUnionError, not_found
from adunion.ledger import merchant_wallet
from adunion.simulation.forecast import ASSUMPTIONS
from adunion.trust import Principal

from . import repository
from .components import Empty
from .context import Context, party
from .formats import zone_of
from .forms import (
    NOTHING_WRONG,
    Wrong,
    money_text,
    percent_text,
    read_money,
    read_percent,
    read_time,
    wrong_of,
)
from .i18n import N_
from .promote_forecast import (
    TARGET_DEFAULT,
    UNLIMITED,
    Limits,
    ask_of,
    budget_table,
    by_budget,
    cell_table,
    curve_of,
    roi_chart,
    sales_chart,
)
from .repository import Draft, ItemFilter
from .security import Merchant
from .views import redirect

router = APIRouter(prefix="/merchant/promote")
PAGE = 25
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
    goal: Annotated[str, Form()] = "target_roi",
    target: Annotated[str, Form()] = "",
    cost: Annotated[str, Form()] = "",
    new: Annotated[str, Form()] = "",
    share: Annotated[str, Form()] = "",
    look: Annotated[str, Form()] = "",
) -> Any:
    """Keep the goal and what it needs; `look` shows its forecast before going on."""
    it = Context(request)
    found = _draft(it, draft, who)
    currency = it.services.currency
    aims = goal != "cost_per_order" and (goal != "volume" or bool(target.strip()))
    try:
        wanted, roi, cost_minor, new_minor = checks.goal(
            goal,
            target if aims else None,
            read_money("target_cost", cost, currency) if goal == "cost_per_order" else None,
            read_money("new_customer", new, currency) if goal == "new_customers" else None,
        )
        min_share = checks.min_new_share(read_percent(share))
        if found.item_ids and (cost_minor or new_minor):
            it.services.plans.check_amounts(
                found.merchant_id, found.item_ids, cost_minor, new_minor
            )
    except AdUnionError as error:
        given = {"goal": goal, "target": target, "cost": cost, "new": new, "share": share}
        shown = next((replace(found, goal=one) for one in get_args(Goal) if one == goal), found)
        return _target_page(it, shown, given, wrong_of(it, error, *given), error.status)
    with it.services.engine.begin() as conn:
        repository.change_draft(
            conn, draft, goal=wanted, target_roi=roi, target_cost_minor=cost_minor,
            new_customer_minor=new_minor, min_new_share=min_share,
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
    name: Annotated[str, Form()] = "",
    budget: Annotated[str, Form()] = "",
    start: Annotated[str, Form()] = "",
    end: Annotated[str, Form()] = "",
    look: Annotated[str, Form()] = "",
) -> Any:
    """Make the plan, or `look` at its forecast; what is wrong is said on the same page."""
    it = Context(request)
    found = _draft(it, draft, who)
    zone = zone_of(request.cookies.get("tz"))
    given = {"name": name, "budget": budget, "start": start, "end": end}
    try:
        limits = Limits(
            read_money("budget", budget, it.services.currency),
            read_time("start_at", start, zone),
            read_time("end_at", end, zone),
        )
        plan = PlanDraft(
            merchant_id=found.merchant_id,
            goal=found.goal,
            target_roi=None if found.goal == "cost_per_order" else found.target_roi,
            target_cost_minor=found.target_cost_minor,
            new_customer_minor=found.new_customer_minor,
            min_new_share=found.min_new_share,
            item_ids=found.item_ids,
            name=name,
            budget_minor=limits.budget_minor,
            start_at=limits.start_at,
            end_at=limits.end_at,
        )
        if look:
            it.services.plans.check(plan)
            return _time_page(it, found, given, limits=limits)
        made = it.services.plans.create(plan, by=who.id)
    except AdUnionError as error:
        return _time_page(it, found, given, wrong_of(it, error, *given), error.status)
    with it.services.engine.begin() as conn:
        repository.drop_draft(conn, draft)
    return redirect(f"/merchant/plans/{made.id}", done="created")


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
        "wrong": "",
    }  # fmt: skip


def _target_page(
    it: Context, draft: Draft, given: dict[str, str] | None = None, wrong: Wrong = NOTHING_WRONG,
    status: int = 200,
) -> Any:  # fmt: skip
    """Step 2 with what was typed, else with what the draft has."""
    currency, target = it.services.currency, draft.target_roi or TARGET_DEFAULT
    try:
        found = it.services.forecast(ask_of(draft))
    except AdUnionError as error:
        return _refused(it, draft, error)
    curve = curve_of(found, currency)
    targets = [cell.target for cell in found.cells]
    kept = {
        "goal": draft.goal,
        "target": f"{target.normalize():f}",
        "cost": money_text(draft.target_cost_minor, currency),
        "new": money_text(draft.new_customer_minor, currency),
        "share": percent_text(draft.min_new_share),
    }
    return it.page(
        "promote_target.html",
        status,
        curve=curve,
        forecast=sales_chart(it, curve, target),
        roi=roi_chart(it, found.cells),
        cells=cell_table(found, currency),
        assumed=[it.say(ASSUMPTIONS[code]) for code in found.assumptions],
        looked=found.looked,
        given=kept | (given or {}),
        wrong=wrong,
        goals=GOALS,
        by_cost=draft.goal == "cost_per_order" and draft.asked,
        low=min([*targets, float(target)]),
        high=max([*targets, float(target)]),
        range=f"{target.normalize():f}",
        count=len(draft.item_ids),
        items_path=f"/merchant/promote/{draft.id}/items",
    )


def _refused(it: Context, draft: Draft, error: AdUnionError) -> Any:
    """Back to the items, since one of them can no longer be promoted."""
    shown = _items(it, draft) | {"wrong": it.told(error)}
    return it.page("promote_items.html", error.status, **shown)


def _time_page(
    it: Context, draft: Draft, given: dict[str, str], wrong: Wrong = NOTHING_WRONG,
    status: int = 200, limits: Limits = UNLIMITED,
) -> Any:  # fmt: skip
    """Step 3 with what was typed and the forecast within `limits`."""
    currency = it.services.currency
    target = draft.target_roi or TARGET_DEFAULT
    try:
        found, near = by_budget(it, draft, limits)
    except AdUnionError as refusal:
        return _refused(it, draft, refusal)
    with it.services.engine.connect() as conn:
        account = merchant_wallet(draft.merchant_id)
        wallet = it.services.ledger.balance(conn, account, currency).available_minor
    return it.page(
        "promote_time.html",
        status,
        given=given,
        wrong=wrong,
        zone_name=str(zone_of(it.request.cookies.get("tz"))),
        count=len(draft.item_ids),
        target=float(target),
        goal=GOALS[draft.goal][0],
        needs_budget=draft.goal == "volume",
        predicted={
            "spend": round(near.spend_minor.value / found.days),
            "gmv": round(near.gmv_minor.value / found.days),
        },
        budgets=budget_table(found, currency),
        assumed=[it.say(ASSUMPTIONS[code]) for code in found.assumptions],
        days=round(found.days),
        wallet=wallet,
        items_path=f"/merchant/promote/{draft.id}/items",
        target_path=f"/merchant/promote/{draft.id}/target",
    )
