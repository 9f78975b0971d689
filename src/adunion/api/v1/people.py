"""A merchant's people in segments; nobody is told apart."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Query
from pydantic import Field

from adunion.api.deps import Caller, Services, own_merchant
from adunion.api.fields import MerchantId, View, When
from adunion.api.route import allow, router
from adunion.audience import Cells, Segment, Stage, looks
from adunion.bootstrap.people import MerchantPeople
from adunion.trust import Role

routes = router("people", "people")


class WhosePeople(View):
    """A merchant sees its own."""

    merchant_id: MerchantId | None = Field(None, description="An operator names one")


class Stages(View):
    """People at each stage, about.

    Null is withheld: fewer than 50, or else `people` less the others would tell of fewer.
    """

    interested: int | None = Field(description="Looked, bought nothing yet")
    bought: int | None = Field(description="One order")
    loyal: int | None = Field(description="Two orders or more")


class AlsoLiked(View):
    """A category that a segment likes more than the market's people do."""

    category: str
    lift: float = Field(description="Its share of their interest, over the market's")


class LookLiked(View):
    """A colour or style of what people of a segment lately took."""

    look: str = Field(description="red, minimal ...")
    people: int
    share: float = Field(description="Of the segment")
    usual: float = Field(description="Of others in the market who like the same category")


class WeekMove(View):
    """People who went from one stage to a later one within the last 7 days."""

    before: str = Field(description="none, aware, interested or bought")
    after: str = Field(description="aware, interested, bought or loyal")
    people: int | None = Field(description="About; null is withheld: fewer than 50, or nobody")
    share: float | None = Field(
        description="Of those who stood at `before` a week ago; null where `people` is, of none,"
        " and where fewer than 50 others stood there"
    )
    usual: float | None = Field(description="The same over `usual_of`; null: too few to tell of")
    usual_of: Literal["category", "market"] | None = Field(
        description="Other merchants of this one's main `category`, or, where those or their people"
        " are too few, every merchant of the market"
    )


class PeopleSegment(View):
    """People of one favourite category and one way of paying."""

    category: str | None = Field(description="Its path; null: all other people")
    parent: bool = Field(description="The categories under it that have too few alone")
    pays: str | None = Field(description="thrifty, usual or premium, beside others who like it")
    people: int
    share: float
    price_difference: float = Field(description="0.1: a tenth more than others who like it")
    stages: Stages
    also: list[AlsoLiked]
    looks: list[LookLiked] = Field(description="The commonest first")
    price_minor: int = Field(description="What it costs at their price level; 0: not told")
    item_ids: list[str] = Field(description="The merchant's own that fit their taste best")


class PeopleOfMerchant(View):
    """Counts are rounded to 5 and carry Laplace noise, the same all day; none is under 50."""

    made_at: When
    people: int | None = Field(description="Of all segments; null where under 50")
    category: str | None = Field(description="That most of the merchant's items are in, top level")
    first_orders_30d: int | None = Field(description="Null: fewer than 50, or nobody")
    stages: Stages | None
    segments: list[PeopleSegment]
    moves_7d: list[WeekMove] | None = Field(description="Null while they are being counted")


@routes.get("", openapi_extra=allow(Role.MERCHANT, Role.OPERATOR), summary="A merchant's people")
def read_people(
    services: Services, caller: Caller, query: Annotated[WhosePeople, Query()]
) -> PeopleOfMerchant:
    """Segments by favourite category and price, how near they are, what else they look for."""
    found = services.people.of(own_merchant(caller, query.merchant_id))
    persona = found.persona
    return PeopleOfMerchant(
        made_at=found.made_at,
        people=persona.people if persona else None,
        category=found.category or None,
        first_orders_30d=found.first_orders,
        stages=_stages(persona.stages) if persona else None,
        segments=[_segment(found, at) for at in range(len(persona.segments))] if persona else [],
        moves_7d=[
            WeekMove(
                before=move.before.name.lower(),
                after=move.after.name.lower(),
                people=move.people,
                share=move.share,
                usual=move.usual,
                usual_of=move.usual_of,
            )
            for move in found.moves
        ]
        if found.moves is not None
        else None,
    )


def _segment(found: MerchantPeople, at: int) -> PeopleSegment:
    assert found.persona is not None
    segment: Segment = found.persona.segments[at]
    names = found.parents if segment.parent else found.categories
    return PeopleSegment(
        category=names[segment.category] if segment.category >= 0 else None,
        parent=segment.parent,
        pays=segment.band or None,
        people=segment.people,
        share=segment.share,
        price_difference=segment.price_difference,
        stages=_stages(segment.stages),
        also=[
            AlsoLiked(category=found.categories[each.category], lift=each.lift)
            for each in segment.also
        ],
        looks=[
            LookLiked(
                look=looks()[each.look].key,
                people=each.people,
                share=each.share,
                usual=each.usual,
            )
            for each in segment.likes
        ],
        price_minor=segment.price_minor,
        item_ids=list(found.items[at]) if found.items else [],
    )


def _stages(counts: Cells) -> Stages:
    return Stages(**{stage.name.lower(): counts[stage] for stage in Stage})
