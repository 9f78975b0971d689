"""What people need, read from what they typed, wrote or asked."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from adunion.api.deps import Services
from adunion.api.fields import Body, View, Whole
from adunion.api.route import ANYONE_WITH_A_KEY, allow, router

routes = router("understanding", "understanding")
TEXTS_MAX = 50


class NeedsAsked(Body):
    """Texts of one kind; of a long one the beginning is read."""

    texts: list[str] = Field(min_length=1, max_length=TEXTS_MAX)
    kind: Literal["query", "review", "question", "chat"] = "query"
    top: Annotated[int, Whole] = Field(10, ge=1, le=50, description="Needs of a text at most")


class InTwo(View):
    """The same in Chinese and English."""

    zh: str
    en: str


class NeedEvidence(View):
    """A source that speaks for a need, and the row it rests on."""

    source: str
    score: float = Field(ge=0, le=1)
    row: str


class NeededItem(View):
    """An item of the market that answers a need."""

    id: str
    title: str
    relevance: float


class NeedRead(View):
    """A type of product that is needed."""

    zh: str
    en: str
    category: InTwo
    strength: float = Field(ge=0, le=1, description="The share of such needs that are right")
    why: InTwo
    evidence: list[NeedEvidence]
    items: list[NeededItem]


class TextRead(View):
    """What one text says."""

    text: str = Field(description="As read, its first 200 characters")
    kind: str
    intent: str = Field(description="need, item, complaint, price, size ...; noise")
    nothing: str = Field(description="Why there is no need; empty where there is one")
    needs: list[NeedRead]
    notes: list[str] = Field(description="What a source could not do")


class NeedsFound(View):
    """One reading for each text, in order."""

    data: list[TextRead]


@routes.post(
    "/needs",
    openapi_extra=allow(*ANYONE_WITH_A_KEY, writes=False),
    summary="Read needs from texts",
)
def read_needs(services: Services, body: NeedsAsked) -> NeedsFound:
    """Needs across categories, with why, strength, evidence and the market's items."""
    with services.readings.turn():
        read: list[dict[str, Any]] = [
            services.needs.read(text, body.kind, body.top).as_dict() for text in body.texts
        ]
    return NeedsFound(data=[TextRead.model_validate(each) for each in read])
