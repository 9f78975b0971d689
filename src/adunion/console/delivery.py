"""In public: was the promise kept. No merchant and no plan is named here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request

from adunion.insight.delivery import ALL, BANDS, THRESHOLDS
from adunion.insight.types import DeliveryReport, DeliveryShare

from .components import Chart, Column, Empty, Series, Stat, Table
from .context import Context
from .formats import zone_of
from .i18n import N_
from .reports import time_axis

router = APIRouter()
PROMISE = 0.9  # of the target; the share of plans that reach it is the headline
WEEK, DAY = 7, 1


@router.get("/delivery")
def delivery(request: Request) -> Any:
    """The share of plans, and of spend, that attained their target."""
    it = Context(request)
    report = it.services.insight.delivery(it.services.clock.now())
    week = _table(it, "week", report, WEEK)
    day = _table(it, "day", report, DAY)
    return it.page(
        "delivery.html",
        bare=True,
        zone=zone_of(request.cookies.get("tz")),
        until=report.until,
        figures=_figures(it, report),
        bands=_bands(it, report.shares),
        course=_course(it, report),
        week=week,
        day=day,
    )


def _figures(it: Context, report: DeliveryReport) -> list[Stat]:
    found = {(s.days, s.threshold): s for s in report.shares if s.band == ALL}
    week, paid = found[WEEK, PROMISE], report.guarantee
    least = f"{PROMISE:.0%}"
    nothing = it.say(N_("no plan has spent yet"))
    share = it.fmt.rate(paid.share)
    come = it.fmt.rate(min(report.come, 1.0))
    return [
        Stat(
            it.say(N_("Plans that kept it")),
            it.fmt.rate(week.share_plans) if week.windows else it.fmt.rate(None),
            it.say(
                N_("of %(count)s, at least %(share)s of the target"),
                count=it.fmt.number(week.windows),
                share=least,
            )
            if week.windows
            else nothing,
        ),
        Stat(
            it.say(N_("With orders still to come")),
            it.fmt.rate(week.share_plans_due) if week.windows else it.fmt.rate(None),
            it.say(N_("%(share)s of what the spend will sell has come"), share=come)
            if week.windows
            else nothing,
        ),
        Stat(
            it.say(N_("Spend that kept it")),
            it.fmt.rate(week.share_spend) if week.windows else it.fmt.rate(None),
            it.say(N_("over 7 days")) if week.windows else nothing,
        ),
        Stat(
            it.say(N_("Perfect delivery would reach")),
            it.fmt.rate(week.poisson_floor) if week.windows else it.fmt.rate(None),
            it.say(N_("of plans: orders come by chance")),
        ),
        Stat(
            it.say(N_("Paid back to merchants")),
            it.money(paid.credit_minor),
            it.say(N_("%(share)s of the spend judged"), share=share)
            if paid.days
            else it.say(N_("no day is final yet")),
        ),
    ]


def _bands(it: Context, shares: Sequence[DeliveryShare]) -> Chart:
    """By orders in 7 days: what was reached, beside what chance allows."""
    found = {s.band: s for s in shares if s.days == WEEK and s.threshold == PROMISE}
    shown = [found[band] for band in BANDS if found[band].windows]
    return Chart(
        "bands",
        it.say(
            N_("Plans that attained at least %(share)s of their target, by orders in 7 days"),
            share=f"{PROMISE:.0%}",
        ),
        [it.say(N_("%(band)s orders"), band=_band(it, s.band)) for s in shown],
        [
            Series(it.say(N_("Plans")), [_percent(s.share_plans) for s in shown], "gmv", "bar"),
            Series(
                it.say(N_("With orders still to come")),
                [_percent(s.share_plans_due) for s in shown],
                "due",
                "bar",
            ),
            Series(it.say(N_("Spend")), [_percent(s.share_spend) for s in shown], "spend", "bar"),
            Series(
                it.say(N_("Perfect delivery")),
                [_percent(s.poisson_floor) for s in shown],
                "organic",
                "bar",
            ),
        ],
        ["%"],
        x_kind="label",
        x_unit=it.say(N_("Orders")),
        empty=it.say(N_("The share of plans that reached their target is published here.")),
    )


def _course(it: Context, report: DeliveryReport) -> Chart:
    """All plans together, day by day."""
    x, kind = time_axis([day.at for day in report.days])
    return Chart(
        "course",
        it.say(N_("All plans together, each 24 hours")),
        x,
        [
            Series(
                it.say(N_("Attained")), [_percent(day.attainment) for day in report.days], "gmv"
            ),
            Series(
                it.say(N_("With orders still to come")),
                [_percent(day.attainment_due) for day in report.days],
                "due",
            ),
            Series(it.say(N_("Target")), [100.0 for _ in report.days], "target"),
        ],
        ["%"],
        x_kind=kind,
        empty=it.say(N_("Each day with spend will be drawn here.")),
    )


def _table(it: Context, id_: str, report: DeliveryReport, days: int) -> Table:
    """A row for each band of orders, columns for each attainment."""
    found = {(s.band, s.threshold): s for s in report.shares if s.days == days}
    rows = []
    for band in (ALL, *BANDS):
        whole = found[band, PROMISE]
        if not whole.windows:
            continue
        row: dict[str, Any] = {"band": _band(it, band), "windows": whole.windows}
        for threshold in THRESHOLDS:
            share = found[band, threshold]
            key = round(threshold * 100)
            row |= {
                f"plans_{key}": share.share_plans,
                f"due_{key}": share.share_plans_due,
                f"spend_{key}": share.share_spend,
                f"floor_{key}": share.poisson_floor,
            }
        rows.append(row)
    columns = [
        Column("band", N_("Orders")),
        Column("windows", N_("Plans") if days == WEEK else N_("Plans × days"), "number"),
        Column("plans_100", N_("Plans, A ≥ 1"), "rate"),
        Column("due_100", N_("Plans + to come, A ≥ 1"), "rate"),
        Column("spend_100", N_("Spend, A ≥ 1"), "rate"),
        Column("floor_100", N_("Perfect, A ≥ 1"), "rate"),
        Column("plans_90", N_("Plans, A ≥ 0.9"), "rate"),
        Column("due_90", N_("Plans + to come, A ≥ 0.9"), "rate"),
        Column("spend_90", N_("Spend, A ≥ 0.9"), "rate"),
        Column("floor_90", N_("Perfect, A ≥ 0.9"), "rate"),
        Column("plans_80", N_("Plans, A ≥ 0.8"), "rate"),
        Column("due_80", N_("Plans + to come, A ≥ 0.8"), "rate"),
        Column("spend_80", N_("Spend, A ≥ 0.8"), "rate"),
        Column("floor_80", N_("Perfect, A ≥ 0.8"), "rate"),
    ]
    empty = Empty(
        N_("No plan has spent yet"),
        N_("The share of plans that reached their target is published here."),
    )
    return Table(id_, columns, rows, it.services.currency, empty)


def _band(it: Context, band: str) -> str:
    return it.say(N_("All")) if band == ALL else band.replace("-", "–")


def _percent(share: float) -> float:
    return round(share * 100, 1)
