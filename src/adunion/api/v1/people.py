"""A merchant's people in segments; nobody is told apart."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import Field

from adunion.api.deps import Caller, Services, own_merchant
from adunion.api.fields import MerchantId, View, When
from adunion.api.route import allow, router
from adunion.audience import Segment, Stage
from adunion.bootstrap.people import MerchantPeople
from adunion.trust import Role

routes = router("people", "people")


class WhosePeople(View):
    """A merchant sees its own."""

    merchant_id: MerchantId | None = Field(None, description="An operator names one")


class Stages(View):
    """People at each stage, about; 0 where there are fewer than 50."""

    interested: int = Field(description="Looked, bought nothing yet")
    bought: int = Field(description="One order")
    loyal: int = Field(description="Two orders or more")


class AlsoLiked(View):
    """A category that a segment likes more than the market's people do."""

    category: str
    lift: float = Field(description="Its share of their interest, over the market's")


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


class PeopleOfMerchant(View):
    """Counts are rounded to 5 and carry Laplace noise, the same all day; none is under 50."""

    made_at: When
    people: int | None = Field(description="Null where they are under 50")
    first_orders_30d: int
    stages: Stages | None
    segments: list[PeopleSegment]


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
        first_orders_30d=found.first_orders,
        stages=_stages(persona.stages) if persona else None,
        segments=[_segment(found, each) for each in persona.segments] if persona else [],
    )


def _segment(found: MerchantPeople, segment: Segment) -> PeopleSegment:
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
    )


def _stages(counts: tuple[int, int, int]) -> Stages:
    return Stages(**{stage.name.lower(): counts[stage] for stage in Stage})
