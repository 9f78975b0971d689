"""The hot path as a raw ASGI application: decide, events, links."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from hashlib import blake2b
from urllib.parse import unquote

import orjson

from adunion.kernel.errors import AdUnionError
from adunion.trust.limits import Allowance, TokenBuckets

from .decide import decide_one
from .http import Gone, Headers, Receive, Scope, Send, header, read_json, reply, reply_problem
from .link import follow, set_cookie
from .types import IntakePort, MarketPort

CALLS_PER_SECOND = 200
BURST_CALLS = 1_000
UNLIMITED = 10**9
KEYS_REMEMBERED_MAX = 10_000
_LINKS = "/l/"
_ANY_ORIGIN: Headers = [(b"access-control-allow-origin", b"*")]
_PREFLIGHT: Headers = [
    *_ANY_ORIGIN,
    (b"access-control-allow-methods", b"POST"),
    (b"access-control-allow-headers", b"authorization, content-type"),
    (b"access-control-max-age", b"86400"),
]
_log = logging.getLogger(__name__)
_Route = Callable[[Scope, Receive, Send, Headers], Awaitable[None]]


class ServingApp:
    """`POST /v1/decide`, `POST /v1/events`, `GET /l/{code}`.

    Decide and events may be called from any origin: they read no cookie. Events are answered
    when they are durable. `close` at shutdown writes what still waits.

    Args:
        market: what to serve from.
        intake: where events go.
        burst_calls: calls that one address, or one key that proved good, may make at once,
            refilled at `calls_per_second`.
    """

    def __init__(
        self,
        market: MarketPort,
        intake: IntakePort,
        burst_calls: int = BURST_CALLS,
        calls_per_second: int = CALLS_PER_SECOND,
    ) -> None:
        self._market = market
        self._intake = intake
        self._buckets = TokenBuckets(market.clock, burst_calls, burst_calls / calls_per_second)
        self._known_keys: set[str] = set()
        self._routes: dict[str, tuple[str, _Route]] = {
            "/v1/decide": ("POST", self._decide),
            "/v1/events": ("POST", self._events),
        }

    @classmethod
    def limited(cls, market: MarketPort, intake: IntakePort, calls_per_second: int) -> ServingApp:
        """With the limit that the settings name, and five seconds' calls at once; 0: no limit."""
        rate = calls_per_second or UNLIMITED
        return cls(market, intake, 5 * rate, rate)

    @staticmethod
    def handles(path: str) -> bool:
        """Whether a path is this application's."""
        return path in ("/v1/decide", "/v1/events") or path.startswith(_LINKS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI 3, http only)."""
        headers: Headers = []
        try:
            method, route = self._route(scope["path"])
            if method == "POST":
                headers = list(_ANY_ORIGIN)
                if scope["method"] == "OPTIONS":
                    await reply(send, 204, b"", _PREFLIGHT)
                    return
            if scope["method"] != method and not (scope["method"] == "HEAD" and method == "GET"):
                headers.append((b"allow", method.encode()))
                raise AdUnionError(
                    "method_not_allowed", f"Use {method} here.", 405, hint="See the Allow header."
                )
            self._limit(scope, headers)
            await route(scope, receive, send, headers)
        except AdUnionError as error:
            await reply_problem(send, error, headers)
        except Gone:
            _log.debug("client hung up on %s", scope["path"])

    async def close(self) -> None:
        """Write what still waits."""
        await self._intake.flush()

    def _route(self, path: str) -> tuple[str, _Route]:
        if path.startswith(_LINKS):
            return "GET", self._link
        found = self._routes.get(path)
        if found is None:
            raise AdUnionError("no_such_route", "There is nothing here.", 404)
        return found

    def _limit(self, scope: Scope, headers: Headers) -> None:
        """Count the call against its key, if we know it, or address; say what is left."""
        key = _key_digest(scope)
        client = scope.get("client")
        caller = key if key in self._known_keys else client[0] if client else ""
        allowance = self._buckets.take(caller)
        headers += _limit_headers(allowance)
        if not allowance.allowed:
            headers.append((b"retry-after", str(allowance.retry_after_s).encode()))
            raise AdUnionError(
                "rate_limited", "Too many calls.", 429, hint="See the Retry-After header."
            )

    async def _decide(self, scope: Scope, receive: Receive, send: Send, headers: Headers) -> None:
        served = decide_one(self._market, await read_json(scope, receive))
        self._intake.note_request(served.noted)
        await reply(send, 200, served.body, headers)

    async def _events(self, scope: Scope, receive: Receive, send: Send, headers: Headers) -> None:
        body = await read_json(scope, receive)
        secret = _bearer(scope)
        try:
            results = await self._intake.submit(body, secret)
        except AdUnionError as error:
            if error.status == 401:
                self._known_keys.discard(_key_digest(scope))
            raise
        if secret is not None:
            self._remember_key(_key_digest(scope))
        await reply(send, 202, orjson.dumps({"results": results}), headers)

    def _remember_key(self, digest: str) -> None:
        """A key that proved good has its own allowance from now on, whoever uses it."""
        if len(self._known_keys) >= KEYS_REMEMBERED_MAX:
            self._known_keys.clear()
        self._known_keys.add(digest)

    async def _link(self, scope: Scope, _receive: Receive, send: Send, headers: Headers) -> None:
        code = unquote(scope["path"][len(_LINKS) :])
        followed = follow(self._market, code, header(scope, b"cookie"))
        person = scope["method"] == "GET" and "prefetch" not in header(scope, b"sec-purpose")
        if person:
            await self._intake.click(followed.click)
            cookie = set_cookie(followed.click_id, secure=scope.get("scheme") == "https")
            headers.append((b"set-cookie", cookie.encode()))
        headers.append((b"location", followed.location.encode()))
        headers.append((b"cache-control", b"no-store"))
        await reply(send, 302, b"", headers, b"text/plain")


def _key_digest(scope: Scope) -> str:
    secret = header(scope, b"authorization").partition(" ")[2].strip()
    return blake2b(secret.encode(), digest_size=16).hexdigest() if secret else ""


def _bearer(scope: Scope) -> str | None:
    given = header(scope, b"authorization")
    if not given:
        return None
    scheme, _, secret = given.partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise AdUnionError(
            "bad_key", "The Authorization header is not a bearer key.", 401,
            hint="Send it as Authorization: Bearer ...",
        )  # fmt: skip
    return secret.strip()


def _limit_headers(allowance: Allowance) -> Headers:
    return [
        (b"ratelimit-limit", b"%d" % allowance.limit),
        (b"ratelimit-remaining", b"%d" % allowance.remaining),
        (b"ratelimit-reset", b"%d" % allowance.reset_s),
    ]
