"""A plan's page, for its merchant (who may change it) and for the operator (who may look)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from adunion.campaigns import Plan
from adunion.insight.types import PlanResult, Result
from adunion.kernel.errors import AdUnionError
from adunion.trust import Principal

from . import boosts, repository
from .components import Stat
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
    time_text,
    wrong_of,
)
from .i18n import N_
from .plan_tables import edit_table, item_table, placement_table
from .reports import Span, result_chart, result_stats, span_of
from .security import Merchant, Operator
from .steady import kept_stage
from .views import redirect
from .waterfall import guarantee, waterfall

router = APIRouter()


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
    budget: Annotated[str, Form()] = "",
    hours: Annotated[str, Form()] = "6",
    factor: Annotated[str, Form()] = "1.5",
    regions: Annotated[str, Form()] = "",
) -> Response:
    """Push the plan from now on."""
    it = Context(request)
    given = {"boost": budget, "hours": hours, "factor": factor, "regions": regions}
    act = partial(boosts.start, it, who, id, budget, hours, factor, regions)
    return _done(request, who, id, "boosted", act, given)


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
    name: Annotated[str, Form()] = "",
    target: Annotated[str, Form()] = "",
    cost: Annotated[str, Form()] = "",
    new: Annotated[str, Form()] = "",
    share: Annotated[str, Form()] = "",
    shared: Annotated[str, Form()] = "",
    budget: Annotated[str, Form()] = "",
    end: Annotated[str, Form()] = "",
) -> Response:
    """Change name, target, budget and end; what stays the same is no edit."""
    it = Context(request)
    zone = zone_of(request.cookies.get("tz"))

    def change() -> Plan:
        before = it.services.plans.get(id, party(who))
        changes: dict[str, Any] = {
            "name": name,
            "budget_minor": read_money("budget", budget, before.currency),
            "shared_budget_id": shared or None,
            "min_new_share": read_percent(share),
        }
        if before.goal == "new_customers":
            changes["new_customer_minor"] = read_money("new_customer", new, before.currency)
        if before.goal == "cost_per_order":
            changes["target_cost_minor"] = read_money("target_cost", cost, before.currency)
        else:
            changes["target_roi"] = target.strip()
        if end.strip() != time_text(before.end_at, zone):
            changes["end_at"] = read_time("end_at", end, zone)
        return it.services.plans.update(id, changes, who.id, party(who))

    given = {
        "name": name, "target": target, "cost": cost, "new": new, "share": share,
        "shared": shared, "budget": budget, "end": end,
    }  # fmt: skip
    return _done(request, who, id, "edited", change, given)


def _done(
    request: Request, who: Principal, plan_id: str, done: str, act: Callable[[], Plan],
    given: dict[str, str] | None = None,
) -> Response:  # fmt: skip
    """Do it; back to the page, which offers to undo it, or says why it could not be."""
    it = Context(request)
    plans = it.services.plans
    before = plans.edits(plan_id, party(who), 1)
    try:
        act()
    except AdUnionError as error:
        if error.status == 404:
            raise
        wrong = wrong_of(it, error, *(given or ()))
        answer: Response = _page(it, plan_id, party(who), given, wrong, error.status)
        return answer
    newest = plans.edits(plan_id, party(who), 1)
    changed = bool(newest) and (not before or newest[0].id != before[0].id)
    undo_id = newest[0].id if changed and done != "undone" else None
    return redirect(f"/merchant/plans/{plan_id}", done=done, undo=undo_id)


_SHARE_TONES = {"held": "good", "short": "warn", "unreachable": "bad"}
_SHARE_SAID = {
    "too_few_orders": N_("Too few orders yet to tell the share of new customers."),
    "held": N_("Held: %(share)s of its orders are by new customers."),
    "short": N_(
        "Not yet: %(share)s of its orders are by new customers, and bids for others are lowered."
    ),
    "unreachable": N_(
        "It cannot be reached: nothing is bid any more for people known to have bought before, and"
        " only %(share)s of its orders are by new customers. Ask for less, or choose items that"
        " bring other people."
    ),
}


def _new_note(it: Context, report: PlanResult) -> str:
    if report.min_new_share is None:
        count = it.fmt.number(report.result.new_orders)
        return it.say(N_("of its orders, %(count)s"), count=count)
    return it.say(N_("at least %(least)s asked for"), least=it.fmt.rate(report.min_new_share))


def plan_figures(it: Context, plan_id: str, span: Span) -> list[Stat]:
    """The page's figures, which its stream repeats: the counted ones, then what stands beside."""
    insight = it.services.insight
    report = insight.plan_report(plan_id, span.since, span.until)
    come = insight.sales_come(plan_id, span.until, span.days)
    result = report.result
    first = result.first_slot / result.moved_impressions if result.moved_impressions else None
    money = partial(it.fmt.money, currency=result.currency)
    return [
        *result_stats(it.say, it.fmt, result, report.target_roi, come)[:4],
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
            _new_note(it, report),
            _SHARE_TONES.get(report.new_share_status or "", ""),
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


def _kept(plan: Plan, zone: Any) -> dict[str, str]:
    """What the page's forms hold before anybody types."""
    return {
        "name": plan.name,
        "target": f"{plan.target_roi.normalize():f}" if plan.target_roi else "",
        "cost": money_text(plan.target_cost_minor, plan.currency),
        "new": money_text(plan.new_customer_minor, plan.currency),
        "share": percent_text(plan.min_new_share),
        "shared": plan.shared_budget_id or "",
        "budget": money_text(plan.budget_minor, plan.currency),
        "end": time_text(plan.end_at, zone),
        "boost": "", "hours": "6", "factor": "1.5", "regions": "",
    }  # fmt: skip


def _shared_options(it: Context, plan: Plan) -> list[tuple[str, str]]:
    """(id, name) of the budgets that the plan may join, none of them first; empty without any."""
    there = it.services.shared_budgets.list(plan.merchant_id)
    options = [(one.id, one.name) for one in there]
    return [("", it.say(N_("none"))), *options] if options else []


def _opened(it: Context, table_id: str) -> bool:
    """Whether the address sorts or turns the pages of a table, which is then not folded away."""
    return any(it.text(f"{how}_{table_id}") for how in ("sort", "page"))


def _page(
    it: Context, plan_id: str, merchant_id: str | None, given: dict[str, str] | None = None,
    wrong: Wrong = NOTHING_WRONG, status: int = 200,
) -> Any:  # fmt: skip
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
        opened=partial(_opened, it),
        keeps=kept_stage(it, plan, edits),
        given=_kept(plan, zone) | (given or {}),
        wrong=wrong,
        orders=report.result.orders,
        figures=plan_figures(it, plan_id, span),
        falls=falls,
        steps=falls.steps,
        kinds=falls.kinds,
        guarantee=guarantee(it, plan),
        new_share=it.say(
            _SHARE_SAID[report.new_share_status or "too_few_orders"],
            share=it.fmt.rate(report.result.new_share),
        ),
        share_so_far=report.result.new_share,
        boosts=boosts.boosts_of(it, plan),
        boost_hours=[(hours, hours) for hours in boosts.HOURS],
        shared_options=_shared_options(it, plan),
        decisions_path=f"/{base}/decisions",
        results=result_chart(it.say, points, plan.currency, report.target_roi),
        placements=placement_table(it, plan, span),
        items=item_table(it, plan, span),
        edits=edit_table(it, plan, list(edits)),
        goal=_goal(it, plan),
        zone_name=str(zone),
    )
