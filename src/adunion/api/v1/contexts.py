"""What a page is about, whether goods may stand beside it, and which."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from adunion.api.deps import Services
from adunion.api.fields import Body, Share, View, Whole
from adunion.api.route import ANYONE_WITH_A_KEY, allow, router
from adunion.bootstrap.readings import PAGE_CHARS_MAX

from .understanding import InTwo

routes = router("understanding", "understanding")


class PageAsked(Body):
    """A page as HTML or text, an article, a transcript with or without times, or a chat."""

    page: str = Field(min_length=1, max_length=PAGE_CHARS_MAX)
    kind: Literal["page", "article", "transcript", "chat"] = "page"
    top: Annotated[int, Whole] = Field(10, ge=0, le=50, description="Items at most")


class Topic(View):
    """A subject, how much of the text it is, and the words that say so."""

    key: str
    zh: str
    en: str
    share: Share
    words: list[str]


class Concern(View):
    """Why goods may not belong beside it, and the words (or sentences) that say so."""

    key: str
    zh: str
    en: str
    level: Literal["caution", "unsafe"]
    words: list[str]


class FittingCategory(View):
    """A category of goods that fits."""

    zh: str
    en: str
    fit: Share


class FittingNeed(View):
    """A need of its readers."""

    zh: str
    en: str
    category: InTwo
    strength: Share
    why: InTwo


class FittingItem(View):
    """An item of the market, and the need or kind of product that it is there for."""

    id: str
    title: str
    need: InTwo


class PageFound(View):
    """What was read; where it is unsafe there are no categories, needs and items."""

    title: str
    language: str = Field(description="ISO 639-1; und: unknown")
    characters: int
    topics: list[Topic]
    mood: Literal["excited", "glad", "calm", "sad"]
    mood_score: float = Field(ge=-1, le=1)
    safety: Literal["safe", "caution", "unsafe"]
    concerns: list[Concern]
    categories: list[FittingCategory]
    needs: list[FittingNeed]
    items: list[FittingItem]


@routes.post(
    "/context",
    openapi_extra=allow(*ANYONE_WITH_A_KEY, writes=False),
    summary="Read a page and what fits beside it",
)
def read_context(services: Services, body: PageAsked) -> PageFound:
    """Topics, language, mood, brand safety, categories, needs and the market's items."""
    kind: Literal["chat", "review"] = "chat" if body.kind == "chat" else "review"
    found = services.readings.page(body.page, kind, body.top)
    told = found.reading.as_dict()
    needs = [
        FittingNeed(
            zh=need.zh, en=need.en, strength=round(need.strength, 3),
            category=InTwo(zh=need.category_zh, en=need.category_en),
            why=InTwo(zh=need.why_zh, en=need.why_en),
        )
        for need in found.reading.needs
    ]  # fmt: skip
    items = [
        FittingItem(
            id=item.id, title=item.title,
            need=InTwo(zh=found.zh.get(item.need, item.need), en=item.need),
        )
        for item in found.items
    ]  # fmt: skip
    return PageFound.model_validate(told | {"needs": needs, "items": items})
