"""One route class for the whole API: who may call, how often, and each write only once.

The order is fixed: key (401), rate (429), role (403), idempotency key (400), then the request's
own validation (422), so that a stranger learns nothing from a route's schema.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Coroutine
from hashlib import sha256
from typing import Any

import orjson
from fastapi import APIRouter, Request, Response
from fastapi import HTTPException as BodyError  # the only one that FastAPI lets out of a body
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from adunion.kernel.errors import AdUnionError
from adunion.trust import Allowance, Answer, Principal, Role

from . import problems

BODY_BYTES_MAX = 4_000_000
KEY_HEADER = "Idempotency-Key"
KEY_LENGTH_MAX = 255
KEY_PATTERN = rf"^[!-~]{{1,{KEY_LENGTH_MAX}}}$"
_KEY = re.compile(KEY_PATTERN)
_WRITES = frozenset(("POST", "PUT", "PATCH", "DELETE"))


def allow(
    *roles: Role,
    shown_once: str | None = None,
    writes: bool = True,
    body_bytes_max: int = BODY_BYTES_MAX,
) -> dict[str, Any]:
    """A route's `openapi_extra`: the roles that may call it; none: anybody, without a key.

    `shown_once` names a member of the answer that is never stored, so a replay shows null. A POST
    that only reads (`writes=False`) needs no idempotency key, and may be told to wait (503).
    """
    extra: dict[str, Any] = {
        "x-roles": [role.value for role in roles],
        "security": [{"bearer": []}] if roles else [],
    }
    if not writes:
        extra["x-reads"] = True
    if body_bytes_max != BODY_BYTES_MAX:
        extra["x-body-bytes-max"] = body_bytes_max
    return extra | ({"x-shown-once": shown_once} if shown_once else {})


ANYONE_WITH_A_KEY = tuple(Role)


class _LimitedRequest(Request):
    """A request whose body may not be larger than its route says, nor say a thing twice."""

    body_bytes_max = BODY_BYTES_MAX

    async def body(self) -> bytes:
        if not hasattr(self, "_limited"):
            size, chunks = 0, []
            async for chunk in self.stream():
                size += len(chunk)
                if size > self.body_bytes_max:
                    raise HTTPException(413, f"A body has at most {self.body_bytes_max} bytes.")
                chunks.append(chunk)
            self._limited = b"".join(chunks)
        return self._limited

    async def json(self) -> Any:
        return json.loads(await self.body(), object_pairs_hook=_each_once)


def _each_once(members: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose names are unique (RFC 8259, section 4), so that no reader is misled."""
    found = dict(members)
    if len(found) < len(members):
        names = [name for name, _ in members]
        twice = next(name for name in names if names.count(name) > 1)
        raise BodyError(400, f"The body names {twice[:60]!r} twice in one object.")
    return found


class ApiRoute(APIRoute):
    """A route that says who may call it (by `allow`) and is wrapped in the checks above."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        extra = options.get("openapi_extra") or {}
        if "x-roles" not in extra:
            raise TypeError(f"{path}: say who may call it with openapi_extra=allow(...)")
        self.roles = frozenset(Role(role) for role in extra["x-roles"])
        self.shown_once: str | None = extra.get("x-shown-once")
        self.reads: bool = extra.get("x-reads", False)
        self.body_bytes_max: int = extra.get("x-body-bytes-max", BODY_BYTES_MAX)
        super().__init__(path, endpoint, **options)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler inside ours."""
        inner = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            principal, refusal = await _identify(request) if self.roles else (None, None)
            allowance = request.app.state.limits.take(_caller(request, principal))
            if not allowance.allowed:
                response = problems.problem(_too_many(allowance))
            elif refusal is not None:
                response = problems.problem(refusal)
            else:
                limited = _LimitedRequest(request.scope, request.receive)
                limited.body_bytes_max = self.body_bytes_max
                response = await self._answer(limited, principal, inner)
            response.headers.update(_rate_headers(allowance))
            return response

        return guarded

    async def _answer(
        self, request: _LimitedRequest, principal: Principal | None, inner: _Handler
    ) -> Response:
        try:
            if principal is not None and principal.role not in self.roles:
                raise AdUnionError(
                    "forbidden",
                    f"A {principal.role.value} key may not do this.",
                    403,
                    hint=f"Use a key of: {', '.join(sorted(self.roles))}.",
                )
            if principal is not None and request.method in _WRITES and not self.reads:
                return await self._once(request, principal, inner)
            return await inner(request)
        except (AdUnionError, RequestValidationError, HTTPException) as error:
            return problems.to_problem(error)

    async def _once(
        self, request: _LimitedRequest, principal: Principal, inner: _Handler
    ) -> Response:
        """Run a write unless it ran before; a failure of ours frees the key."""
        writes = request.app.state.writes
        key = _idempotency_key(request)
        wanted = sha256(
            f"{request.method} {request.url.path}?{request.url.query}\n".encode()
            + await request.body()
        ).digest()
        done = await run_in_threadpool(writes.claim, principal.id, key, wanted)
        if done is not None:
            media = problems.MEDIA_TYPE if done.status >= 400 else "application/json"
            return Response(
                done.body, done.status, {"Idempotent-Replayed": "true"}, media_type=media
            )
        request.state.idempotency_key = f"{principal.id}:{key}"
        try:
            response = await _run(request, inner)
        except BaseException:
            await run_in_threadpool(writes.abandon, principal.id, key)
            raise
        answer = Answer(response.status_code, self._storable(bytes(response.body)))
        await run_in_threadpool(writes.finish, principal.id, key, answer)
        return response

    def _storable(self, body: bytes) -> bytes:
        if self.shown_once is None:
            return body
        members = orjson.loads(body)
        if self.shown_once in members:
            members[self.shown_once] = None
        return orjson.dumps(members)


def router(path: str, tag: str) -> APIRouter:
    """A router of `/v1/{path}` whose routes are all `ApiRoute`."""
    return APIRouter(prefix=f"/v1/{path}", tags=[tag], route_class=ApiRoute)


_Handler = Callable[[Request], Coroutine[Any, Any, Response]]


async def _run(request: Request, inner: _Handler) -> Response:
    """The handler's answer; a refusal is an answer too, and is kept like one."""
    try:
        return await inner(request)
    except (AdUnionError, RequestValidationError, HTTPException) as error:
        return problems.to_problem(error)


def _idempotency_key(request: Request) -> str:
    key = request.headers.get(KEY_HEADER, "")
    if not key:
        raise AdUnionError(
            "idempotency_key_required",
            "Every write needs an Idempotency-Key header.",
            400,
            field=KEY_HEADER,
            hint="Send a new random UUID for each write, and the same one when you retry it.",
        )
    if not _KEY.fullmatch(key):
        raise AdUnionError(
            "idempotency_key_invalid",
            f"An Idempotency-Key is 1 to {KEY_LENGTH_MAX} printable ASCII characters, no spaces.",
            400,
            field=KEY_HEADER,
        )
    return key


async def _identify(request: Request) -> tuple[Principal | None, AdUnionError | None]:
    """Who is calling, or why we cannot tell."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        refusal = AdUnionError(
            "unauthenticated",
            "This needs an API key.",
            401,
            hint="Send `Authorization: Bearer adu_...`.",
        )
        return None, refusal
    identity = request.app.state.services.identity
    try:
        principal: Principal = await run_in_threadpool(identity.authenticate, secret.strip())
    except AdUnionError as refusal:
        return None, refusal
    request.state.principal = principal
    return principal, None


def _caller(request: Request, principal: Principal | None) -> str:
    if principal is not None:
        return principal.id
    return f"ip:{request.client.host if request.client else 'local'}"


def _too_many(allowance: Allowance) -> AdUnionError:
    return AdUnionError(
        "rate_limited",
        f"More than {allowance.limit} calls a minute.",
        429,
        hint=f"Wait {allowance.retry_after_s} seconds.",
        extra={"retry_after_s": allowance.retry_after_s},
    )


def _rate_headers(allowance: Allowance) -> dict[str, str]:
    return {
        "RateLimit-Limit": str(allowance.limit),
        "RateLimit-Remaining": str(allowance.remaining),
        "RateLimit-Reset": str(allowance.reset_s),
    }
