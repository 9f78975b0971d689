"""Live figures by server-sent events. The browser reconnects by itself when a stream ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response, StreamingResponse

from adunion.insight.service import total
from adunion.trust import Principal, Role

from .context import Context, party
from .plan import plan_figures
from .reports import figures, market_stats, result_stats, span_of
from .security import require

router = APIRouter(prefix="/live")
SECONDS = 2
BEATS_MAX = 150  # five minutes, then the browser opens a new stream

Figures = dict[str, str]


@router.get("/market")
def market(
    request: Request, _who: Annotated[Principal, Depends(require(Role.OPERATOR))]
) -> Response:
    """The figures of the operator's market page."""
    it = Context(request)

    def read() -> Figures:
        span = span_of(request, "1d")
        now = it.services.insight.market_total(span.since, span.until)
        return figures(market_stats(it.say, it.fmt, now))

    return _stream(request, read)


@router.get("/merchant")
def merchant(
    request: Request, who: Annotated[Principal, Depends(require(Role.MERCHANT))]
) -> Response:
    """The figures of the merchant's overview."""
    it = Context(request)

    def read() -> Figures:
        span = span_of(request)
        results = it.services.insight.plan_results(span.since, span.until, party(who))
        summary = total([one.result for one in results], it.services.currency)
        return figures(result_stats(it.say, it.fmt, summary))

    return _stream(request, read)


@router.get("/plans/{id}")
def plan(
    request: Request,
    who: Annotated[Principal, Depends(require(Role.MERCHANT, Role.OPERATOR))],
    id: str,
) -> Response:
    """The figures of a plan's page."""
    it = Context(request)
    it.services.plans.get(id, who.party_id)

    def read() -> Figures:
        return figures(plan_figures(it, id, span_of(request)))

    return _stream(request, read)


def _stream(request: Request, read: Callable[[], Figures]) -> Response:
    return StreamingResponse(
        _beats(request, read),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _beats(request: Request, read: Callable[[], Figures]) -> AsyncIterator[bytes]:
    yield b"retry: 2000\n\n"
    before: Any = None
    for _ in range(BEATS_MAX):
        if await request.is_disconnected():
            return
        now = await run_in_threadpool(read)
        yield (
            b": still here\n\n"
            if now == before
            else b"event: figures\ndata: %s\n\n" % orjson.dumps(now)
        )
        before = now
        await asyncio.sleep(SECONDS)
