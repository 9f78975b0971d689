"""What several pages show alike: spans of time, figures, charts and tables of results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import accumulate
from typing import Any

from fastapi import Request

from adunion.insight.due import with_due
from adunion.insight.types import MarketPoint, PlanResult, Point, Result
from adunion.kernel.clock import rfc3339
from adunion.kernel.money import to_major

from .components import Chart, Column, Empty, Series, Stat, Table
from .formats import Formats
from .i18n import N_

SPANS = {"1d": 1, "7d": 7, "30d": 30, "all": 3650}
_HOURLY_DAYS_MAX = 7
_COME_SAID = 0.98  # of sales come: below it the page tells what is still to come

Say = Callable[..., str]


@dataclass(frozen=True)
class Span:
    """The time a page looks at: whole hours `[since, until)`."""

    key: str
    since: datetime
    until: datetime

    @property
    def days(self) -> int:
        """How long it is."""
        return SPANS[self.key]

    @property
    def unit(self) -> str:
        """Hours up to a week, days beyond."""
        return "hour" if self.days <= _HOURLY_DAYS_MAX else "day"


def span_of(request: Request, default: str = "7d") -> Span:
    """The span that the URL asks for, up to the hour that runs."""
    key = request.query_params.get("span", default)
    key = key if key in SPANS else default
    now = request.app.state.services.clock.now()
    hour = now.replace(minute=0, second=0, microsecond=0)
    since = max(hour - timedelta(days=SPANS[key]), datetime(2000, 1, 1, tzinfo=UTC))
    return Span(key, since, hour + timedelta(hours=1))


def plans_asked_for(request: Request, merchant_id: str | None = None) -> list[PlanResult]:
    """The results of the plans in the state and span that the URL asks for."""
    span, status = span_of(request), request.query_params.get("status", "")
    found = request.app.state.services.insight.plan_results(span.since, span.until, merchant_id)
    return [one for one in found if status in ("", one.status)]


def result_stats(
    say: Say, fmt: Formats, result: Result, target: float | None = None, come: float = 1.0
) -> list[Stat]:
    """Spend, sales, ROI, orders; `come` of the sales that the spend brings have come so far."""
    attained = result.roi / target if target and result.roi is not None else None
    roi_note, tone = "", ""
    if target:
        roi_note = say(N_("target %(target)s"), target=fmt.ratio(target))
        if attained is not None:
            roi_note = say(
                N_("target %(target)s, attained %(share)s"),
                target=fmt.ratio(target),
                share=fmt.rate(attained),
            )
            if come < _COME_SAID:
                due = with_due(attained, come)
                roi_note = say(
                    N_("target %(target)s, attained %(share)s; %(due)s with orders still to come"),
                    target=fmt.ratio(target),
                    share=fmt.rate(attained),
                    due=fmt.rate(due),
                )
                attained = due
            tone = "good" if attained >= 1 else "warn" if attained >= 0.8 else "bad"
    rate = result.moved_impressions / result.impressions if result.impressions else None
    return [
        Stat(
            say(N_("Spend")),
            fmt.money(result.spend_minor, result.currency),
            tone="spend",
            live="spend",
            note=say(
                N_("for %(count)s paid impressions"), count=fmt.number(result.moved_impressions)
            ),
        ),
        Stat(
            say(N_("Sales (GMV)")),
            fmt.money(result.gmv_minor, result.currency),
            tone="gmv",
            live="gmv",
            note=say(
                N_("%(refunds)s returned"), refunds=fmt.money(result.refunds_minor, result.currency)
            ),
        ),
        Stat(say(N_("ROI")), fmt.ratio(result.roi), roi_note, tone, live="roi"),
        Stat(
            say(N_("Orders")),
            fmt.number(result.orders),
            live="orders",
            note=say(
                N_("%(clicks)s clicks, %(rate)s of impressions"),
                clicks=fmt.number(result.clicks),
                rate=fmt.rate(result.ctr),
            )
            if result.impressions
            else "",
        ),
        Stat(
            say(N_("Paid share of impressions")),
            fmt.rate(rate),
            live="paid",
            note=say(N_("%(count)s seen"), count=fmt.number(result.impressions)),
        ),
    ]


def result_chart(
    say: Say, points: Sequence[Point], currency: str, target: float | None = None
) -> Chart:
    """Spend and sales by hour or day; with a target, also the running ROI and the target."""
    spend = [major(p.result.spend_minor, currency) for p in points]
    gmv = [major(p.result.gmv_minor, currency) for p in points]
    series = [
        Series(say(N_("Sales (GMV)")), gmv, "gmv", "bar"),
        Series(say(N_("Spend")), spend, "spend", "bar"),
    ]
    units = [currency]
    x, kind = time_axis([p.at for p in points])
    if target is not None:
        running = [
            sales / cost if cost else None
            for sales, cost in zip(accumulate(gmv), accumulate(spend), strict=True)
        ]
        series += [
            Series(say(N_("ROI so far")), running, "text", axis=1),
            Series(say(N_("Target ROI")), [target] * len(points), "target", axis=1),
        ]
        units.append(say(N_("ROI")))
    return Chart(
        "results",
        say(N_("Spend and sales over time")),
        x,
        series,
        units,
        x_kind=kind,
        empty=say(N_("The first hour with impressions will be drawn here.")),
    )


def time_axis(times: Sequence[datetime]) -> tuple[list[str], str]:
    """(x, its kind) of a chart: days are labels, hours are times in the reader's zone."""
    if all(at.hour == 0 for at in times):
        return [at.date().isoformat() for at in times], "label"
    return [rfc3339(at) for at in times], "time"


def plan_rows(
    results: Sequence[PlanResult], merchant_names: dict[str, str] | None = None
) -> list[dict[str, Any]]:
    """Rows of a table of plans."""
    return [
        {
            "id": one.plan_id,
            "name": one.name,
            "status": one.status,
            "stage": one.stage if one.status != "ended" else "",
            "target": one.target_roi,
            "spend_minor": one.result.spend_minor,
            "gmv_minor": one.result.gmv_minor,
            "roi": one.result.roi,
            "attainment": one.attainment,
            "orders": one.result.orders,
            "merchant": (merchant_names or {}).get(one.merchant_id, ""),
        }
        for one in results
    ]


def plan_table(
    rows: list[dict[str, Any]], currency: str, base: str, empty: Empty, *, merchant: bool = False
) -> Table:
    """The table of plans, for a merchant or for the operator."""
    columns = [
        Column("name", N_("Plan"), href=base + "/{id}"),
        *([Column("merchant", N_("Merchant"))] if merchant else []),
        Column("status", N_("State"), "state"),
        Column("stage", N_("Stage"), "state"),
        Column("target", N_("Target ROI"), "ratio"),
        Column("roi", N_("ROI"), "ratio"),
        Column("attainment", N_("Attained"), "rate"),
        Column("spend_minor", N_("Spend"), "money"),
        Column("gmv_minor", N_("Sales (GMV)"), "money"),
        Column("orders", N_("Orders"), "number"),
    ]
    return Table("plans", columns, rows, currency, empty)


def market_stats(say: Say, fmt: Formats, now: MarketPoint) -> list[Stat]:
    """What the market did: sales by origin, spend, orders, experience."""
    money = partial(fmt.money, currency=now.currency)
    share = now.gmv_promoted_minor / now.gmv_minor if now.gmv_minor else None
    sponsored = now.sponsored_impressions / now.impressions if now.impressions else None
    return [
        Stat(
            say(N_("Sales (GMV)")),
            money(now.gmv_minor),
            tone="gmv",
            live="gmv",
            note=say(N_("%(share)s through plans"), share=fmt.rate(share)),
        ),
        Stat(
            say(N_("Organic sales")),
            money(now.gmv_organic_minor),
            tone="organic",
            live="organic",
            note=say(N_("%(refunds)s returned"), refunds=money(now.refunds_minor)),
        ),
        Stat(
            say(N_("Spend on media")),
            money(now.spend_minor),
            tone="spend",
            live="spend",
            note=say(N_("%(share)s of impressions paid"), share=fmt.rate(sponsored)),
        ),
        Stat(
            say(N_("Orders")),
            fmt.number(now.orders),
            live="orders",
            note=say(N_("%(clicks)s clicks"), clicks=fmt.number(now.clicks)),
        ),
        Stat(
            say(N_("Requests")),
            fmt.number(now.requests),
            live="requests",
            note=say(N_("%(count)s impressions seen"), count=fmt.number(now.impressions)),
        ),
    ]


def figures(stats: Sequence[Stat]) -> dict[str, str]:
    """The live figures of a page: name -> text, notes as `<name>_note`."""
    found: dict[str, str] = {}
    for stat in stats:
        if stat.live:
            found |= {stat.live: stat.value, f"{stat.live}_note": stat.note}
    return found


def major(minor: int, currency: str) -> float:
    """Major units, for drawing only."""
    return float(to_major(minor, currency))
