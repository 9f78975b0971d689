"""For the operator: what experience weighs and does, and how much of the pages is sponsored."""

from __future__ import annotations

from typing import Any

import numpy as np
from fastapi import APIRouter, Request

from adunion.decision.auction.load import page_most
from adunion.decision.evaluation import Point, experience_curve
from adunion.decision.evaluation.curve import FACTORS
from adunion.decision.log import LoggedDecisions

from .components import Chart, Column, Empty, Series, Stat, Table
from .context import Context
from .decisions import place_names
from .i18n import N_
from .security import Operator

router = APIRouter()
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
        tables=[
            (it.say(N_("At each weight, per thousand requests")), table),
            (it.say(N_("Sponsored places, limited by ADUNION_AD_LOAD_BPS")), _loads(it, log)),
        ],
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


def _loads(it: Context, log: LoggedDecisions | None) -> Table:
    """What bids may move and moved on the logged pages, by placement."""
    rules, rows = it.services.rules, []
    names = place_names(it)
    for place in it.services.publishers.all_placements():
        share = rules.ad_loads.get(place.code, rules.ad_load_bps)
        mine = np.flatnonzero(log.placement == place.id) if log is not None else np.zeros(0, int)
        shown = log.take(mine) if log is not None and len(mine) else None
        rows.append(
            {
                "place": names[place.id],
                "slots": place.slots,
                "most": int(page_most(np.array([place.slots]), share)[0]),
                "pages": len(mine),
                "sponsored": _sponsored(shown),
                "full": _at_most(shown),
            }
        )
    return Table(
        "loads",
        (
            Column("place", N_("Placement")),
            Column("slots", N_("Places"), "number"),
            Column("most", N_("Sponsored at most"), "number"),
            Column("pages", N_("Logged pages"), "number"),
            Column("sponsored", N_("Sponsored of shown"), "rate"),
            Column("full", N_("Pages at the limit"), "rate"),
        ),
        rows,
        it.services.currency,
        Empty(N_("No placement yet"), N_("Each placement will be listed with its limit.")),
    )


def _sponsored(log: LoggedDecisions | None) -> float | None:
    return None if log is None else float(log.moved.sum() / max((log.slot >= 0).sum(), 1))


def _at_most(log: LoggedDecisions | None) -> float | None:
    """Share of the pages on which all bids that may count did."""
    if log is None:
        return None
    bidding = np.add.reduceat((log.bid > 0) & (log.home >= 0), log.offsets[:-1])
    return float((bidding >= log.paid_most).mean())
