"""The field types that bodies and parameters are made of; each says in its schema what it takes.

Everything that PostgreSQL or a clock would refuse (NUL, lone surrogates, integers over 64 bits,
times beyond the calendar) is refused here, with the field, as a 422.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

from fastapi import Path, Query
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)

from adunion.kernel.clock import rfc3339
from adunion.kernel.money import MINOR_MAX, exponent

_PRINTABLE = r"^[^\x00-\x1f\x7f-\x9f]*$"
_ID = "[0-7][0-9A-HJKMNP-TV-Z]{25}"
_TIME = (
    r"^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
    r"(\.[0-9]{1,6})?(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9])$"
)


class Body(BaseModel):
    """What is sent: nothing coerced, nothing unknown."""

    model_config = ConfigDict(extra="forbid", strict=True)


class View(BaseModel):
    """What is answered; read from the attributes of a record."""

    model_config = ConfigDict(from_attributes=True)


def id_pattern(prefix: str) -> str:
    """The pattern of an id of one kind: `itm_` and a ULID."""
    return f"^{prefix}_{_ID}$"


def _id(prefix: str) -> Any:
    return StringConstraints(pattern=id_pattern(prefix), strict=True)


def _is_text(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError("write a time as text, like 2026-11-01T08:00:00Z")
    return value


def _currency(code: str) -> str:
    exponent(code)
    return code


def _known_currency(code: str) -> str:
    try:
        return _currency(code)
    except Exception as error:  # AdUnionError is no ValueError, which pydantic wants
        raise ValueError(str(error)) from None


MerchantId = Annotated[str, _id("mer")]
ItemId = Annotated[str, _id("itm")]
PlanId = Annotated[str, _id("cmp")]
PublisherId = Annotated[str, _id("pub")]
PlacementId = Annotated[str, _id("plc")]
LinkId = Annotated[str, _id("lnk")]
OrderId = Annotated[str, _id("ord")]
KeyId = Annotated[str, _id("key")]
AnyId = Annotated[str, StringConstraints(pattern=f"^[a-z]{{3}}_{_ID}$")]

Name = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x20\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"),
]
Text = Annotated[str, StringConstraints(max_length=2_000, pattern=_PRINTABLE)]
Search = Annotated[str, StringConstraints(max_length=200, pattern=_PRINTABLE)]
Minor = Annotated[int, Field(ge=0, le=MINOR_MAX, strict=True)]
PositiveMinor = Annotated[int, Field(ge=1, le=MINOR_MAX, strict=True)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
"""E."""
