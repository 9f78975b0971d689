"""Titles into their parts, with what to mend."""

from __future__ import annotations

from dataclasses import asdict
from typing import Literal

from pydantic import Field

from adunion.advice import TITLE_ADVICE
from adunion.api.deps import Services
from adunion.api.fields import Body, Share, View
from adunion.api.route import ANYONE_WITH_A_KEY, allow, router
from adunion.bootstrap.readings import TITLES_MAX

routes = router("understanding", "understanding")


class TitlesAsked(Body):
    """Titles of items; of a long one the first 2,000 characters are read."""

    titles: list[str] = Field(min_length=1, max_length=TITLES_MAX)


class TitleSpan(View):
    """Unicode characters [start, end) of the title and what they name."""

    start: int
    end: int
    tag: Literal["product", "brand", "model", "attribute"]
    text: str
    probability: Share


class Advice(View):
    """What to mend."""

    code: str = Field(examples=["no_brand"])
    text: str


class TitleRead(View):
    """A title's parts in order; its words are the parts and what stands between them."""

    title: str = Field(description="As read")
    spans: list[TitleSpan]
    words: list[str]
    advice: list[Advice]


class TitlesFound(View):
    """One reading for each title, in order."""

    data: list[TitleRead]


@routes.post(
    "/titles",
    openapi_extra=allow(*ANYONE_WITH_A_KEY, writes=False),
    summary="Read parts of titles",
)
def read_titles(services: Services, body: TitlesAsked) -> TitlesFound:
    """Product, brand, model and attributes of each title, and what to mend in it."""
    data = []
    for read, codes in services.readings.titles(body.titles):
        advice = [Advice(code=code, text=TITLE_ADVICE[code]) for code in codes]
        data.append(TitleRead.model_validate(asdict(read) | {"advice": advice}))
    return TitlesFound(data=data)
