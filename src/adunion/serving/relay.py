"""Hands requests to another server of ours and streams its answers back (raw ASGI)."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx

from .http import Receive, Scope, Send

_HOP_BY_HOP = frozenset((b"connection", b"keep-alive", b"transfer-encoding", b"upgrade"))
"""Headers of one connection alone (RFC 9110 section 7.6.1)."""


class Relay:
    """Answers as the server at `origin` does; says who asked in `X-Forwarded-For`."""

    def __init__(self, origin: str) -> None:
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=64)
        self._client = httpx.AsyncClient(
            base_url=origin, timeout=None, limits=limits, trust_env=False, follow_redirects=False
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Relay one request (ASGI 3, http only)."""
        path: bytes = scope.get("raw_path") or scope["path"].encode()
        target = path.split(b"?")[0] + (
            b"?" + scope["query_string"] if scope["query_string"] else b""
        )
        headers = [pair for pair in scope["headers"] if pair[0] not in _HOP_BY_HOP]
        if scope.get("client"):
            headers.append((b"x-forwarded-for", scope["client"][0].encode()))
        headers.append((b"x-forwarded-proto", scope.get("scheme", "http").encode()))
        has_body = any(
            name in (b"content-length", b"transfer-encoding") for name, _ in scope["headers"]
        )
        request = self._client.build_request(
            scope["method"], httpx.URL(self._client.base_url, raw_path=target), headers=headers,
            content=_body(receive) if has_body else None,
        )  # fmt: skip
        answer = await self._client.send(request, stream=True)
        try:
            kept = [(k.lower(), v) for k, v in answer.headers.raw if k.lower() not in _HOP_BY_HOP]
            start = {"type": "http.response.start", "status": answer.status_code, "headers": kept}
            await send(start)
            async for part in answer.aiter_raw():
                await send({"type": "http.response.body", "body": part, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            await answer.aclose()

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.aclose()


async def _body(receive: Receive) -> AsyncIterator[bytes]:
    more = True
    while more:
        message = await receive()
        yield message.get("body", b"")
        more = message.get("more_body", False)
