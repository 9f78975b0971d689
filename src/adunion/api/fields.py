"""The field types that bodies and parameters are made of; each says in its schema what it takes.

Everything that PostgreSQL or a calendar would refuse (NUL, integers over 64 bits, 30 February) is
refused here, with the field, as a 422.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Query
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from adunion.kernel.clock import rfc3339
from adunion.kernel.errors import AdUnionError, invalid
from adunion.kernel.money import _CODES, MINOR_MAX, exponent

ULID = "[0-7][0-9A-HJKMNP-TV-Z]{25}"
_CONTROL = r"\x00-\x1f\x7f-\x9f"
PRINTABLE = rf"^[^{_CONTROL}]*$"
NAMED = rf"^[^\s{_CONTROL}]([^{_CONTROL}]*[^\s{_CONTROL}])?$"
_KEY = rf"^[^\s{_CONTROL}]([^{_CONTROL}]{{0,98}}[^\s{_CONTROL}])?$"
_URL = rf"^(https?://[^\s\"<>\\^`{{|}}{_CONTROL}]+)?$"
_DATE = (  # the days of 2000 to 2099 that exist
    r"(20[0-9]{2}-((0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])|(0[13-9]|1[0-2])-(29|30)"
    r"|(0[13578]|1[02])-31)|20([02468][048]|[13579][26])-02-29)"
)
_TIME = (
    rf"^{_DATE}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{{1,6}})?"
    r"(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9])$"
)
SAID = "said"
"""The type of a validation error that has the words of a room, and its hint."""
_IS_TIME = re.compile(_TIME, re.ASCII)


class Body(BaseModel):
    """What is sent: nothing coerced, nothing unknown."""

    model_config = ConfigDict(extra="forbid", strict=True)


class View(BaseModel):
    """What is answered; read from the attributes of a record."""

    model_config = ConfigDict(from_attributes=True)


def _parse_time(value: Any) -> Any:
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not _IS_TIME.match(value):
        raise ValueError("Write a time like 2026-11-01T08:00:00Z, from 2000 to 2099.")
    return datetime.fromisoformat(value).astimezone(UTC)


def _whole(value: Any) -> Any:
    """JSON has one kind of number: 48.0 is an integer too (JSON Schema 2020-12, 6.1.1)."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _check_currency(code: str) -> str:
    try:
        exponent(code)
    except AdUnionError as error:
        raise ValueError(error.message) from None
    return code


def said_by(check: Callable[[Any], object]) -> BeforeValidator:
    """Refuse what a room's check refuses, in its words; the schema says the same in numbers."""

    def checked(value: Any) -> Any:
        try:
            check(value)
        except AdUnionError as error:
            told = {"detail": error.message, "hint": error.hint}
            raise PydanticCustomError(SAID, "{detail}", told) from None
        return value

    return BeforeValidator(checked)


def id_of(prefix: str) -> StringConstraints:
    """The constraint of an id of one kind: its prefix and a ULID."""
    return StringConstraints(pattern=f"^{prefix}_{ULID}$")


MerchantId = Annotated[str, id_of("mer")]
ItemId = Annotated[str, id_of("itm")]
PlanId = Annotated[str, id_of("cmp")]
BudgetId = Annotated[str, id_of("bud")]
PublisherId = Annotated[str, id_of("pub")]
PlacementId = Annotated[str, id_of("plc")]
LinkId = Annotated[str, id_of("lnk")]
OrderId = Annotated[str, id_of("ord")]
KeyId = Annotated[str, id_of("key")]
CommissionId = Annotated[str, id_of("com")]
StatementId = Annotated[str, id_of("stm")]
TransferId = Annotated[str, id_of("txn")]
RequestId = Annotated[str, id_of("req")]
RejectionId = Annotated[str, id_of("rej")]
AnyId = Annotated[str, id_of("[a-z]{3}")]

Name = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=NAMED)]
Text = Annotated[str, StringConstraints(max_length=2_000, pattern=PRINTABLE)]
ShortText = Annotated[str, StringConstraints(max_length=100, pattern=PRINTABLE)]
Account = Annotated[str, StringConstraints(pattern=r"^[a-z]+(:[A-Za-z0-9_]*){0,3}$", max_length=80)]
Whole = BeforeValidator(_whole)
PositiveMinor = Annotated[int, Field(ge=1, le=MINOR_MAX), Whole]
Key = Annotated[str, StringConstraints(pattern=_KEY)]
NAMED_KEYS: JsonDict = {
    "additionalProperties": False
}  # pydantic leaves it out for keys with a pattern
Title = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=NAMED)]
Url = Annotated[str, StringConstraints(max_length=2_000, pattern=_URL)]
Count = Annotated[int, Field(ge=0, le=2**31 - 1), Whole]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Currency = Annotated[
    str,
    AfterValidator(_check_currency),
    WithJsonSchema(
        {"type": "string", "enum": sorted(_CODES), "description": "ISO 4217", "examples": ["CNY"]}
    ),
]
When = Annotated[
    datetime,
    BeforeValidator(_parse_time),
    PlainSerializer(rfc3339, return_type=str, when_used="json"),
    WithJsonSchema(
        {
            "type": "string",
            "format": "date-time",
            "pattern": _TIME,
            "description": "RFC 3339; answered in UTC",
            "examples": ["2026-11-01T08:00:00Z"],
        }
    ),
]


class Money(View):
    """An amount of one currency in integer minor units (CNY 15.00 is 1500, JPY 15 is 15)."""

    amount_minor: int = Field(examples=[1500])
    currency: str = Field(description="ISO 4217", examples=["CNY"])


class NewMoney(Body):
    """An amount above zero, sent."""

    amount_minor: PositiveMinor = Field(examples=[1500])
    currency: Currency


def money(amount_minor: int, currency: str) -> Money:
    """An amount, as it is answered."""
    return Money(amount_minor=amount_minor, currency=currency)


T = TypeVar("T", bound=BaseModel)


class Page(BaseModel, Generic[T]):
    """One page of a list, newest first."""

    data: list[T]
    has_more: bool = Field(description="Whether the direction asked for goes on")
    next: str | None = Field(
        description="Send it as the same cursor (`starting_after`, or `ending_before` where that "
        "was sent) to go on; null at the end"
    )


class Cursor(BaseModel):
    """Where in a list to read: the query parameters of every list."""

    model_config = ConfigDict(extra="ignore")

    limit: int = Field(50, ge=1, le=200, description="At most so many")
    starting_after: AnyId | None = Field(None, description="Rows older than this id")
    ending_before: AnyId | None = Field(None, description="Rows newer than this id")

    @model_validator(mode="after")
    def _one_direction(self) -> Cursor:
        if self.starting_after is not None and self.ending_before is not None:
            raise invalid("ending_before", "Send starting_after or ending_before, not both.")
        return self

    @property
    def backwards(self) -> bool:
        """Whether the page before is asked for."""
        return self.ending_before is not None


CursorQuery = Annotated[Cursor, Query()]


def page(rows: Sequence[T], has_more: bool, cursor: Cursor) -> Page[T]:
    """The page, with where to go on; rows must have an `id`."""
    edge = rows[0 if cursor.backwards else -1] if rows and has_more else None
    return Page(data=list(rows), has_more=has_more, next=None if edge is None else edge.id)  # type: ignore[attr-defined]
