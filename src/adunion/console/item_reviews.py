"""What buyers wrote of a merchant's items: each item's praise and blame, and what to mend."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from adunion.kernel.errors import not_found
from adunion.tracking.reviews import ItemReviewed
from adunion.understanding.reviews.polarity import call

from . import repository
from .components import Column, Empty, Stat, Table
from .context import Context, party
from .i18n import N_
from .repository import ItemFilter
from .reviews import shown_reading
from .security import Merchant

router = APIRouter(prefix="/merchant/reviews")
LATEST = 50
_NONE = Empty(
    N_("No reviews yet"),
    N_("Send them by POST /v1/reviews, or import a file with: adunion import reviews FILE"),
)
_SAID = {"positive": N_("Praise"), "mixed": N_("Mixed"), "negative": N_("Blame")}


@router.get("")
def all_items(request: Request, who: Merchant) -> Any:
    """The merchant's items by how often they were reviewed."""
    it = Context(request)
    found = it.services.item_reviews.of_merchant(party(who))
    titles = _titles(it, party(who), [one.item_id for one in found])
    rows = [
        {**titles[one.item_id], **_counts(one)} for one in found if one.item_id in titles
    ]  # fmt: skip
    columns = (
        Column("title", N_("Item"), "item", "/merchant/reviews/{id}"),
        Column("reviews", N_("Reviews"), "number"),
        Column("stars", N_("Stars"), "ratio"),
        Column("praise", N_("Praise"), "number"),
        Column("blame", N_("Blame"), "number"),
        Column("share", N_("Share of blame"), "rate"),
        Column("last_at", N_("Last"), "time"),
    )
    return it.page(
        "item_reviews.html",
        figures=_figures(it, found),
        reviewed=Table("reviewed", columns, rows, it.services.currency, _NONE, "-reviews"),
    )


@router.get("/{id}")
def one_item(request: Request, who: Merchant, id: str) -> Any:
    """One item: aspects with quotes, the trend, what to improve, and the latest reviews."""
    it = Context(request)
    item = _titles(it, party(who), [id]).get(id)
    read = None if item is None else it.services.item_reviews.of_item(id)
    if item is None or read is None:
        raise not_found("item", id)
    rows = it.services.item_reviews.latest(id, LATEST)
    latest = [
        {
            "at": row.at,
            "stars": row.stars,
            "said": "" if row.polarity is None else it.say(_SAID[call(row.polarity)]),
            "text": row.text,
        }
        for row in rows
    ]
    columns = (
        Column("at", N_("Time"), "time", sortable=False),
        Column("stars", N_("Stars"), "ratio", sortable=False),
        Column("said", N_("Read as"), sortable=False),
        Column("text", N_("Review"), "long", sortable=False),
    )
    found = shown_reading(it, read) | {"items": None}
    table = Table("latest", columns, latest, it.services.currency, _NONE)
    return it.page("item_review.html", item=item, found=found, latest=table)


def _titles(it: Context, merchant_id: str, ids: list[str]) -> dict[str, dict[str, Any]]:
    """The merchant's own items of these, by id."""
    wanted = ItemFilter(merchant_id, ids=ids)
    with it.services.engine.connect() as conn:
        rows = repository.items_page(conn, wanted, it.lang, limit=max(len(ids), 1))
    return {row["id"]: dict(row) for row in rows}


def _counts(one: ItemReviewed) -> dict[str, Any]:
    return {
        "reviews": one.reviews, "stars": one.stars, "praise": one.praise, "blame": one.blame,
        "share": one.blame / one.reviews, "last_at": one.last_at,
    }  # fmt: skip


def _figures(it: Context, found: list[ItemReviewed]) -> list[Stat]:
    if not found:
        return []
    count, praise, blame = (
        sum(getattr(one, name) for one in found) for name in ("reviews", "praise", "blame")
    )

    def share(label: str, of: int, tone: str) -> Stat:
        said = it.say(N_("%(count)s of them"), count=it.fmt.number(of))
        return Stat(it.say(label), it.fmt.rate(of / count), said, tone)

    items = it.say(N_("of %(count)s items"), count=it.fmt.number(len(found)))
    return [
        Stat(it.say(N_("Reviews")), it.fmt.number(count), items),
        share(N_("Praise"), praise, "good"),
        share(N_("Mixed"), count - praise - blame, ""),
        share(N_("Blame"), blame, "bad" if blame else ""),
    ]
