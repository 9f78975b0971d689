"""Reviews that buyers wrote of items: sent here, kept by item, read by what they praise and blame.

Also the request of a person to be forgotten, which makes their reviews nobody's.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import Field

from adunion.api.deps import Caller, Services, own_merchant, seen_merchant
from adunion.api.fields import Body, Cursor, ItemId, MerchantId, Name, Page, View, When, page
from adunion.api.route import allow, router
from adunion.kernel.errors import invalid
from adunion.kernel.ids import encode
from adunion.tracking.reviews import TEXT_CHARS_MAX, NewReview
from adunion.trust import Role
from adunion.trust.pseudonym import shopper_key

from .items import own_item
from .reviews import ReviewsFound, found_view

routes = router("reviews", "items")
_WRITERS = allow(Role.MERCHANT, Role.OPERATOR)
AT_ONCE = 1_000
Stars = Annotated[float, Field(ge=1, le=5, allow_inf_nan=False)]


class ReviewSent(Body):
    """What a buyer wrote."""

    item: Name = Field(description="Our id of the item, or the merchant's own number of it")
    text: str = Field("", description=f"Of more than {TEXT_CHARS_MAX:,} letters the beginning")
    stars: Stars | None = None
    at: When | None = Field(None, description="When it was written; left out: now")
    external_id: Name | None = Field(
        None, description="Your own number of the review: sent again, it replaces what it said"
    )
    shopper: str | None = Field(None, max_length=128, description="Pseudonym of who wrote it")


class ReviewsSent(Body):
    """A batch: all of it is kept or none. Odd texts are data; each changes only its own row."""

    reviews: list[ReviewSent] = Field(min_length=1, max_length=AT_ONCE)
    merchant_id: MerchantId | None = Field(None, description="Only for operators")


class ReviewsKept(View):
    """What a batch did."""

    stored: int
    replaced: int
    unchanged: int
    empty: int = Field(description="Neither words nor stars: not kept")


class KeptReview(View):
    """A review as it is kept; who wrote it is not told."""

    id: str
    item_id: ItemId
    merchant_id: MerchantId
    external_id: str
    text: str
    stars: float | None
    polarity: float | None = Field(
        description="Log-odds that it praises, by its words; null without a word"
    )
    at: When


class ReviewSearch(Cursor):
    """Which reviews to list."""

    item_id: ItemId | None = None
    merchant_id: MerchantId | None = None


class Forgotten(Body):
    """Who asks to be forgotten."""

    shopper: str = Field(description="The pseudonym that events name", max_length=128)


class Unlinked(View):
    """What was done."""

    reviews: int = Field(description="Made nobody's; what they say stays")


@routes.post("", openapi_extra=_WRITERS, summary="Send reviews")
def send_reviews(services: Services, caller: Caller, body: ReviewsSent) -> ReviewsKept:
    """Up to 1,000 in one transaction. The same again changes nothing."""
    merchant_id = own_merchant(caller, body.merchant_id)
    items = services.item_reviews.items([row.item for row in body.reviews], merchant_id)
    now = services.clock.now()
    rows = []
    for number, row in enumerate(body.reviews):
        item_id, owner = items[row.item]
        who = row.shopper
        person = f"shp_{encode(shopper_key(who, f'reviews.{number}.shopper'))}" if who else ""
        at = row.at or now
        if at > now:
            raise invalid(f"reviews.{number}.at", "This time is not yet.", "Leave it out for now.")
        rows.append(
            NewReview(item_id, owner, row.text, at, row.stars, row.external_id or "", person)
        )
    return ReviewsKept.model_validate(services.item_reviews.keep(rows))


@routes.get("", openapi_extra=_WRITERS, summary="List reviews")
def list_reviews(
    services: Services, caller: Caller, query: Annotated[ReviewSearch, Query()]
) -> Page[KeptReview]:
    """The last to arrive first. A merchant sees those of its items."""
    rows, more = services.item_reviews.listed(
        seen_merchant(caller, query.merchant_id), query.item_id, query.limit,
        query.starting_after, query.ending_before,
    )  # fmt: skip
    return page([KeptReview.model_validate(row) for row in rows], more, query)


of_items = router("items", "items")


@of_items.get("/{item_id}/reviews", openapi_extra=_WRITERS, summary="What an item's buyers say")
def read_item(services: Services, caller: Caller, item_id: ItemId) -> ReviewsFound | None:
    """Aspects by praise and blame, quotes, months, what to improve; null without a review."""
    own_item(services, caller, item_id)
    found = services.item_reviews.of_item(item_id)
    return None if found is None else found_view(found)


people = router("shoppers", "people")


@people.post("/forget", openapi_extra=allow(Role.OPERATOR), summary="Forget a person")
def forget(services: Services, body: Forgotten) -> Unlinked:
    """No taste is learned of what they did before, and their reviews are nobody's."""
    return Unlinked(reviews=services.forget(body.shopper))
