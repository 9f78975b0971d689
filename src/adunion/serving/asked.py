"""The body of a decide call: its schema, and a quick reading of what is plainly right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .answer import SLOTS_MAX
from .http import BODY_BYTES_MAX, of_validation

CART_ITEMS_MAX = 200
ITEM_LETTERS_MAX = 64
_Items = Annotated[
    list[Annotated[str, Field(max_length=ITEM_LETTERS_MAX)]], Field(max_length=CART_ITEMS_MAX)
]


class Context(BaseModel):
    """What the place is about; any may be absent."""

    model_config = ConfigDict(extra="forbid", strict=True)

    query: str = Field("", max_length=1_000)
    page: str = Field("", max_length=20_000, description="The page's text or topic")
    room: str = Field("", max_length=1_000, description="What a live room is about")
    cart: _Items = Field(default_factory=list)
    item: str | None = Field(None, max_length=ITEM_LETTERS_MAX, description="The item being viewed")
    region: str = Field("", max_length=32, description="Where it is asked from, coarsely: CN-31")


class DecideBody(BaseModel):
    """The body of `POST /v1/decide`."""

    model_config = ConfigDict(extra="forbid", strict=True)

    placement: str = Field(max_length=200, description="The placement's code")
    pseudonym: str | None = Field(None, description="The shopper; absent: unknown")
    context: Context = Field(default_factory=Context)
    locale: str = Field("zh-CN", max_length=35)
    slots: int | None = Field(None, ge=1, le=SLOTS_MAX, description="At most; absent: all")
    consent: bool = Field(False, description="Without it the context alone decides")
    link: str | None = Field(None, max_length=64, description="The publisher's link code")
    explain: bool = Field(False, description="Keep every candidate's parts for a later look-up")


class Asked(NamedTuple):
    """A `DecideBody` and its `Context` in one, read and right."""

    placement: str
    pseudonym: str | None = None
    locale: str = "zh-CN"
    slots: int | None = None
    consent: bool = False
    link: str | None = None
    explain: bool = False
    query: str = ""
    page: str = ""
    room: str = ""
    cart: Sequence[str] = ()
    item: str | None = None
    region: str = ""


def parse(given: object) -> Asked:
    """The body; raises a 422 for the first thing that the schema refuses."""
    asked = plain(given)
    if asked is not None:
        return asked
    try:
        body = dict(DecideBody.model_validate(given))
    except ValidationError as error:
        raise of_validation(error) from None
    context = dict(body.pop("context"))
    return Asked(**body, **context)


def plain(given: object) -> Asked | None:
    """A body in which everything is plainly right, read without a model; None: ask the schema."""
    if type(given) is not dict:
        return None
    body = given.copy()
    context = body.pop("context", _NOTHING)
    if type(context) is not dict or "placement" not in body:
        return None
    for name, value in body.items():
        if type(value) is str:
            right = len(value) <= _TEXTS.get(name, -1)
        elif type(value) is bool:
            right = name in _FLAGS
        else:
            right = name == "slots" and type(value) is int and 1 <= value <= SLOTS_MAX
        if not right:
            return None
    for name, value in context.items():
        if type(value) is str:
            right = len(value) <= _CONTEXT_TEXTS.get(name, -1)
        else:
            right = name == "cart" and type(value) is list and _are_items(value)
        if not right:
            return None
    return Asked(**body, **context)


def _are_items(cart: list[Any]) -> bool:
    return len(cart) <= CART_ITEMS_MAX and all(
        type(item) is str and len(item) <= ITEM_LETTERS_MAX for item in cart
    )


def _texts(model: type[BaseModel]) -> dict[str, int]:
    """The most letters of each field of a schema that is a text."""
    most = {}
    for name, field in model.model_fields.items():
        if field.annotation in (str, str | None):
            told = [each.max_length for each in field.metadata if hasattr(each, "max_length")]
            most[name] = min(told, default=BODY_BYTES_MAX)
    return most


_NOTHING: dict[str, Any] = {}
_TEXTS, _CONTEXT_TEXTS = _texts(DecideBody), _texts(Context)
_FLAGS = {name for name, each in DecideBody.model_fields.items() if each.annotation is bool}
