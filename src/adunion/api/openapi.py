"""The OpenAPI 3.1 description: FastAPI's, with what every route here has in common."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from adunion import __version__

from .hot_path import add_hot_path
from .problems import MEDIA_TYPE, Problem
from .route import KEY_HEADER, KEY_PATTERN

_ABOUT = """The API of an AdUnion market.

* **Keys.** `Authorization: Bearer adu_...`; a key speaks for a merchant, a publisher or the
  operator and sees only its own party's records.
* **Writes** need an `Idempotency-Key` header (a POST that only reads needs none). Sent again
  within 24 hours, the same request gives the first answer with `Idempotent-Replayed: true`;
  another request under the same key is refused (422).
* **Errors** are RFC 9457 problems with a stable `code`.
* **Money** is an integer of minor units with its ISO 4217 currency; **times** are RFC 3339 in UTC.
* **Lists** are newest first: follow `next` with `starting_after`, or go back with `ending_before`.
"""
_WRITES = ("post", "put", "patch", "delete")
_RATE_HEADERS = {
    "RateLimit-Limit": "Calls that may be made at once",
    "RateLimit-Remaining": "Calls left now",
    "RateLimit-Reset": "Seconds until all are left again",
}
_PROBLEMS = {
    "400": "Not readable, or no Idempotency-Key",
    "401": "No key, or one that is unknown or revoked",
    "403": "Not for this role",
    "404": "No such record, or another party's",
    "409": "Contradicts the present state",
    "410": "A link that was switched off",
    "413": "The body is too large",
    "422": "A field is wrong",
    "429": "Too many calls; see Retry-After",
    "500": "Our mistake",
    "503": "Not now; try again shortly",
}


def describe(app: FastAPI) -> dict[str, Any]:
    """The description as JSON; built once."""
    if app.openapi_schema is None:
        spec = get_openapi(
            title="AdUnion",
            version=__version__,
            openapi_version="3.1.0",
            description=_ABOUT,
            routes=app.routes,
        )
        _add_components(spec["components"])
        for methods in spec["paths"].values():
            for method, operation in methods.items():
                _complete(method, operation)
        add_hot_path(spec)
        _add_rate_headers(spec)
        app.openapi_schema = spec
    return app.openapi_schema


def _add_components(components: dict[str, Any]) -> None:
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    components["schemas"] |= schema.pop("$defs") | {"Problem": schema}
    for unused in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(unused, None)
    components["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "adu_..."}
    }
    components["parameters"] = {
        "IdempotencyKey": {
            "name": KEY_HEADER,
            "in": "header",
            "required": True,
            "description": "A new random UUID for each write; the same one when it is retried",
            "schema": {
                "type": "string",
                "pattern": KEY_PATTERN,
                "examples": ["7f2f6a0e-5a8c-4f0e-9d1f-1d8c4c1f6c55"],
            },
        }
    }
    components["responses"] = {
        f"Problem{status}": {
            "description": text,
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status, text in _PROBLEMS.items()
    }
    components["headers"] = {
        name: {"description": text, "schema": {"type": "integer", "minimum": 0}}
        for name, text in _RATE_HEADERS.items()
    }


def _complete(method: str, operation: dict[str, Any]) -> None:
    keyed = bool(operation["x-roles"])
    reads = operation.get("x-reads", False)
    sends = method in _WRITES and keyed
    if sends and not reads:
        reference = {"$ref": "#/components/parameters/IdempotencyKey"}
        operation.setdefault("parameters", []).append(reference)
    answers = operation["responses"]
    answers.pop("422", None)
    for status in _PROBLEMS:
        if status == "410" or (status == "503" and not reads):
            continue
        if status in ("401", "403") and not keyed:
            continue
        if (status in ("400", "413") and not sends) or (status == "409" and (reads or not sends)):
            continue
        answers[status] = {"$ref": f"#/components/responses/Problem{status}"}


def _add_rate_headers(spec: dict[str, Any]) -> None:
    headers = {name: {"$ref": f"#/components/headers/{name}"} for name in _RATE_HEADERS}
    for methods in spec["paths"].values():
        for operation in methods.values():
            for answer in operation["responses"].values():
                if "$ref" not in answer:
                    answer["headers"] = answer.get("headers", {}) | headers
