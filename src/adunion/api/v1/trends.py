"""Trends: what people talk about now, what it sells, and what returns soon."""

from __future__ import annotations

from pydantic import Field

from adunion.api.deps import Services
from adunion.api.fields import View
from adunion.api.route import ANYONE_WITH_A_KEY, allow, router

routes = router("trends", "links")


class Range(View):
    """A forecast heat, and where 8 of 10 end."""

    value: float
    low: float
    high: float


class Reason(View):
    """Why goods may or may not be linked."""

    reason: str
    word: str


class Linked(View):
    """An item of the catalog."""

    id: str
    title: str
    title_en: str
    strength: float


class Topic(View):
    """A listed topic."""

    slug: str
    title: str
    category: str
    pos: int = Field(description="From 0, the hottest")
    heat: float
    rising: bool
    early: bool = Field(description="Rising, new, and never yet in the top ten")
    peak_heat: float
    peak_at: str
    life_hours: float = Field(description="Hours until it leaves the list, median")
    p_listed_6h: float
    p_listed_24h: float
    p_top10_6h: float
    heat_6h: Range = Field(description="Given that it is listed then")
    heat_24h: Range
    commerce: str = Field(description="yes, maybe or no")
    unsafe: str = Field(description="Why goods never stand beside it; empty: they may")
    reasons: list[Reason]
    categories: list[str]
    items: list[Linked]


class Warning(View):
    """A season that people buy for now or soon."""

    key: str
    zh: str
    en: str
    day: str
    begins: str
    ends: str
    days_ahead: int
    needs: list[str]
    needs_en: list[str]
    topics: list[str]
    items: list[Linked]


class Trends(View):
    """The board of the last hour that was taken in."""

    at: str | None = Field(description="null: no topics were taken in yet")
    topics: list[Topic]
    warnings: list[Warning]


@routes.get("", openapi_extra=allow(*ANYONE_WITH_A_KEY), summary="What people talk about now")
def get_trends(services: Services) -> Trends:
    """Rising topics first."""
    found = services.selections.board()
    if found is None:
        return Trends(at=None, topics=[], warnings=[])
    return Trends(
        at=found.at, topics=[Topic(**one) for one in found.topics],
        warnings=[Warning(**one) for one in found.warnings],
    )  # fmt: skip
