"""What product pictures show, and which are alike."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as Base64Error
from typing import Annotated, Any

from pydantic import Field, WithJsonSchema

from adunion.api.deps import Caller, Services, seen_merchant
from adunion.api.fields import Body, MerchantId, Share, ShortText, View, Whole
from adunion.api.problems import Problem
from adunion.api.route import ANYONE_WITH_A_KEY, allow, router
from adunion.bootstrap.readings import PICTURES_MAX, PictureRead

routes = router("understanding", "understanding")
BODY_BYTES_MAX = 16_000_000
Base64 = Annotated[
    str,
    WithJsonSchema({"type": "string", "contentEncoding": "base64", "examples": ["iVBORw0K..."]}),
]


class OnePicture(Body):
    """A JPEG, PNG or WebP picture."""

    name: ShortText = ""
    data: Base64


class PicturesAsked(Body):
    """Pictures; what is wrong with one is said in its row and leaves the others as they are."""

    pictures: list[OnePicture] = Field(min_length=1, max_length=PICTURES_MAX)
    merchant_id: MerchantId | None = Field(
        None, description="Whose items are compared too; a merchant's own"
    )
    top: Annotated[int, Whole] = Field(5, ge=0, le=50, description="Similar pictures at most")


class Colour(View):
    """A colour, its share, CIELAB (D65) and its name."""

    share: Share
    lab: tuple[float, float, float]
    hex: str = Field(examples=["#2f4f6f"])
    name: str
    name_zh: str


class Style(View):
    """A word of a look, how well it fits, and the figures behind it."""

    word: str
    word_zh: str
    score: Share
    evidence: dict[str, float]


class Class(View):
    """A kind of product; the head that ships knows ten kinds of clothing."""

    label: str
    probability: Share


class SimilarPicture(View):
    """Another picture: one that was sent (`picture`, from 0) or an item's."""

    picture: int | None
    item_id: str | None
    title: str
    similarity: float = Field(description="Cosine of shape and colour")
    same: bool = Field(description="One picture, scaled or saved again")


class ShownPicture(View):
    """What one picture shows."""

    width: int
    height: int
    palette: list[Colour]
    background: Colour
    colourfulness: float = Field(description="Hasler and Suesstrunk (2003); 1: extremely colourful")
    clutter: Share = Field(description="Of edges around the product")
    texture: Share = Field(description="Of fine detail inside it")
    shape: dict[str, float]
    layout: dict[str, float]
    styles: list[Style]
    classes: list[Class]
    hash: str = Field(description="64 bits; pictures that differ in 10 or fewer are one")
    similar: list[SimilarPicture]


class PictureRow(View):
    """One picture that was sent, or what is wrong with it."""

    name: str
    shows: ShownPicture | None
    problem: Problem | None


class PicturesFound(View):
    """One row for each picture, in order."""

    data: list[PictureRow]


@routes.post(
    "/pictures",
    openapi_extra=allow(*ANYONE_WITH_A_KEY, writes=False, body_bytes_max=BODY_BYTES_MAX),
    summary="Read pictures and find similar ones",
)
def read_pictures(services: Services, caller: Caller, body: PicturesAsked) -> PicturesFound:
    """Palette, style words with evidence, class, and pictures like it."""
    given = [(one.name, bytes_of(one.data)) for one in body.pictures]
    merchant = seen_merchant(caller, body.merchant_id)
    found = services.readings.pictures(given, merchant, body.top)
    return PicturesFound(data=[_row(one) for one in found])


def bytes_of(data: str) -> bytes:
    """Empty where it is no base64, which is then said like any bytes that are no picture."""
    try:
        return b64decode(data, validate=True)
    except (Base64Error, ValueError):
        return b"not base64"


def _row(one: PictureRead) -> PictureRow:
    if one.reading is None:
        assert one.problem is not None
        problem = Problem.model_validate(one.problem.problem())
        return PictureRow(name=one.name, shows=None, problem=problem)
    similar: list[dict[str, Any]] = [
        {"picture": like.picture, "item_id": like.item or None, "title": like.title,
         "similarity": like.similarity, "same": like.same}
        for like in one.like
    ]  # fmt: skip
    shows = ShownPicture.model_validate(one.reading.as_dict() | {"similar": similar})
    return PictureRow(name=one.name, shows=shows, problem=None)
