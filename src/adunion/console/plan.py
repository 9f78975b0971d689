"""A plan's page, for its merchant (who may change it) and for the operator (who may look)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from adunion.campaigns import Edit, Plan
from adunion.insight.types import PlanResult, Result
from adunion.kernel.errors import AdUnionError
from adunion.trust import Principal, Role

from . import boosts, repository
from .components import Column, Empty, Stat, Table
from .context import Context, party
from .formats import zone_of
from .i18n import N_
from .messages import STATES, explain
from .promote import money_text, read_money, read_time
from .reports import Span, result_chart, result_stats, span_of
from .security import require
from .views import redirect
from .waterfall import guarantee, waterfall

router = APIRouter()
Merchant = Annotated[Principal, Depends(require(Role.MERCHANT))]
Operator = Annotated[Principal, Depends(require(Role.OPERATOR))]
_UNDOABLE = frozenset(
    (
        "status",
        "name",
        "target_roi",
        "budget_minor",
        "end_at",
        "start_at",
        "dayparts",
        "item_ids",
        "target_cost_minor",
        "new_customer_minor",
        "shared_budget_id",
    )
)


@router.get("/merchant/plans/{id}")
def own_plan(request: Request, who: Merchant, id: str) -> Any:
    """The merchant's own plan."""
    return _page(Context(request), id, party(who))


@router.get("/operator/plans/{id}")
def any_plan(request: Request, _who: Operator, id: str) -> Any:
    """Any plan, to look at."""
    return _page(Context(request), id, None)


@router.post("/merchant/plans/{id}/pause")
def pause(request: Request, who: Merchant, id: str) -> Response:
    """Stop bidding."""
    plans = Context(request).services.plans
    return _done(request, who, id, "paused", lambda: plans.pause(id, who.id, party(who)))


@router.post("/merchant/plans/{id}/resume")
def resume(request: Request, who: Merchant, id: str) -> Response:
    """Bid again."""
    plans = Context(request).services.plans
    return _done(request, who, id, "resumed", lambda: plans.resume(id, who.id, party(who)))


@router.post("/merchant/plans/{id}/end")
def end(request: Request, who: Merchant, id: str) -> Response:
    """Stop for good; can be undone."""
    plans = Context(request).services.plans
    return _done(request, who, id, "ended", lambda: plans.end(id, who.id, party(who)))


@router.post("/merchant/plans/{id}/undo")
def undo(
    request: Request,
    who: Merchant,
    id: str,
    edit: Annotated[str, Form(max_length=40)],
) -> Response:
    """Put back what an edit changed."""
    plans = Context(request).services.plans
    return _done(request, who, id, "undone", lambda: plans.undo(edit, who.id, party(who)))


@router.post("/merchant/plans/{id}/boost")
def boost(
    request: Request,
    who: Merchant,
    id: str,
    budget: Annotated[str, Form(max_length=30)],
    hours: Annotated[int, Form(ge=1, le=168)] = 6,
    factor: Annotated[str, Form(max_length=10)] = "1.5",
    regions: Annotated[str, Form(max_length=3_000)] = "",
) -> Response:
    """Push the plan from now on."""
    it = Context(request)
    act = partial(boosts.start, it, who, id, budget, hours, factor, regions)
    return _done(request, who, id, "boosted", act)


@router.post("/merchant/plans/{id}/boosts/{boost_id}/cancel")
def cancel_boost(request: Request, who: Merchant, id: str, boost_id: str) -> Response:
    """End a boost now."""
    act = partial(Context(request).services.boosts.cancel, id, boost_id, who.id, party(who))
    return _done(request, who, id, "boost_cancelled", act)


@router.post("/merchant/plans/{id}/edit")
def edit(
    request: Request,
    who: Merchant,
    id: str,
    name: Annotated[str, Form(max_length=200)],
    target: Annotated[str, Form(max_length=20)] = "",
    cost: Annotated[str, Form(max_length=30)] = "",
    new: Annotated[str, Form(max_length=30)] = "",
    shared: Annotated[str, Form(max_length=40)] = "",
    budget: Annotated[str, Form(max_length=30)] = "",
    end: Annotated[str, Form(max_length=30)] = "",
) -> Response:
    """Change name, target, budget and end; what stays the same is no edit."""
    it = Context(request)
    zone = zone_of(request.cookies.get("tz"))

    def change() -> Plan:
        before = it.services.plans.get(id, party(who))
        changes: dict[str, Any] = {
            "name": name,
            "budget_minor": read_money(budget, before.currency),
            "shared_budget_id": shared or None,
        }
        if before.goal == "new_customers":
            changes["new_customer_minor"] = read_money(new, before.currency)
        if before.goal == "cost_per_order":
            changes["target_cost_minor"] = read_money(cost, before.currency)
        else:
            changes["target_roi"] = target.strip()
        shown = _form_time(before.end_at, zone)
        if end.strip() != shown:
            changes["end_at"] = read_time("end_at", end, zone)
        return it.services.plans.update(id, changes, who.id, party(who))

    return _done(request, who, id, "edited", change)


def _done(
    request: Request, who: Principal, plan_id: str, done: str, act: Callable[[], Plan]
) -> Response:
    """Do it; back to the page, which offers to undo it, or says why it could not be."""
    it = Context(request)
    plans = it.services.plans
    before = plans.edits(plan_id, party(who), 1)
    try:
        act()
    except AdUnionError as error:
        if error.status == 404:
            raise
        _, text, hint = explain(error, it.say)
        answer: Response = _page(it, plan_id, party(who), f"{text} {hint}", error.status)
        return answer
    newest = plans.edits(plan_id, party(who), 1)
    changed = bool(newest) and (not before or newest[0].id != before[0].id)
    undo_id = newest[0].id if changed and done != "undone" else None
    return redirect(f"/merchant/plans/{plan_id}", done=done, undo=undo_id)


def plan_figures(it: Context, report: PlanResult) -> list[Stat]:
    """The page's figures, which its stream repeats: the counted ones, then what stands beside."""
    result = report.result
    first = result.first_slot / result.moved_impressions if result.moved_impressions else None
    money = partial(it.fmt.money, currency=result.currency)
    return [
        *result_stats(it.say, it.fmt, result, report.target_roi)[:4],
        Stat(
            it.say(N_("Sales added")),
            money(result.gmv_added_minor),
            it.say(N_("the part that the place won brought")),
            live="added",
        ),
        Stat(
            it.say(N_("All sales of its items")),
            money(result.gmv_item_minor),
            it.say(N_("organic ones too; not counted")),
            live="all",
        ),
        Stat(
            it.say(N_("Impressions")),
            it.fmt.number(result.impressions),
            it.say(N_("%(share)s paid"), share=it.fmt.rate(_share(result)))
            if result.impressions
            else "",
            live="seen",
        ),
        Stat(
            it.say(N_("First slot")),
            it.fmt.rate(first),
            it.say(N_("of paid impressions")),
            live="first",
        ),
        Stat(
            it.say(N_("New customers")),
            it.fmt.rate(result.new_share),
            it.say(N_("of its orders, %(count)s"), count=it.fmt.number(result.new_orders)),
            live="new",
        ),
    ]


def _goal(it: Context, plan: Plan) -> str:
    """What the plan asks for, in words."""
    if plan.goal == "cost_per_order":
        cost = it.fmt.money(plan.target_cost_minor or 0, plan.currency)
        return it.say(N_("at most %(cost)s an order"), cost=cost)
    target = f"{plan.target_roi.normalize():f}"
    if plan.goal == "volume":
        return it.say(N_("the most sales for the budget, ROI at least %(target)s"), target=target)
    if plan.goal == "new_customers":
        worth = it.fmt.money(plan.new_customer_minor or 0, plan.currency)
        return it.say(
            N_("ROI %(target)s, a new customer counting %(worth)s more"), target=target, worth=worth
        )
    if plan.goal == "net_roi":
        return it.say(N_("ROI %(target)s after returns"), target=target)
    return it.say(N_("ROI %(target)s"), target=target)


def _share(result: Result) -> float | None:
    return result.moved_impressions / result.impressions if result.impressions else None


def _page(
    it: Context, plan_id: str, merchant_id: str | None, wrong: str = "", status: int = 200
) -> Any:
    services, span = it.services, span_of(it.request)
    plan = services.plans.get(plan_id, merchant_id)
    insight = services.insight
    report = insight.plan_report(plan_id, span.since, span.until)
    points = insight.plan_hours(plan_id, span.since, span.until, span.unit)
    edits = services.plans.edits(plan_id, merchant_id)
    with services.engine.connect() as conn:
        names = repository.merchant_names(conn, [plan.merchant_id], it.lang)
    zone = zone_of(it.request.cookies.get("tz"))
    scheduled = plan.status == "active" and plan.start_at > services.clock.now()
    base = "merchant" if merchant_id is not None else "operator"
    falls = waterfall(it, plan, span)
    return it.page(
        "plan.html",
        status,
        path=f"/{base}/plans/{plan_id}",
        undo_path=f"/{base}/plans/{plan_id}/undo",
        plan=plan,
        shown_status="scheduled" if scheduled else plan.status,
        mine=merchant_id is not None,
        merchant_name=names.get(plan.merchant_id, ""),
        span=span.key,
        wrong=wrong,
        orders=report.result.orders,
        figures=plan_figures(it, report),
        falls=falls,
        steps=falls.steps,
        kinds=falls.kinds,
        guarantee=guarantee(it, plan),
        boosts=boosts.boosts_of(it, plan),
        boost_hours=boosts.HOURS,
        shared=services.shared_budgets.list(plan.merchant_id),
        new_text=money_text(plan.new_customer_minor, plan.currency),
        decisions_path=f"/{base}/decisions",
        results=result_chart(it.say, points, plan.currency, report.target_roi),
        placements=_placements(it, plan, span),
        items=_items(it, plan, span),
        edits=_edits(it, plan, list(edits)),
        goal=_goal(it, plan),
        cost_text=money_text(plan.target_cost_minor, plan.currency),
        budget_text=money_text(plan.budget_minor, plan.currency),
        end_text=_form_time(plan.end_at, zone),
        zone_name=str(zone),
    )


def _placements(it: Context, plan: Plan, span: Span) -> Table:
    rows = [
        {
            "kind": it.say(STATES.get(kind, kind)),
            "paid": result.moved_impressions,
            "clicks": result.clicks,
            "orders": result.orders,
            "spend_minor": result.spend_minor,
            "gmv_minor": result.gmv_minor,
            "roi": result.roi,
        }
        for kind, result in it.services.insight.plan_placements(plan.id, span.since, span.until)
        if result.impressions
    ]
    columns = (
        Column("kind", N_("Where")),
        Column("paid", N_("Paid impressions"), "number"),
        Column("clicks", N_("Clicks"), "number"),
        Column("orders", N_("Orders"), "number"),
        Column("spend_minor", N_("Spend"), "money"),
        Column("gmv_minor", N_("Sales (GMV)"), "money"),
        Column("roi", N_("ROI"), "ratio"),
    )
    empty = Empty(
        N_("Not shown yet"),
        N_("Each kind of place will be listed here once an item was seen there."),
    )
    return Table("placements", columns, rows, plan.currency, empty)


def _items(it: Context, plan: Plan, span: Span) -> Table:
    sums = dict(it.services.insight.plan_items(plan.id, span.since.date(), span.until.date()))
    ids = list(it.services.plans.item_ids(plan.id))
    shown = [*sums, *(one for one in ids if one not in sums)][:500]
    with it.services.engine.connect() as conn:
        known = repository.items_by_id(conn, shown, it.lang)
    rows = [
        {
            "id": id_,
            "title": known[id_]["title"],
            "image_url": known[id_]["image_url"],
            "item_id": id_,
            "price_minor": known[id_]["price_minor"],
            "impressions": sums[id_].impressions if id_ in sums else 0,
            "clicks": sums[id_].clicks if id_ in sums else 0,
            "orders": sums[id_].orders if id_ in sums else 0,
            "spend_minor": sums[id_].spend_minor if id_ in sums else 0,
            "gmv_minor": sums[id_].gmv_minor if id_ in sums else 0,
        }
        for id_ in shown
        if id_ in known
    ]
    columns = (
        Column("title", N_("Item"), "item", "/store/item/{id}"),
        Column("price_minor", N_("Price"), "money"),
        Column("impressions", N_("Impressions"), "number"),
        Column("clicks", N_("Clicks"), "number"),
        Column("orders", N_("Order lines"), "number"),
        Column("spend_minor", N_("Spend"), "money"),
        Column("gmv_minor", N_("Sales (GMV)"), "money"),
    )
    empty = Empty(N_("No items"), N_("The items of the plan are listed here."))
    return Table("items", columns, rows, plan.currency, empty, total=len(ids))


def _edits(it: Context, plan: Plan, edits: list[Edit]) -> Table:
    rows = [
        {
            "id": edit.id,
            "at": edit.at,
            "by": _by(it, edit.by),
            "what": _what(it, plan, edit),
            "undoable": set(edit.changes) <= _UNDOABLE
            and edit.changes.get("status", [""])[0] is not None
            and (plan.status != "ended" or edit.changes.get("status", ["", ""])[1] == "ended"),
        }
        for edit in edits
    ]
    columns = (
        Column("at", N_("Time"), "time"),
        Column("what", N_("Change"), "long", sortable=False),
        Column("by", N_("By")),
        Column("act", N_("Undo"), "actions", sortable=False),
    )
    empty = Empty(N_("No changes yet"), N_("Every change of the plan is kept here."))
    return Table("edits", columns, rows, plan.currency, empty)


def _by(it: Context, by: str) -> str:
    return it.say(N_("the clock")) if by == "clock" else it.say(N_("the merchant"))


def _what(it: Context, plan: Plan, edit: Edit) -> str:
    if edit.changes.get("status", [""])[0] is None:
        return it.say(N_("Created"))
    return "; ".join(
        it.say(
            N_("%(field)s: %(before)s → %(after)s"),
            field=it.say(STATES.get(field, field)),
            before=_value(it, plan, field, before),
            after=_value(it, plan, field, after),
        )
        for field, (before, after) in edit.changes.items()
    )


def _value(it: Context, plan: Plan, field: str, value: Any) -> str:
    if value is None:
        return it.say(N_("none"))
    if field == "status":
        return it.say(STATES.get(value, value))
    if field in ("budget_minor", "target_cost_minor", "new_customer_minor"):
        return it.fmt.money(int(value), plan.currency)
    if field == "target_roi":
        return it.fmt.ratio(float(value))
    if field in ("item_ids", "dayparts"):
        return it.fmt.number(len(value))
    if field in ("start_at", "end_at"):
        zone = zone_of(it.request.cookies.get("tz"))
        return it.fmt.time(datetime.fromisoformat(str(value)), zone)
    return str(value)


def _form_time(at: datetime | None, zone: Any) -> str:
    return "" if at is None else at.astimezone(zone).strftime("%Y-%m-%dT%H:%M")
