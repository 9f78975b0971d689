"""Who is asking, may they, and did the form come from our own page."""

from __future__ import annotations

from hmac import compare_digest
from typing import Annotated

from fastapi import Depends, Request
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from adunion.kernel.errors import AdUnionError
from adunion.trust import Principal, Role

SESSION_COOKIE = "adunion_session"
CSRF_COOKIE = "adunion_csrf"
BODY_BYTES_MAX = 1_000_000
UPLOADS = {
    "/merchant/content": 8_000_000,
    "/merchant/content/pictures": 16_000_000,
    "/publisher/page": 8_000_000,
    "/operator/safety": 8_000_000,
}
"""Forms that take more, with as many bytes."""
_READS = ("GET", "HEAD", "OPTIONS")

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; "
        "img-src 'self' data: https:; connect-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'; object-src 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def add_security_headers(headers: MutableHeaders) -> None:
    """Set what is missing; a page is not cached unless it says so."""
    for name, value in _HEADERS.items():
        headers.setdefault(name, value)
    headers.setdefault("Cache-Control", "no-store")


class SignInNeeded(Exception):
    """The page is for someone signed in; the browser is sent to sign in and back."""


class SecurityHeaders:
    """Sets the security headers on every answer; pages are not cached unless they say so."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, adding headers to the answer."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                add_security_headers(MutableHeaders(scope=message))
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] == "http" else send)


def principal(request: Request) -> Principal | None:
    """Who is signed in, looked up once per request."""
    return _session(request)[0]


def csrf_token(request: Request) -> str:
    """The token that this browser's forms carry: the session's, or the visitor's cookie."""
    return _session(request)[1]


def require(*roles: Role) -> object:
    """A dependency: the principal, who must have one of the roles; 403 otherwise."""

    def check(request: Request) -> Principal:
        who = principal(request)
        if who is None:
            raise SignInNeeded
        if who.role not in roles:
            raise AdUnionError(
                "wrong_role",
                f"This page is for the {' or '.join(roles)}; you are signed in as {who.role}.",
                403,
                hint="Sign in with another account.",
            )
        return who

    return check


def too_large(request: Request) -> AdUnionError | None:
    """What is said to a form of more bytes than its page takes, before any of it is read."""
    if request.method in _READS:
        return None
    most = UPLOADS.get(request.url.path, BODY_BYTES_MAX)
    length = request.headers.get("content-length", "0")
    endless = "transfer-encoding" in request.headers  # browsers always name a form's length
    if endless or not length.isdecimal() or int(length) > most:
        return AdUnionError("too_large", f"The form is larger than {most // 10**6} MB.", 413)
    return None


async def check_csrf(request: Request) -> None:
    """Refuse a write that does not carry our token or comes from another origin."""
    if request.method in _READS:
        return
    given = request.headers.get("x-csrf-token")
    if given is None:
        found = (await request.form()).get("csrf", "")
        given = found if isinstance(found, str) else ""
    expected = csrf_token(request)
    if not expected or not compare_digest(given.encode(), expected.encode()):
        raise AdUnionError(
            "csrf", "The form is out of date.", 403, hint="Load the page again and repeat."
        )


def _session(request: Request) -> tuple[Principal | None, str]:
    if not hasattr(request.state, "session"):
        found = None
        if token := request.cookies.get(SESSION_COOKIE):
            found = request.app.state.services.identity.session(token)
        request.state.session = found or (None, request.cookies.get(CSRF_COOKIE, ""))
    session: tuple[Principal | None, str] = request.state.session
    return session


Merchant = Annotated[Principal, Depends(require(Role.MERCHANT))]
Publisher = Annotated[Principal, Depends(require(Role.PUBLISHER))]
Operator = Annotated[Principal, Depends(require(Role.OPERATOR))]
"""Who a page is for: the type of its function's argument."""
