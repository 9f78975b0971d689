"""Commands that report: was the promise kept; why is a plan where it is."""

from __future__ import annotations

from datetime import timedelta

import typer
from rich.table import Table

from adunion.insight.funnel import PlanFunnel
from adunion.insight.types import DeliveryReport
from adunion.kernel.config import Settings
from adunion.kernel.money import to_major

from .output import out, print_json

report_app = typer.Typer(help="Reports.", no_args_is_help=True)


@report_app.command()
def delivery(
    floor: bool = typer.Option(
        False, "--floor", help="What chance alone costs the guarantee, by orders a day"
    ),
    as_json: bool = typer.Option(False, "--json", help="Machine-readable"),
) -> None:
    """The share of plans, and of spend, that attained their target: 1 and 7 days, by orders."""
    if floor:
        return _show_floor(as_json)
    from adunion.bootstrap.currency import outside
    from adunion.bootstrap.records import open_records
    from adunion.insight import Insight
    from adunion.kernel.clock import SystemClock

    settings = Settings()
    with open_records(settings) as server:
        currency = outside(settings, server.engine).market_currency  # an empty market has a report
        insight = Insight(server.engine, currency)
        report = insight.delivery(SystemClock().now())
    if as_json:
        print_json(report)
    else:
        _show(report)


def _show_floor(as_json: bool) -> None:
    from adunion.settlement.luck import floors

    found = floors()
    if as_json:
        return print_json(found)
    table = Table(title="credits by chance alone, of spend")
    for name in ("orders a day", "expected A", "orders alike", "orders spread (variation 1)"):
        table.add_column(name, justify="right")
    for one in found:
        table.add_row(
            f"{one.orders}", f"{one.attainment:g}", f"{one.alike:.2%}", f"{one.spread:.2%}"
        )
    out.print(table)
    return None


def _show(report: DeliveryReport) -> None:
    for days, title in ((7, "plans over the last 7 days"), (1, "each day of the last 7")):
        table = Table(title=f"{title}, up to {report.until:%Y-%m-%d %H:%M} UTC")
        table.add_column("orders")
        for name in (
            "A >=", "plans", "share of plans", "with orders to come", "share of spend",
            "with orders to come", "by chance alone",
        ):  # fmt: skip
            table.add_column(name, justify="right")
        for share in report.shares:
            if share.days == days and share.windows:
                table.add_row(
                    share.band, f"{share.threshold:g}", f"{share.windows:,}",
                    f"{share.share_plans:.1%}", f"{share.share_plans_due:.1%}",
                    f"{share.share_spend:.1%}", f"{share.share_spend_due:.1%}",
                    f"{share.poisson_floor:.1%}",
                )  # fmt: skip
        out.print(table if table.rows else f"{title}: no plan has spent.")
    out.print("A, attainment: (GMV / spend) / target ROI; 1 is the target, 0.9 nine tenths of it")
    if report.shares[0].windows:
        out.print(
            f"sales come late: {report.come:.0%} of what the 7 days' spend will sell has come"
            " (late sales of earlier spend counted in)"
        )
    paid = report.guarantee
    out.print(
        f"guarantee: {paid.days:,} plan-days judged, {paid.days_credited:,} credited,"
        f" {to_major(paid.credit_minor, report.currency):,} {report.currency} paid"
        + (f" ({paid.share:.2%} of their spend)" if paid.share is not None else "")
    )


@report_app.command()
def plan(
    plan_id: str = typer.Argument(help="A plan's id, cmp_..."),
    days: int = typer.Option(7, min=1, max=400, help="Up to now"),
    as_json: bool = typer.Option(False, "--json", help="Machine-readable"),
) -> None:
    """Why a plan is not delivering: its requests step by step, and the price of the next step."""
    from adunion.bootstrap.records import open_records
    from adunion.bootstrap.serve import market_currency
    from adunion.insight import Insight
    from adunion.kernel.clock import SystemClock

    settings, now = Settings(), SystemClock().now()
    with open_records(settings) as server:
        insight = Insight(server.engine, market_currency(settings, server.engine))
        found = insight.plan_funnel(plan_id, now - timedelta(days=days), now)
    if as_json:
        print_json(found)
    else:
        _show_funnel(found)


_STAGES = (
    ("requests", "requests of the market"), ("in_time", "in the plan's time"),
    ("funded", "with budget and wallet"), ("retrieved", "an item was a candidate"),
    ("bidding", "an item bid"), ("shown", "an item was shown"), ("moved", "  moved by its bid"),
)  # fmt: skip
LOST = {
    "organic": "an organic result", "plan": "another merchant's plan",
    "own": "an item of its own merchant", "cap": "the limit of items of one merchant",
    "load": "the limit of sponsored places on a page",
}  # fmt: skip
_OBSTACLES = {
    "no_traffic": "The market had no requests.",
    "too_new": "It has not run long enough to tell: requests are counted a minute after they come."
    " Look again in an hour.",
    "not_running": "It did not run: it is paused or has ended.",
    "hours": "Its start, end and hours leave out most requests.",
    "budget": "Its budget or its merchant's wallet ran out.",
    "not_retrieved": "Its items are hardly ever candidates: what is asked for is something else.",
    "target": "The target is out of reach: it allows fewer than 20 orders a week. Lower it.",
    "no_bid": "Its items are candidates and do not bid: nothing is expected of a click.",
    "load": "The places that plans may take on a page go to other plans that bid more: a lower"
    " target bids higher.",
    "outbid": "Others are worth more in most requests it bids for.",
    "own_items": "Items of its own merchant take its places.",
    "no_clicks": "It is shown and nobody clicks.",
    "no_orders": "It is clicked and nobody orders yet.",
    "none": "Nothing stands out.",
}


def _show_funnel(found: PlanFunnel) -> None:
    whole, before = found.whole, 0
    table = Table(title=f"{found.plan_id}, {found.since:%Y-%m-%d} to {found.until:%Y-%m-%d}")
    table.add_column("step", no_wrap=True)
    table.add_column("requests", justify="right")
    table.add_column("of the step before", justify="right")
    for name, words in _STAGES:
        count = getattr(whole, name)
        table.add_row(words, f"{count:,}", f"{count / before:.1%}" if before else "")
        before = count
    result = found.result
    for words, count in (
        ("impressions seen", result.impressions), ("clicks", result.clicks),
        ("orders", result.orders),
    ):  # fmt: skip
        table.add_row(words, f"{count:,}", "")
    out.print(table)
    for loss, count in whole.lost.items():
        if count:
            out.print(f"lost to {LOST[loss]}: {count:,} ({count / whole.lost_all:.1%})")
    if whole.gap:
        low, middle, high = whole.gap.values()
        out.print(
            f"a bid {middle:.2f} times as high would have won half of them"
            f" ({low:.2f} a quarter, {high:.2f} three quarters)"
        )
    out.print(_OBSTACLES[found.obstacle])
    for step in found.steps:
        out.print(
            f"at target {step.target_roi:g} instead of {found.target_roi:g}: GMV {step.gmv:+.1%}"
            f" ({step.gmv_low:+.1%} to {step.gmv_high:+.1%}), spend {step.spend:+.1%}"
            + (", all there is" if step.most else "")
        )
