"""The merchant's people: segments in words and pictures, each beside the figures it is made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Depends, Request

from adunion.audience import (
    COLOURS_MAX,
    LIKED_LIFT_MIN,
    PEOPLE_MIN,
    Look,
    Segment,
    Step,
    looks,
    special,
)
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
PORTRAITS_MAX = 12
"""The largest segments; the others stand in the table."""
_PAYS = {
    "thrifty": N_("Pay less for %(category)s"),
    "usual": N_("Pay the usual price for %(category)s"),
    "premium": N_("Pay more for %(category)s"),
    "": N_("All others"),
}
_BAND = {"thrifty": N_("Cheaper"), "usual": N_("The same"), "premium": N_("Dearer"), "": ""}
_STEPS = {
    Step.NONE: N_("Not yet aware"), Step.AWARE: N_("Aware"), Step.INTERESTED: N_("Interested"),
    Step.BOUGHT: N_("Bought once"), Step.LOYAL: N_("Loyal"),
}  # fmt: skip
_IN_COLOUR = N_("%(share)s took something in %(look)s; of others who like this category %(usual)s.")
_IN_STYLE = N_("%(share)s took something %(look)s; of others who like this category %(usual)s.")
NOBODY = Empty(
    N_("Not enough people yet"),
    N_("Segments appear when 50 shoppers who consented looked at your items or bought them."),
    "/merchant/promote",
    N_("Promote items"),
)
_NO_LOOKS = Empty(
    N_("No colours or styles to tell of"),
    N_("They appear when 50 people of a segment took items whose titles or pictures show them."),
)
_NOBODY_MOVED = Empty(
    N_("Nobody to tell of"),
    N_("Moves appear when 50 people went from one stage to the next within a week."),
)


class _Names(NamedTuple):
    """Categories and parents by row, in the reader's language, and the merchant's items."""

    categories: tuple[str, ...]
    parents: tuple[str, ...]
    items: Mapping[str, dict[str, Any]]


@router.get("/people")
def people(request: Request, who: Merchant) -> Any:
    """Segments of the merchant's people, beside the market's."""
    it = Context(request)
    found = it.services.people.of(party(who))
    rows = _rows(it, found)
    moves = _moves(it, found)
    return it.page(
        "people.html",
        figures=_figures(it, found),
        chart_=_chart(it, rows),
        portraits=[row for row in rows if row["says"]][:PORTRAITS_MAX],
        people_=_table(it, rows),
        likes=_likes(it, rows),
        moves=moves,
        counting=found.moves is None,
        withheld=sum(move.people is None for move in found.moves or ()),
        moved=_moves_table(it, moves),
        floor=PEOPLE_MIN,
        days=MOVE_DAYS,
    )


def _figures(it: Context, found: MerchantPeople) -> list[Stat]:
    persona, fmt = found.persona, it.fmt
    if persona is None:
        return []
    looked, bought, loyal = persona.stages

    def stat(label: str, count: int | None, note: str = "", tone: str = "") -> Stat:
        return Stat(
            it.say(label), fmt.number(count) if count else it.say(N_("withheld")), note, tone
        )

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
    wanted = [id_ for ids in found.items for id_ in ids]
    with it.services.engine.connect() as conn:
        known = {path: name for path, name, _ in repository.categories(conn, it.lang)}
        items = repository.items_by_id(conn, wanted, it.lang)
    names = _Names(
        tuple(known.get(path, path).rpartition(" > ")[2] for path in found.categories),
        tuple(it.say(N_("other %(category)s"), category=known.get(p, p)) for p in found.parents),
        items,
    )
    segments = enumerate(found.persona.segments)
    return [_row(it, names, segment, at, found.items[at]) for at, segment in segments]


def _row(
    it: Context, names: _Names, segment: Segment, at: int, item_ids: tuple[str, ...]
) -> dict[str, Any]:
    of = names.parents if segment.parent else names.categories
    category = of[segment.category] if segment.band else ""
    title = it.say(_PAYS[segment.band], category=category)
    pays = it.say(_BAND[segment.band]) if segment.band else ""
    also = [f"{names.categories[each.category]} ×{it.fmt.ratio(each.lift, 1)}"
            for each in segment.also]  # fmt: skip
    looked, bought, loyal = segment.stages
    return {
        "id": f"segment-{at}",
        "segment": title,
        "people": segment.people,
        "share": segment.share,
        "short": f"{category} · {pays}" if category else title,
        "pays": pays,
        "price": segment.price_difference,
        "paid": segment.price_minor or None,
        "interested": looked,
        "bought": bought,
        "loyal": loyal,
        "also": ", ".join(also),
        "likes": segment.likes,
        "colours": [_colour(it, each.look, each.share) for each in segment.likes
                    if looks()[each.look].is_colour and each.lift >= LIKED_LIFT_MIN][:COLOURS_MAX],
        "items": [names.items[id_] for id_ in item_ids if id_ in names.items],
        "says": _sentences(it, segment, also),
    }  # fmt: skip


def look_name(it: Context, look: Look) -> str:
    """A colour or style in the reader's language."""
    return look.zh if it.lang.startswith("zh") else look.key


def _colour(it: Context, column: int, share: float) -> dict[str, Any]:
    look = looks()[column]
    return {"hex": look.hex, "name": look_name(it, look), "share": share}


def _sentences(it: Context, segment: Segment, also: list[str]) -> list[tuple[str, str]]:
    """What can be said of a segment, each with the place of the figures that it is made of."""
    if segment.category < 0:
        return []
    rate, apart = it.fmt.rate, segment.price_difference
    found = [it.say(N_("%(share)s of your people."), share=rate(segment.share))]
    if segment.price_minor:
        money = it.money(segment.price_minor)
        found.append(it.say(N_("What they choose there costs about %(money)s."), money=money))
    if abs(apart) >= 0.03:
        dearer = N_("They pay %(by)s more than others who like this category.")
        cheaper = N_("They pay %(by)s less than others who like this category.")
        found.append(it.say(dearer if apart > 0 else cheaper, by=rate(abs(apart))))
    else:
        found.append(it.say(N_("They pay about what others pay who like this category.")))
    if also:
        found.append(
            it.say(N_("More than others they also look for %(also)s."), also=it.fmt.listed(also))
        )
    _, bought, loyal = segment.stages
    if bought is not None and loyal is not None:
        part = (bought + loyal) / max(segment.people, 1)
        found.append(it.say(N_("%(share)s have bought from you."), share=rate(min(part, 1))))
    told = [(said, "#table-segments") for said in found]
    for each in special(segment.likes):
        look = looks()[each.look]
        said = it.say(
            _IN_COLOUR if look.is_colour else _IN_STYLE,
            share=rate(each.share), look=look_name(it, look), usual=rate(each.usual),
        )  # fmt: skip
        told.append((said, "#table-likes"))
    return told


def _chart(it: Context, rows: list[dict[str, Any]]) -> Chart:
    shown = rows[:SHOWN_IN_CHART]
    stages = (("interested", N_("Interested"), "organic"), ("bought", N_("Bought once"), "gmv"),
              ("loyal", N_("Loyal"), "spend"))  # fmt: skip
    series = [Series(it.say(label), [row[key] for row in shown], role, "bar")
              for key, label, role in stages]  # fmt: skip
    x = [row["short"] for row in shown]
    title, empty = it.say(N_("How near they are to you")), it.say(N_("Nothing to draw yet."))
    return Chart("people", title, x, series, (it.say(N_("people")),), "label", empty=empty)


def _table(it: Context, rows: list[dict[str, Any]]) -> Table:
    columns = (
        Column("segment", N_("Segment"), "long"),
        Column("people", N_("People"), "number"),
        Column("share", N_("Share"), "rate"),
        Column("paid", N_("Usual price"), "money"),
        Column("price", N_("Against others who like it"), "rate"),
        Column("interested", N_("Interested"), "number"),
        Column("bought", N_("Bought once"), "number"),
        Column("loyal", N_("Loyal"), "number"),
        Column("also", N_("Also look for"), "long", sortable=False),
    )
    return Table("segments", columns, rows, it.services.currency, NOBODY, sort="-people")


def _likes(it: Context, rows: list[dict[str, Any]]) -> Table:
    """Every look of every segment."""
    columns = (
        Column("segment", N_("Segment"), "long"),
        Column("look", N_("Colour or style")),
        Column("people", N_("People"), "number"),
        Column("share", N_("Share of the segment"), "rate"),
        Column("usual", N_("Of others who like it"), "rate"),
        Column("lift", N_("Times as often"), "ratio"),
    )
    told = [
        {
            "segment": row["segment"], "look": look_name(it, looks()[each.look]),
            "people": each.people, "share": each.share, "usual": each.usual,
            "lift": round(each.lift, 2) if each.usual else None,
        }
        for row in rows
        for each in row["likes"]
    ]  # fmt: skip
    return Table("likes", columns, told, it.services.currency, _NO_LOOKS, sort="-people")


def _moves(it: Context, found: MerchantPeople) -> list[dict[str, Any]]:
    """Moves that are told of, the largest first; `width` of the longest bar."""
    told = [(move, move.people) for move in found.moves or () if move.people]
    most = max((people for _, people in told), default=1)
    compared = _compared(it, found.category) if told else {}
    return [
        {
            "before": it.say(_STEPS[move.before]), "after": it.say(_STEPS[move.after]),
            "move": it.say(N_("%(before)s → %(after)s"), before=it.say(_STEPS[move.before]),
                           after=it.say(_STEPS[move.after])),
            "people": people, "share": move.share, "usual": move.usual,
            "usual_of": compared[move.usual_of],
            "width": round(100 * people / most),
        }
        for move, people in told
    ]  # fmt: skip


def _compared(it: Context, path: str) -> dict[str | None, str]:
    """Whom a merchant's people are compared with, by code; `path` is its main category."""
    with it.services.engine.connect() as conn:
        known = {code: name for code, name, _ in repository.categories(conn, it.lang)}
    others = N_("Other merchants of %(category)s")
    return {
        None: "", "market": it.say(N_("All merchants")),
        "category": it.say(others, category=known.get(path, path)),
    }  # fmt: skip


def _moves_table(it: Context, rows: list[dict[str, Any]]) -> Table:
    columns = (
        Column("move", N_("From → to")),
        Column("people", N_("People"), "number"),
        Column("share", N_("Of those who stood there"), "rate"),
        Column("usual", N_("Usual"), "rate"),
        Column("usual_of", N_("Compared with")),
    )
    return Table("moves", columns, rows, it.services.currency, _NOBODY_MOVED)
