"""The hot path in the API's description: raw ASGI (`serving`), described here by hand.

Its requests are the models that serving and tracking check with; its answers are the models
below, which a test compares with real answers.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from pydantic.json_schema import models_json_schema

from adunion.serving.asked import DecideBody
from adunion.tracking.beacons import EVENTS_MAX
from adunion.tracking.schemas import IncomingEvent

from .fields import Money


class _Exact(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Slot(_Exact):
    """One slot filled; report what becomes of it with its token."""

    slot: int = Field(ge=0)
    item: str = Field(examples=["itm_01JBK3F9Z0A1B2C3D4E5F6G7H8"])
    title: str
    price: Money
    image_url: str
    sponsored: bool = Field(description="Whether its bid moved it here")
    label: str | None = Field(description="The word to show on a sponsored slot, else null")
    why: str = Field(description="Why it is here, in the locale's words")
    token: str = Field(description="Signed; send it back with events")
    link: str = Field(description="The item's page; empty where it has none")


class Decision(_Exact):
    """What to show, best first."""

    request: str = Field(examples=["req_01JBK3F9Z0A1B2C3D4E5F6G7H8"])
    decided_at: str = Field(examples=["2026-11-01T08:00:00Z"])
    slots: list[Slot]


class EventResult(_Exact):
    """What became of one event; `accepted` means that it is on disk."""

    status: Literal["accepted", "duplicate", "rejected"]
    order: str | None = Field(None, description="Our id of the order, of an order's events")
    code: str | None = Field(None, description="Of a rejected one: stable, for programs")
    reason: str | None = Field(None, description="Of a rejected one: for people")
    field: str | None = None
    hint: str | None = None


class EventResults(_Exact):
    """One result for each event, in their order."""

    results: list[EventResult]


def add_hot_path(spec: dict[str, Any]) -> None:
    """Put decide, events and links into an OpenAPI description, its problems included."""
    _, answers = models_json_schema(
        [(model, "serialization") for model in (Decision, EventResults)],
        ref_template="#/components/schemas/{model}",
    )
    spec["components"]["schemas"] |= (
        answers["$defs"]
        | _asked("decide", TypeAdapter(DecideBody))
        | _asked("event", TypeAdapter(IncomingEvent))
    )
    spec["paths"] |= {
        "/v1/decide": {"post": _decide()},
        "/v1/events": {"post": _events()},
        "/l/{code}": {"get": _link()},
    }


def _asked(name: str, model: TypeAdapter[Any]) -> dict[str, Any]:
    """The components of what is sent; names of their own, for the API has an OrderLine too."""
    schema = model.json_schema(ref_template=f"#/components/schemas/{name}.{{model}}")
    parts = {f"{name}.{part}": each for part, each in schema.pop("$defs").items()}
    return parts | {name: schema}


def _decide() -> dict[str, Any]:
    return _operation(
        "decide",
        "Decide what to show",
        "The items for up to `slots` slots of a placement, organic and sponsored ranked together. "
        "No key; any origin may call.",
        {"200": _answer("What to show", "Decision")},
        ("400", "404", "410", "413", "422", "429"),
        requestBody=_body({"$ref": "#/components/schemas/decide"}),
    )


def _events() -> dict[str, Any]:
    events = {"type": "array", "minItems": 1, "maxItems": EVENTS_MAX}
    return _operation(
        "events",
        "Report what happened",
        "Each event is checked on its own: a bad one is answered `rejected` with the reason and "
        "does not hold up the others. Beacons (impression to cart) prove themselves by their "
        "token; orders and their steps take the merchant's key.",
        {"202": _answer("Written durably", "EventResults")},
        ("400", "401", "413", "422", "429", "503"),
        security=[{}, {"bearer": []}],
        requestBody=_body(
            {
                "type": "object",
                "required": ["events"],
                "properties": {
                    "events": events | {"items": {"$ref": "#/components/schemas/event"}}
                },
            }
        ),
    )


def _link() -> dict[str, Any]:
    location = {"description": "The item's page", "schema": {"type": "string"}}
    code = {
        "name": "code", "in": "path", "required": True, "description": "The link's code",
        "schema": {"type": "string", "pattern": "^[a-z0-9]{1,64}$", "examples": ["7y3kq0w2m5x8"]},
    }  # fmt: skip
    return _operation(
        "follow_link",
        "Follow a link",
        "Notes the click, sets the cookie `adu_click` and redirects to the item's page.",
        {"302": {"description": "To the item", "headers": {"Location": location}}},
        ("404", "410", "429"),
        parameters=[code],
    )


def _operation(
    id_: str,
    summary: str,
    description: str,
    answers: dict[str, Any],
    problems: tuple[str, ...],
    **more: Any,
) -> dict[str, Any]:
    refused = {status: {"$ref": f"#/components/responses/Problem{status}"} for status in problems}
    return {
        "tags": ["hot path"],
        "summary": summary,
        "description": description,
        "operationId": id_,
        "x-roles": [],
        "security": [],
        "responses": answers | refused,
    } | more


def _body(schema: dict[str, Any]) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _answer(text: str, model: str) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{model}"}
    return {"description": text, "content": {"application/json": {"schema": schema}}}
