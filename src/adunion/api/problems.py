"""Errors as RFC 9457 problems: every answer that is not a success has this one shape."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from adunion.kernel.errors import AdUnionError, invalid, not_found

from .fields import NAMED, PRINTABLE, SAID, ULID

MEDIA_TYPE = "application/problem+json"
_ERRORS_MAX = 20
_WORDS = {
    "greater_than_equal": ("Must be {ge} or more", "Send {ge} or more."),
    "greater_than": ("Must be above {gt}", "Send more than {gt}."),
    "less_than_equal": ("Must be {le} or less", "Send {le} or less."),
    "less_than": ("Must be below {lt}", "Send less than {lt}."),
    "string_too_short": ("Is empty or too short", "Write {min_length} or more letters."),
    "string_too_long": ("Has more letters than {max_length}", "Shorten it to {max_length}."),
    "too_short": ("Is an empty or too short list", "Send {min_length} or more entries."),
    "too_long": ("Has more entries than {max_length}", "Send {max_length} or fewer."),
    "missing": ("Is missing", "Send it."),
    "extra_forbidden": ("Is not known here", "Leave it out, or check how it is written."),
    "finite_number": ("Is not a finite number", "Send a number."),
}
"""What a rule of the schema says, and what to do, by pydantic's type of error."""
_PATTERNS = {
    NAMED: (
        "Begins or ends with a space, or has a control character",
        "Write letters that can be shown, on one line.",
    ),
    PRINTABLE: ("Has a control character", "Write letters that can be shown, on one line."),
}


class FieldError(BaseModel):
    """One thing wrong with the request."""

    where: str = Field(description="`body`, `query`, `path` or `header`", examples=["body"])
    pointer: str = Field(
        description="RFC 6901 pointer into the body, or the parameter's name",
        examples=["/target_roi"],
    )
    detail: str = Field(examples=["Input should be greater than 0"])


class Problem(BaseModel):
    """What went wrong, where, and what to do next."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(examples=["urn:adunion:problem:not_found"])
    title: str = Field(description="The HTTP status in words", examples=["Not Found"])
    status: int = Field(examples=[404])
    code: str = Field(description="Stable, for programs", examples=["not_found"])
    detail: str = Field(description="For people", examples=["No plan with id 'cmp_...'."])
    hint: str | None = Field(None, description="What to do next")
    field: str | None = Field(None, description="The field or header that is wrong")
    errors: list[FieldError] | None = Field(
        None, description="Each bad field, if there are several"
    )


def problem(error: AdUnionError, headers: Mapping[str, str] | None = None) -> Response:
    """The response for an error of ours."""
    extra = dict(headers or {})
    if error.status == 401:
        extra["WWW-Authenticate"] = 'Bearer realm="adunion"'
    if "retry_after_s" in error.extra:
        extra["Retry-After"] = str(error.extra["retry_after_s"])
    return JSONResponse(error.problem(), error.status, extra, media_type=MEDIA_TYPE)


def of_validation(errors: Sequence[Any]) -> AdUnionError:
    """The 422 for a request that does not fit the schema; an id of another form is a 404.

    What one field's own rule says is the whole problem, as the command says it. The input is
    repeated only where a rule does, cut short.
    """
    for error in errors:
        if error["loc"][0] == "path" and error["type"] == "string_pattern_mismatch":
            kind = str(error["loc"][-1]).removesuffix("_id").replace("_", " ")
            return not_found(kind, _printable(str(error["input"]))[:60])
    found = [_field_error(error) for error in errors[:_ERRORS_MAX]]
    first = found[0]
    field = first.pointer.strip("/").replace("/", ".") or first.where
    if len(errors) == 1 and errors[0]["type"] == SAID:
        return invalid(field, first.detail, errors[0]["ctx"]["hint"])
    return AdUnionError(
        "invalid",
        f"{first.where}{first.pointer and f' {first.pointer}'}: {first.detail.rstrip('.')}.",
        422,
        field=field,
        hint=_hint(errors),
        extra={"errors": [error.model_dump() for error in found]},
    )


def of_http(error: HTTPException) -> AdUnionError:
    """Starlette's own errors: unknown route, wrong method, broken body."""
    codes = {404: "no_such_route", 405: "method_not_allowed", 413: "body_too_large"}
    hints = {404: "See /v1/openapi.json for the routes.", 405: "See the Allow header."}
    return AdUnionError(
        codes.get(error.status_code, "bad_request"),
        str(error.detail),
        error.status_code,
        hint=hints.get(error.status_code),
    )


def to_problem(error: Exception) -> Response:
    """The response for any error that a caller can mend."""
    if isinstance(error, AdUnionError):
        return problem(error)
    if isinstance(error, RequestValidationError):
        return problem(of_validation(error.errors()))
    assert isinstance(error, HTTPException)
    return problem(of_http(error), error.headers)


async def answer(_request: Request, error: Exception) -> Response:
    """Exception handler for the errors that `to_problem` knows."""
    return to_problem(error)


async def answer_unexpected(_request: Request, _error: Exception) -> Response:
    """Exception handler for a defect of ours: says nothing of its inside; the log has it."""
    return problem(
        AdUnionError(
            "internal",
            "Something went wrong on our side.",
            500,
            hint="Try again with the same Idempotency-Key.",
        )
    )


def _field_error(error: Mapping[str, Any]) -> FieldError:
    where, *path = (str(part) for part in error["loc"])
    if error["type"] == "json_invalid":
        return FieldError(where=where, pointer="", detail=f"not JSON at character {path[0]}")
    pointer = path[0] if where != "body" and path else "".join(f"/{_escape(p)}" for p in path)
    detail = _words(error)[0] or error["msg"].removeprefix("Value error, ")
    if error["type"] != SAID:
        detail = detail.rstrip(".")
    if error["type"] == "string_pattern_mismatch" and (prefix := _id_prefix(error)):
        detail = f"This is no id of its kind; those begin with {prefix}_"
    return FieldError(where=where, pointer=_printable(pointer)[:200], detail=detail)


def _hint(errors: Sequence[Any]) -> str:
    """What to do where one field is wrong and its rule has words; else where to look."""
    told = _words(errors[0])[1] if len(errors) == 1 else ""
    return told or "See errors for each field, and /v1/openapi.json for the schema."


def _words(error: Mapping[str, Any]) -> tuple[str, str]:
    """(what is wrong, what to do) of a rule of the schema; empty where pydantic's own must do."""
    context = error.get("ctx", {})
    if error["type"] == "string_pattern_mismatch":
        return _PATTERNS.get(str(context["pattern"]), ("", ""))
    detail, hint = _WORDS.get(error["type"], ("", ""))
    return detail.format(**context), hint.format(**context)


def _id_prefix(error: Mapping[str, Any]) -> str | None:
    """What ids begin with where one was wanted and something else came; None: another rule."""
    pattern = str(error["ctx"]["pattern"])
    return pattern[1:4] if re.fullmatch(rf"\^[a-z]{{3}}_{re.escape(ULID)}\$", pattern) else None


def _escape(part: str) -> str:
    return part.replace("~", "~0").replace("/", "~1")


def _printable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
