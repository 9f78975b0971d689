"""Events as the world sends them, one model and one JSON Schema each (`docs/events/`)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter

from .types import REFUND_NUMBER_MAX

AMOUNT_MINOR_MAX = 10**12
LINES_MAX = 200

_Token = Annotated[str, Field(max_length=512, description="The token of the slot, unchanged")]
_OrderId = Annotated[
    str,
    Field(
        min_length=1,
        max_length=128,
        pattern=r"^[^\x00-\x1f\x7f]+$",
        description="The merchant's own order number",
        examples=["A-1001"],
    ),
]
_At = Annotated[
    AwareDatetime | None,
    Field(strict=False, description="When it happened, RFC 3339; absent: now"),
]
_Shopper = Annotated[str, Field(description="A pseudonym, never an e-mail address or phone number")]
_Amount = Annotated[int, Field(ge=0, le=AMOUNT_MINOR_MAX, description="Integer minor units")]


class _Event(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    at: _At = None


class RequestEvent(_Event):
    """A place asked for items; the server writes it itself when it decides."""

    type: Literal["request"]
    placement: str = Field(description="The placement's code")
    text: str = Field("", description="The query or page topic")


class _Beacon(_Event):
    token: _Token


class ImpressionEvent(_Beacon):
    """A slot was seen: half of it in view for a second. A sponsored slot is charged now."""

    type: Literal["impression"]


class ClickEvent(_Beacon):
    """A slot was clicked; orders look back to it."""

    type: Literal["click"]


class VisitEvent(_Beacon):
    """The page of the item in the slot was opened."""

    type: Literal["visit"]


class FavouriteEvent(_Beacon):
    """The item in the slot was kept for later."""

    type: Literal["favourite"]


class CartEvent(_Beacon):
    """The item in the slot was put into the cart."""

    type: Literal["cart"]


class OrderLine(BaseModel):
    """One line of an order."""

    model_config = ConfigDict(extra="forbid", strict=True)

    item: str = Field(max_length=64, examples=["itm_01JBK3F9Z0A1B2C3D4E5F6G7H8"])
    quantity: int = Field(1, ge=1, le=100_000)
    amount_minor: _Amount


class _OrderStep(_Event):
    order_id: _OrderId
    token: _Token | None = Field(
        None, description="A slot's token: says who bought, and stands for a key in the demo shop"
    )


class OrderEvent(_OrderStep):
    """An order was placed with one merchant; lines are numbered from 1 in the order given."""

    type: Literal["order"]
    shopper: _Shopper | None = None
    lines: list[OrderLine] = Field(min_length=1, max_length=LINES_MAX)
    currency: str = Field(description="ISO 4217", examples=["CNY"])


class PaymentEvent(_OrderStep):
    """The order was paid."""

    type: Literal["payment"]
    amount_minor: _Amount = Field(0, description="0: the whole order")


class ReceiptEvent(_OrderStep):
    """The shopper has the goods; commission is held from now on."""

    type: Literal["receipt"]


class RefundEvent(_OrderStep):
    """Money of one line went back; refunds of a line are numbered from 0."""

    type: Literal["refund"]
    line: int = Field(ge=1, le=LINES_MAX)
    amount_minor: int = Field(gt=0, le=AMOUNT_MINOR_MAX, description="Integer minor units")
    number: int = Field(0, ge=0, le=REFUND_NUMBER_MAX)


BEACONS = (ImpressionEvent, ClickEvent, VisitEvent, FavouriteEvent, CartEvent)
ORDER_STEPS = (OrderEvent, PaymentEvent, ReceiptEvent, RefundEvent)

Beacon = ImpressionEvent | ClickEvent | VisitEvent | FavouriteEvent | CartEvent
OrderStep = OrderEvent | PaymentEvent | ReceiptEvent | RefundEvent
IncomingEvent = Beacon | OrderStep
incoming: TypeAdapter[IncomingEvent] = TypeAdapter(
    Annotated[IncomingEvent, Field(discriminator="type")]
)
"""Validates one event of a `POST /v1/events` body."""


def write_schemas(folder: Path) -> list[Path]:
    """Write one JSON Schema (draft 2020-12) for each event type; returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for model in (RequestEvent, *BEACONS, *ORDER_STEPS):
        name = str(model.model_fields["type"].annotation.__args__[0])  # type: ignore[union-attr]
        schema = model.model_json_schema()
        schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
        schema["$id"] = f"urn:adunion:event:{name}:1"
        path = folder / f"{name}.json"
        path.write_text(json.dumps(schema, indent=2, ensure_ascii=False) + "\n", "utf-8")
        written.append(path)
    return written
