"""Why this ad: the decision of a request, for the operator whole, for a merchant its own part."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import numpy as np
from fastapi import APIRouter, Request

from adunion.catalog import repository as catalog
from adunion.insight.types import prefixed_ids, raw_ids
from adunion.insight.why import KeptDecision, request_bytes, told
from adunion.kernel.clock import from_micros, micros
from adunion.kernel.money import micros_per_minor

from . import repository
from .components import Column, Empty, Stat, Table
from .context import Context, party
from .formats import zone_of
from .i18n import N_
from .messages import STATES
from .security import Merchant, Operator
from .views import redirect

router = APIRouter()
LOOKED_BACK = timedelta(hours=24)
LISTED_MAX = 100
_REASONS = {
    "moved": N_("moved by its bid"),
    "organic": N_("there anyway"),
    "outranked": N_("others were worth more"),
    "merchant_cap": N_("enough items of this merchant"),
    "group_cap": N_("a variant of it is shown"),
    "ad_load": N_("the page had all its sponsored places"),
}


@router.get("/operator/decisions")
def all_decisions(request: Request, _who: Operator) -> Any:
    """Look up any request."""
    return _list(Context(request), None)


@router.get("/operator/decisions/{id}")
def any_decision(request: Request, _who: Operator, id: str) -> Any:
    """Every candidate's parts."""
    return _one(Context(request), id, None)


@router.get("/merchant/decisions")
def own_decisions(request: Request, who: Merchant) -> Any:
    """Look up a request in which the merchant's items took part."""
    return _list(Context(request), party(who))


@router.get("/merchant/decisions/{id}")
def own_decision(request: Request, who: Merchant, id: str) -> Any:
    """The parts of the merchant's own items."""
    return _one(Context(request), id, party(who))


def _list(it: Context, merchant_id: str | None) -> Any:
    base = _base(merchant_id)
    if wanted := it.text("request", 40):
        return redirect(f"{base}/{wanted}")
    return it.page("decisions.html", base=base, decisions=_latest(it, merchant_id, base))


def _latest(it: Context, merchant_id: str | None, base: str) -> Table:
    """The newest kept decisions that the reader may see."""
    now = it.services.clock.now()
    kept = it.services.decisions.read(micros(now - LOOKED_BACK))
    rows: list[dict[str, Any]] = []
    if kept is not None:
        own = np.ones(len(kept.item), np.bool_)
        if merchant_id is not None:
            with it.services.engine.connect() as conn:
                ids = list(catalog.item_ids(conn, merchant_id).values())
            own = np.isin(kept.item, raw_ids(ids)) if ids else ~own
        counts = np.add.reduceat(own.astype(np.int64), kept.offsets[:-1])
        places = place_names(it)
        chosen = np.flatnonzero(counts)[::-1][:LISTED_MAX]
        requests = prefixed_ids("req", kept.request[chosen])
        for row, request_id in zip(chosen.tolist(), requests, strict=True):
            place = str(kept.placement[row])
            span = slice(int(kept.offsets[row]), int(kept.offsets[row + 1]))
            rows.append(
                {
                    "at": from_micros(int(kept.at_us[row])),
                    "id": request_id,
                    "place": places.get(place, place),
                    "ranked": int(kept.ranked[row]),
                    "own": int(counts[row]),
                    "shown": int((own[span] & (kept.slot[span] >= 0)).sum()),
                    "moved": int((own[span] & kept.moved[span]).sum()),
                }
            )
    columns = [
        Column("at", N_("Time"), "second"),
        Column("id", N_("Request"), "code", base + "/{id}"),
        Column("place", N_("Where")),
        Column("ranked", N_("Candidates"), "number"),
        *([Column("own", N_("Your candidates"), "number")] if merchant_id else []),
        Column("shown", N_("Shown"), "number"),
        Column("moved", N_("Thanks to a bid"), "number"),
    ]
    empty = Empty(
        N_("No decision of the last 24 hours is kept"),
        N_("A sample of requests is kept whole, and those sent with explain: true."),
    )
    return Table("decisions", columns, rows, it.services.currency, empty)


def _one(it: Context, request_id: str, merchant_id: str | None) -> Any:
    kept = it.services.decisions.find(request_bytes(request_id))
    with it.services.engine.connect() as conn:
        found = told(conn, kept, request_id, merchant_id)
        ids = [one.item_id for one in found.candidates if one.item_id]
        titles = {
            id_: str(row["title"])
            for id_, row in repository.items_by_id(conn, ids, it.lang).items()
        }
    places = place_names(it)
    return it.page(
        "decision.html",
        base=_base(merchant_id),
        found=found,
        place=places.get(found.placement_id, found.placement_id),
        zone=zone_of(it.request.cookies.get("tz")),
        mine=merchant_id is not None,
        figures=_figures(it, found),
        candidates=_candidates(it, found, titles),
    )


def _figures(it: Context, found: KeptDecision) -> list[Stat]:
    shown = [one for one in found.candidates if one.slot is not None]
    moved = [one for one in shown if one.reason == "moved"]
    own = [one for one in found.candidates if one.part is not None]
    return [
        Stat(it.say(N_("Candidates")), it.fmt.number(found.ranked), it.say(N_("ranked"))),
        Stat(it.say(N_("Shown")), it.fmt.number(len(shown)), it.say(N_("slots filled"))),
        Stat(it.say(N_("Paid for")), it.fmt.number(len(moved)), it.say(N_("moved by a bid"))),
        Stat(it.say(N_("Told here")), it.fmt.number(len(own)), it.say(N_("candidates in full"))),
    ]


def _candidates(it: Context, found: KeptDecision, titles: Mapping[str, str]) -> Table:
    per_thousand = 1_000

    def minor(micros_each: int) -> int:
        return micros_each * per_thousand // micros_per_minor(it.services.currency)

    rows: list[dict[str, Any]] = []
    for one in found.candidates:
        row: dict[str, Any] = {
            "slot": None if one.slot is None else one.slot + 1,
            "title": titles.get(one.item_id or "") or it.say(N_("an item of another merchant")),
            "why": it.say(_REASONS[one.reason]),
        }
        if part := one.part:
            row |= {
                "relevance": part.relevance,
                "pctr": part.pctr,
                "pcvr": part.pcvr,
                "organic": minor(part.sale_micros + part.experience_micros),
                "bid": minor(part.bid_micros),
                "score": minor(part.score_micros),
                "price": minor(part.price_micros),
                "needed": minor(part.bid_needed_micros) or None,
            }
        rows.append(row)
    columns = (
        Column("title", N_("Item"), "long"),
        Column("slot", N_("Slot"), "number"),
        Column("why", N_("Why")),
        Column("relevance", N_("Relevance"), "ratio"),
        Column("pctr", N_("Clicks"), "rate"),
        Column("pcvr", N_("Orders per click"), "rate"),
        Column("organic", N_("Organic worth"), "money"),
        Column("bid", N_("Bid"), "money"),
        Column("score", N_("Together"), "money"),
        Column("price", N_("Price"), "money"),
        Column("needed", N_("Bid needed"), "money"),
    )
    empty = Empty(N_("No candidates"), N_("Nothing suited this request."))
    return Table("candidates", columns, rows, it.services.currency, empty)


def place_names(it: Context) -> dict[str, str]:
    """Names of placements by id; those of the market itself have the name of their kind."""
    return {
        place.id: place.name if place.publisher_id else it.say(STATES.get(place.kind, place.kind))
        for place in it.services.publishers.all_placements()
    }


def _base(merchant_id: str | None) -> str:
    return "/operator/decisions" if merchant_id is None else "/merchant/decisions"
