"""The merchant's people: segments in words, each sentence beside the figures it is made of."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request

from adunion.audience import PEOPLE_MIN, Segment
from adunion.bootstrap.people import MOVE_DAYS, MerchantPeople
from adunion.trust import Principal, Role

from . import repository
from .components import Chart, Column, Empty, Series, Stat, Table
from .context import Context, party
from .i18n import N_
from .security import require

router = APIRouter(prefix="/merchant")
Merchant = Annotated[Principal, Depends(require(Role.MERCHANT))]
SHOWN_IN_CHART = 8
_PAYS = {
    "thrifty": N_("Buy %(category)s cheaper than others do"),
    "usual": N_("Buy %(category)s at the price others pay"),
    "premium": N_("Buy dearer %(category)s than others do"),
    "": N_("All others"),
}
_BAND = {"thrifty": N_("Cheaper"), "usual": N_("The same"), "premium": N_("Dearer"), "": ""}
NOBODY = Empty(
    N_("Not enough people yet"),
    N_("Segments appear when 50 shoppers who consented looked at your items or bought them."),
    "/merchant/promote",
    N_("Promote items"),
)


@router.get("/people")
def people(request: Request, who: Merchant) -> Any:
    """Segments of the merchant's people, beside the market's."""
    it = Context(request)
    found = it.services.people.of(party(who))
    rows = _rows(it, found)
    return it.page(
        "people.html",
        figures=_figures(it, found),
        chart_=_chart(it, rows),
        portraits=[row for row in rows if row["says"]],
        people_=_table(it, rows),
        floor=PEOPLE_MIN,
        days=MOVE_DAYS,
    )


def _figures(it: Context, found: MerchantPeople) -> list[Stat]:
    persona, fmt = found.persona, it.fmt
    if persona is None:
        return []
    looked, bought, loyal = persona.stages
    under = it.say(N_("under %(floor)s"), floor=PEOPLE_MIN)

    def stat(label: str, count: int, note: str = "", tone: str = "") -> Stat:
        return Stat(it.say(label), fmt.number(count) if count else under, note, tone)

    return [
        stat(N_("People"), persona.people, it.say(N_("consenting shoppers, about"))),
        stat(N_("Interested"), looked, it.say(N_("looked, bought nothing yet")), "organic"),
        stat(N_("Bought once"), bought, "", "gmv"),
        stat(N_("Loyal"), loyal, it.say(N_("two orders or more")), "good"),
        stat(N_("First orders"), found.first_orders,
             it.say(N_("in the last %(days)s days"), days=MOVE_DAYS)),
    ]  # fmt: skip


def _rows(it: Context, found: MerchantPeople) -> list[dict[str, Any]]:
    if found.persona is None:
        return []
    with it.services.engine.connect() as conn:
        known = {path: name for path, name, _ in repository.categories(conn, it.lang)}
    names = tuple(known.get(path, path).rpartition(" > ")[2] for path in found.categories)
    wide = tuple(it.say(N_("other %(category)s"), category=known.get(p, p)) for p in found.parents)
    segments = enumerate(found.persona.segments)
    return [_row(it, names, wide, segment, at) for at, segment in segments]


def _row(
    it: Context, names: tuple[str, ...], wide: tuple[str, ...], segment: Segment, at: int
) -> dict[str, Any]:
    category = (wide if segment.parent else names)[segment.category] if segment.band else ""
    title = it.say(_PAYS[segment.band], category=category)
    pays = it.say(_BAND[segment.band]) if segment.band else ""
    also = [f"{names[each.category]} ×{it.fmt.ratio(each.lift, 1)}" for each in segment.also]
    looked, bought, loyal = segment.stages
    return {
        "id": f"segment-{at}",
        "segment": title,
        "people": segment.people,
        "share": segment.share,
        "short": f"{category} · {pays}" if category else title,
        "pays": pays,
        "price": segment.price_difference,
        "interested": looked or None,
        "bought": bought or None,
        "loyal": loyal or None,
        "also": ", ".join(also),
        "says": _sentences(it, segment, also),
    }


def _sentences(it: Context, segment: Segment, also: list[str]) -> list[str]:
    """What can be said of a segment; each from figures of its row."""
    if segment.category < 0:
        return []
    rate, apart = it.fmt.rate, segment.price_difference
    found = [it.say(N_("%(share)s of your people."), share=rate(segment.share))]
    if abs(apart) >= 0.03:
        dearer = N_("They pay %(by)s more than others who like this category.")
        cheaper = N_("They pay %(by)s less than others who like this category.")
        found.append(it.say(dearer if apart > 0 else cheaper, by=rate(abs(apart))))
    else:
        found.append(it.say(N_("They pay what others pay who like this category.")))
    if also:
        found.append(
            it.say(N_("More than others they also look for %(also)s."), also=", ".join(also))
        )
    _, bought, loyal = segment.stages
    if bought + loyal:
        part = (bought + loyal) / max(segment.people, 1)
        found.append(it.say(N_("%(share)s have bought from you."), share=rate(min(part, 1))))
    return found


def _chart(it: Context, rows: list[dict[str, Any]]) -> Chart:
    shown = rows[:SHOWN_IN_CHART]
    stages = (("interested", N_("Interested"), "organic"), ("bought", N_("Bought once"), "gmv"),
              ("loyal", N_("Loyal"), "spend"))  # fmt: skip
    series = [Series(it.say(label), [row[key] or 0 for row in shown], role, "bar")
              for key, label, role in stages]  # fmt: skip
    x = [row["short"] for row in shown]
    title, empty = it.say(N_("How near they are to you")), it.say(N_("Nothing to draw yet."))
    return Chart("people", title, x, series, (it.say(N_("people")),), "label", empty=empty)


def _table(it: Context, rows: list[dict[str, Any]]) -> Table:
    columns = (
        Column("segment", N_("Segment"), "long"),
        Column("people", N_("People"), "number"),
        Column("share", N_("Share"), "rate"),
        Column("pays", N_("Pays")),
        Column("price", N_("Against others who like it"), "rate"),
        Column("interested", N_("Interested"), "number"),
        Column("bought", N_("Bought once"), "number"),
        Column("loyal", N_("Loyal"), "number"),
        Column("also", N_("Also look for"), "long", sortable=False),
    )
    return Table("segments", columns, rows, it.services.currency, NOBODY, sort="-people")
