"""For the operator: what the weight of the shopper's experience does to sales and revenue."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Depends, Request

from adunion.decision.evaluation import Point, experience_curve
from adunion.decision.evaluation.curve import FACTORS
from adunion.decision.log import LoggedDecisions
from adunion.trust import Principal, Role

from .components import Chart, Column, Empty, Series, Stat, Table
from .context import Context
from .i18n import N_
from .security import require

router = APIRouter()
Operator = Annotated[Principal, Depends(require(Role.OPERATOR))]
REQUESTS_MAX = 2_000
NOW = FACTORS.index(1.0)


@router.get("/operator/experience")
def experience(request: Request, _who: Operator) -> Any:
    """Sales, revenue and experience at other weights, by the latest logged decisions."""
    it = Context(request)
    log = it.services.decisions.read()
    points = [] if log is None else _points(it, log)
    return it.page(
        "report.html",
        heading=it.say(N_("Experience")),
        figures=_figures(it, points),
        graph=_chart(it, points),
        graph_note=it.say(
            N_(
                "Logged requests, ranked and priced again at each weight, bids as they were."
                " ADUNION_EXPERIENCE_BPS sets the weight."
            )
        ),
        weights=(table := _table(it, points)),
        tables=[(it.say(N_("At each weight, per thousand requests")), table)],
    )


def _points(it: Context, log: LoggedDecisions) -> list[Point]:
    alike = np.flatnonzero(log.experience_bps == log.experience_bps[-1])[-REQUESTS_MAX:]
    if log.experience_bps[-1] == 0:
        return []
    rules = it.services.rules
    return experience_curve(log.take(alike), rules.pricing, rules.reserve_micros)


def _figures(it: Context, points: list[Point]) -> list[Stat]:
    if not points:
        return []
    now = points[NOW]
    return [
        Stat(it.say(N_("Weight now")), f"{now.weight_bps:g}", it.say(N_("basis points"))),
        Stat(it.say(N_("Experience of what is seen")), it.fmt.rate(now.experience)),
        Stat(
            it.say(N_("Sales (GMV)")), it.money(round(now.gmv)), it.say(N_("per thousand requests"))
        ),
        Stat(
            it.say(N_("Sponsored")),
            it.fmt.rate(now.sponsored),
            it.say(N_("of what the logged requests show")),
        ),
    ]


def _chart(it: Context, points: list[Point]) -> Chart:
    def change(name: str) -> list[float | None]:
        base = getattr(points[NOW], name) if points else 0
        return [round(100 * (getattr(p, name) / base - 1), 2) if base else None for p in points]

    return Chart(
        "experience",
        it.say(N_("Change against now")),
        [f"{point.weight_bps:g}" for point in points],
        [
            Series(it.say(N_("Sales (GMV)")), change("gmv"), "gmv"),
            Series(it.say(N_("Platform revenue")), change("platform"), "spend"),
            Series(it.say(N_("Worth to shoppers")), change("liked"), "organic"),
        ]
        if points
        else [],
        ["%"],
        x_kind="label",
        x_unit=it.say(N_("Weight (basis points)")),
        empty=it.say(N_("Drawn once requests have been decided with a weight above 0.")),
    )


def _table(it: Context, points: list[Point]) -> Table:
    rows = [
        {
            "weight": point.weight_bps,
            "gmv_minor": round(point.gmv),
            "media_minor": round(point.media),
            "platform_minor": round(point.platform),
            "liked": point.liked,
            "experience": point.experience,
            "sponsored": point.sponsored,
        }
        for point in points
    ]
    return Table(
        "weights",
        (
            Column("weight", N_("Weight (basis points)"), "number"),
            Column("gmv_minor", N_("Sales (GMV)"), "money"),
            Column("media_minor", N_("Media"), "money"),
            Column("platform_minor", N_("Platform revenue"), "money"),
            Column("liked", N_("Worth to shoppers (liked clicks)"), "ratio"),
            Column("experience", N_("Experience"), "rate"),
            Column("sponsored", N_("Sponsored"), "rate"),
        ),
        rows,
        it.services.currency,
        Empty(N_("No decisions yet"), N_("They are logged as shoppers come.")),
    )
