"""The console as one ASGI application."""

from __future__ import annotations

import logging
from pathlib import PurePosixPath
from typing import Any

from fastapi import Depends, FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, Response
from starlette.exceptions import HTTPException

from adunion.kernel.clock import random_bytes
from adunion.kernel.errors import AdUnionError

from . import (
    advice,
    decisions,
    delivery,
    events,
    experience,
    fitting,
    item_reviews,
    live,
    merchant,
    needs,
    operator,
    people,
    pictures,
    plan,
    promote,
    publisher,
    reviews,
    shared_budgets,
    sign_in,
    store,
    store_orders,
    thumbs,
    titles,
)
from .deps import ConsoleServices
from .results import Results
from .security import SecurityHeaders, SignInNeeded, add_security_headers, check_csrf, too_large
from .views import STATIC, Views, redirect

_LOG = logging.getLogger(__name__)
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def create_console(services: ConsoleServices) -> FastAPI:
    """All pages, over the given services."""
    app = FastAPI(
        title="AdUnion console",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        dependencies=[Depends(check_csrf)],
    )
    app.state.services = services
    app.state.views = Views()
    app.state.results = Results()
    app.add_middleware(SecurityHeaders)

    @app.middleware("http")
    async def fresh_csrf(request: Request, call_next: Any) -> Any:
        request.state.fresh_csrf = random_bytes(18).hex()
        if (refusal := too_large(request)) is not None:
            return await run_in_threadpool(app.state.views.problem, request, refusal)
        return await call_next(request)

    for room in (
        sign_in,
        merchant,
        promote,
        plan,
        shared_budgets,
        publisher,
        advice,
        operator,
        events,
        decisions,
        experience,
        needs,
        people,
        reviews,
        item_reviews,
        titles,
        pictures,
        fitting,
        delivery,
        store,
        store_orders,
        live,
        thumbs,
    ):
        app.include_router(room.router)
    app.add_api_route("/static/{version}/{name:path}", _static, include_in_schema=False)
    _add_error_pages(app)
    return app


def _static(version: str, name: str) -> Response:
    del version  # only there to change the address when a file changes
    path = (STATIC / PurePosixPath(name)).resolve()
    if not path.is_relative_to(STATIC.resolve()) or not path.is_file():
        raise HTTPException(404)
    return FileResponse(
        path,
        media_type=_TYPES.get(path.suffix),
        headers={"Cache-Control": "public, max-age=31536000, immutable"},
    )


def _add_error_pages(app: FastAPI) -> None:
    views: Views = app.state.views

    @app.exception_handler(SignInNeeded)
    async def sign_in_first(request: Request, _: SignInNeeded) -> Response:
        next_path = request.url.path if request.method == "GET" else None
        answer = redirect("/sign-in", next=next_path)
        if request.headers.get("hx-request"):
            answer.headers["HX-Redirect"] = answer.headers["location"]
        return answer

    @app.exception_handler(AdUnionError)
    def known(request: Request, error: AdUnionError) -> Response:
        return views.problem(request, error)

    @app.exception_handler(HTTPException)
    def http(request: Request, error: HTTPException) -> Response:
        code = {400: "bad_form", 404: "not_found", 405: "method_not_allowed"}.get(
            error.status_code, "internal"
        )
        return views.problem(request, AdUnionError(code, str(error.detail), error.status_code))

    @app.exception_handler(RequestValidationError)
    def bad_field(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        said = f"{first['loc'][-1]}: {first['msg']}."  # no form of ours sends such a thing
        return views.problem(request, AdUnionError("bad_form", said, 422))

    @app.exception_handler(Exception)
    def unforeseen(request: Request, error: Exception) -> Response:
        _LOG.error("console: %s %s failed", request.method, request.url.path, exc_info=error)
        request.state.session = (None, "")  # what failed may be what the session is kept in
        request.state.fresh_csrf = random_bytes(18).hex()
        answer = views.problem(request, AdUnionError("internal", "Something went wrong.", 500))
        add_security_headers(answer.headers)  # this answer passes by the middleware
        return answer
