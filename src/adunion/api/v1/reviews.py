"""What reviews praise and blame."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from adunion.api.deps import Services
from adunion.api.fields import Body, Share, Text, View
from adunion.api.route import ANYONE_WITH_A_KEY, allow, router
from adunion.bootstrap.readings import MEANING_MAX, REVIEWS_MAX, ReviewsRead
from adunion.understanding.reviews import Review
from adunion.understanding.reviews.files import month_of

routes = router("understanding", "understanding")
Stars = Annotated[float, Field(ge=0, le=5, allow_inf_nan=False)]


class OneReview(Body):
    """A review; of a long text the beginning is read."""

    text: str
    item: Annotated[str, Field(max_length=100)] = Field("", description="Any name of its item")
    date: Text = Field(
        "", description="A date, or a time that begins with one", examples=["2026-03-08"]
    )
    stars: Stars | None = Field(None, description="1 to 5; checked against, not read from")


class ReviewsAsked(Body):
    """Reviews of one item, shop or market."""

    reviews: list[OneReview] = Field(min_length=1, max_length=REVIEWS_MAX)
    meaning: bool = Field(
        False, description=f"Read by their meaning too: surer, and {MEANING_MAX} at most"
    )


class Month(View):
    """A month's reviews and the share of them that blame."""

    reviews: int
    negative: int
    negative_share: Share


class Quote(View):
    """A clause in a buyer's own words, and the review it is of (from 1)."""

    text: str
    row: int


class Counts(View):
    """Reviews by what they say; mixed: as likely the one as the other."""

    positive: int
    mixed: int
    negative: int


class AspectRead(Counts):
    """A side of the product; a review counts once."""

    aspect: str
    en: str
    zh: str
    mentions: int
    share: Share = Field(description="Of all reviews that were read")
    improve: float = Field(description="Share of reviews that blame it x how surely they do")
    quotes: dict[str, list[Quote]] = Field(description="By positive and negative, the surest first")
    months: dict[str, Month]


class ItemRead(Counts):
    """Reviews of one item."""

    item: str


class ReviewsFound(Counts):
    """What all of them say."""

    reviews: int = Field(description="Read")
    unread: int = Field(description="Without a word; they change nothing else")
    rating_agreement: Share | None = Field(description="Of those with 1, 2, 4 or 5 stars")
    months: dict[str, Month]
    improve: list[str] = Field(description="Aspects to mend, the first first")
    aspects: list[AspectRead]
    items: list[ItemRead] = Field(description="The most reviewed first")
    each: list[str] = Field(description="positive, mixed or negative of each review; empty: unread")


@routes.post(
    "/reviews",
    openapi_extra=allow(*ANYONE_WITH_A_KEY, writes=False),
    summary="Read what reviews praise and blame",
)
def read_reviews(services: Services, body: ReviewsAsked) -> ReviewsFound:
    """Aspects by praise and blame with quotes, the trend by month, and what to improve first."""
    rows = [Review(r.text, month_of(r.date), r.item, r.stars) for r in body.reviews]
    return found_view(services.readings.reviews(rows, body.meaning))


def found_view(found: ReviewsRead) -> ReviewsFound:
    """What was read, as it is answered."""
    items: list[dict[str, Any]] = [
        {"item": item, **{said: counts[said] for said in ("positive", "mixed", "negative")}}
        for item, counts in found.items
    ]
    more = {"items": items, "each": found.each}
    return ReviewsFound.model_validate(found.mined.as_dict() | more)
