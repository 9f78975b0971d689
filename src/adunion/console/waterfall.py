"""Sections of a plan's page: why it is not delivering, what the next step costs, the guarantee."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from adunion.campaigns import Plan
from adunion.insight.funnel import Funnel, PlanFunnel
from adunion.insight.steps import Step, best_step
from adunion.insight.types import Result
from adunion.kernel.money import micros_per_minor
from adunion.settlement import days_of_plan
from adunion.settlement.guarantee import final_at

from .components import Column, Empty, Table
from .context import Context
from .i18n import N_
from .messages import STATES
from .plan_tables import ROWS
from .reports import Span

_STAGES = {
    "requests": N_("All requests of the market"),
    "in_time": N_("In its time and hours"),
    "funded": N_("With budget and wallet"),
    "retrieved": N_("One of its items was a candidate"),
    "bidding": N_("… and bid"),
    "shown": N_("An item was shown"),
    "moved": N_("… thanks to its bid"),
}
_LOSSES = {
    "organic": N_("To an organic result"),
    "plan": N_("To another merchant's plan"),
    "own": N_("To your own item"),
    "cap": N_("To the limit of your items on a page"),
    "load": N_("To the limit of sponsored places on a page"),
}
_OBSTACLES = {
    "no_traffic": N_("The market had no requests in this span."),
    "too_new": N_("It has not run long enough to tell. Look again in an hour."),
    "not_running": N_("It did not run in this span: it is paused or has ended."),
    "hours": N_("Its start, end and hours leave out most requests."),
    "budget": N_("Its budget or the wallet ran out: a top-up or a larger budget brings more."),
    "not_retrieved": N_("What shoppers ask for is hardly ever one of its items: add items."),
    "target": N_("The target is out of reach: it allows fewer than 20 orders a week. Lower it."),
    "no_bid": N_("Its items are candidates but do not bid: hardly a sale is expected of a click."),
    "own_items": N_("Your own items take its places."),
    "load": N_(
        "The few places that plans may take on a page go to other plans that bid more. A lower "
        "target bids higher; the steps below tell what that brings."
    ),
    "outbid": N_("It bids, and others are worth more in most requests."),
    "no_clicks": N_("It is shown, and nobody clicks yet."),
    "no_orders": N_("It is clicked, and nobody orders yet."),
    "none": N_("Nothing stands in its way."),
}
_OUTCOMES = {
    "credited": N_("Short: made good"),
    "kept": N_("Kept"),
    "few_orders": N_("20 orders or fewer"),
    "edited": N_("Changed that day"),
    "other_goal": N_("No return promised"),
    "boost": N_("A boost: no return promised"),
}


@dataclass(frozen=True)
class Bar:
    """A step of the waterfall."""

    label: str
    count: str
    share: str  # of the step before
    part: float  # of the first step, for drawing


@dataclass(frozen=True)
class Waterfall:
    """What the section shows."""

    answer: str
    bars: list[Bar]  # requests
    results: list[Bar]  # of impressions
    losses: list[Bar]
    gap: str
    next: str
    steps: Table
    kinds: Table


def waterfall(it: Context, plan: Plan, span: Span) -> Waterfall:
    """Why a plan is where it is, within a span."""
    found = it.services.insight.plan_funnel(plan.id, span.since, span.until)
    return Waterfall(
        answer=it.say(_OBSTACLES[found.obstacle]),
        bars=_bars(it, found.whole),
        results=_results(it, found.result),
        losses=_losses(it, found.whole),
        gap=_gap(it, found.whole, plan.currency),
        next=_next(it, found),
        steps=_steps(found, plan.currency),
        kinds=_kinds(it, found, plan.currency),
    )


def guarantee(it: Context, plan: Plan) -> Table:
    """The plan's days with the guarantee's arithmetic, newest first."""
    services = it.services
    before = services.clock.now().date() + timedelta(days=1)
    with services.engine.connect() as conn:
        spends = services.insight.billed_days(conn, before, plan.id)
        days = days_of_plan(conn, plan.id, spends)
    rows = [
        {
            "day": day.day.isoformat(),
            "spend_minor": day.spend_minor,
            "gmv_minor": day.gmv_minor,
            "orders": day.orders,
            "target": float(day.target_roi),
            "covered_minor": day.covered_minor,
            "credit_minor": day.credit_minor,
            "outcome": it.say(_OUTCOMES[day.outcome]),
            "final": it.say(N_("final"))
            if day.judged_at
            else it.say(N_("open until %(day)s"), day=final_at(day.day).date().isoformat()),
        }
        for day in days
    ]
    columns = (
        Column("day", N_("Day (UTC)")),
        Column("spend_minor", N_("Spend"), "money"),
        Column("orders", N_("Orders of its clicks"), "number"),
        Column("gmv_minor", N_("Sales of its clicks"), "money"),
        Column("target", N_("Target ROI"), "ratio"),
        Column("covered_minor", N_("Sales / (0.9 × target)"), "money"),
        Column("credit_minor", N_("Credit"), "money"),
        Column("outcome", N_("Outcome")),
        Column("final", N_("Judged")),
    )
    empty = Empty(
        N_("Nothing spent yet"),
        N_("Each day's spend and what its clicks sold will be weighed here."),
    )
    return Table("guarantee", columns, rows, plan.currency, empty, page_rows=ROWS)


def _bars(it: Context, whole: Funnel) -> list[Bar]:
    stages = [(it.say(label), getattr(whole, name)) for name, label in _STAGES.items()]
    return [_bar(it, label, count, before, whole.requests) for (label, count), before in zip(
        stages, [0, *(count for _, count in stages)], strict=False
    )]  # fmt: skip


def _results(it: Context, result: Result) -> list[Bar]:
    """Impressions, of which a request may have several, and what came of them."""
    return [
        _bar(it, it.say(label), count, before, max(result.impressions, count))
        for label, count, before in (
            (N_("Its impressions seen"), result.impressions, 0),
            (N_("Clicks"), result.clicks, result.impressions),
            (N_("Orders"), result.orders, result.clicks),
        )
    ]


def _losses(it: Context, whole: Funnel) -> list[Bar]:
    return [
        _bar(it, it.say(label), whole.lost[loss], whole.lost_all, whole.lost_all)
        for loss, label in _LOSSES.items()
        if whole.lost[loss]
    ]


def _bar(it: Context, label: str, count: int, before: int, most: int) -> Bar:
    share = it.fmt.rate(count / before) if before else ""
    return Bar(label, it.fmt.number(count), share, count / most if most else 0.0)


def _gap(it: Context, whole: Funnel, currency: str) -> str:
    if whole.gap is None or whole.gap_micros is None:
        return ""
    quarter, half, most = whole.gap.values()
    return it.say(
        N_(
            "A bid %(half)s times as high would have won half of those; %(quarter)s times a "
            "quarter, %(most)s times three quarters. On average %(score)s were missing per 1,000 "
            "views."
        ),
        half=it.fmt.ratio(half),
        quarter=it.fmt.ratio(quarter),
        most=it.fmt.ratio(most),
        score=it.money(whole.gap_micros * 1_000 // micros_per_minor(currency), currency),
    )


def _next(it: Context, found: PlanFunnel) -> str:
    """The price of the next step, in a sentence."""
    if not found.steps:
        return it.say(N_("What another target would bring is told after six hours of bidding."))
    step = best_step(found.steps)
    if step is None and any(
        one.gmv > 0 and one.target_roi < found.target_roi for one in found.steps
    ):
        return it.say(
            N_("With so few orders it cannot be told yet what a lower target would bring.")
        )
    if step is None:
        return it.say(N_("A lower target would hardly bring more: it wins what it can win."))
    return it.say(
        N_("At target %(next)s instead of %(now)s: %(gmv)s GMV (%(low)s to %(high)s)."),
        next=it.fmt.ratio(step.target_roi),
        now=it.fmt.ratio(found.target_roi),
        **_changes(it, step),
    )


def _changes(it: Context, step: Step) -> dict[str, str]:
    def signed(change: float) -> str:
        return ("+" if change >= 0 else "") + it.fmt.rate(change)

    return {"gmv": signed(step.gmv), "low": signed(step.gmv_low), "high": signed(step.gmv_high)}


def _steps(found: PlanFunnel, currency: str) -> Table:
    rows = [
        {
            "target": step.target_roi,
            "gmv": step.gmv,
            "low": step.gmv_low,
            "high": step.gmv_high,
            "spend": step.spend,
            "orders": step.orders,
        }
        for step in found.steps
    ]
    columns = (
        Column("target", N_("Target ROI"), "ratio"),
        Column("gmv", N_("Change of GMV"), "rate"),
        Column("low", N_("Likely at least"), "rate"),
        Column("high", N_("Likely at most"), "rate"),
        Column("spend", N_("Change of spend"), "rate"),
        Column("orders", N_("Change of orders"), "rate"),
    )
    empty = Empty(
        N_("Not known yet"),
        N_("What another target would bring is told after six hours of bidding."),
    )
    return Table("steps", columns, rows, currency, empty)


def _kinds(it: Context, found: PlanFunnel, currency: str) -> Table:
    rows = [
        {
            "kind": it.say(STATES.get(one.kind, one.kind)),
            **{name: getattr(one, name) for name in _STAGES},
            **{f"lost_{loss}": one.lost[loss] for loss in _LOSSES},
        }
        for one in found.kinds
    ]
    columns = (
        Column("kind", N_("Where")),
        Column("requests", N_("Requests"), "number"),
        Column("funded", N_("Eligible"), "number"),
        Column("retrieved", N_("Candidate"), "number"),
        Column("bidding", N_("Bid"), "number"),
        Column("lost_organic", N_("Lost to organic"), "number"),
        Column("lost_plan", N_("Lost to other plans"), "number"),
        Column("shown", N_("Shown"), "number"),
        Column("moved", N_("Thanks to its bid"), "number"),
    )
    empty = Empty(
        N_("No request yet"), N_("Each kind of place will be listed here with its requests.")
    )
    return Table("kinds", columns, rows, currency, empty)
