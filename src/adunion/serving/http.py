"""The little HTTP that the hot path needs: bodies in with a limit, JSON and problems out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import orjson
from pydantic import ValidationError

from adunion.kernel.errors import AdUnionError, invalid

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

BODY_BYTES_MAX = 1 << 20
_JSON = b"application/json"
_PROBLEM = b"application/problem+json"


class Gone(Exception):
    """The client hung up before its body was whole."""


def header(scope: Scope, name: bytes) -> str:
    """A request header, "" if absent."""
    for key, value in scope["headers"]:
        if key == name:
            return str(value.decode("latin-1"))
    return ""


async def read_json(scope: Scope, receive: Receive) -> object:
    """The body's JSON.

    Raises:
        AdUnionError: 413 `body_too_large`, 400 `bad_json`.
        Gone: the client hung up.
    """
    length = header(scope, b"content-length")
    if length.isdigit() and int(length[:12]) > BODY_BYTES_MAX:
        raise _too_large()
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        part = message.get("body", b"")
        size += len(part)
        if size > BODY_BYTES_MAX:
            raise _too_large()
        parts.append(part)
        more = message.get("more_body", False)
    try:
        return orjson.loads(parts[0] if len(parts) == 1 else b"".join(parts))
    except orjson.JSONDecodeError as error:
        raise AdUnionError(
            "bad_json",
            f"The body is not JSON in UTF-8: {error}.",
            400,
            hint="See docs/serving.md.",
        ) from None


def of_validation(error: ValidationError) -> AdUnionError:
    """The 422 for the first thing that a model refused; never repeats the input."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    field = ".".join(str(part) for part in first["loc"]) or "body"
    return invalid(field, f"{first['msg']}.")


async def reply(
    send: Send,
    status: int,
    body: bytes,
    headers: Headers,
    content_type: bytes = _JSON,
) -> None:
    """Send a whole response."""
    length = str(len(body)).encode()
    headers = [(b"content-type", content_type), (b"content-length", length), *headers]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def reply_problem(send: Send, error: AdUnionError, headers: Headers) -> None:
    """Send an error as an RFC 9457 problem, of the same shape as the API's."""
    if error.status == 401:
        headers = [*headers, (b"www-authenticate", b'Bearer realm="adunion"')]
    await reply(send, error.status, orjson.dumps(error.problem()), headers, _PROBLEM)


def _too_large() -> AdUnionError:
    return AdUnionError(
        "body_too_large", f"A body has at most {BODY_BYTES_MAX:,} bytes.", 413,
        hint="Send fewer events at a time.",
    )  # fmt: skip
