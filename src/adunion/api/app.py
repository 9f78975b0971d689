"""The REST API as one FastAPI application; `bootstrap` gives it its services."""

from __future__ import annotations

from functools import partial

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from adunion.kernel.errors import AdUnionError
from adunion.trust import TokenBuckets, Writes

from . import problems
from .deps import ApiServices
from .openapi import describe
from .route import ApiRoute
from .v1 import ROUTERS

CALLS_PER_MINUTE = 1_200


def create_api(services: ApiServices, calls_per_minute: int = CALLS_PER_MINUTE) -> FastAPI:
    """The `/v1` routes over the services; `/v1/openapi.json` describes them."""
    app = FastAPI(
        title="AdUnion",
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.services = services
    app.state.writes = Writes(services.engine, services.clock)
    app.state.limits = TokenBuckets(services.clock, calls_per_minute, 60)
    for router in ROUTERS:
        app.router.routes.extend(router.routes)
    app.openapi = partial(describe, app)  # type: ignore[method-assign]
    app.add_exception_handler(HTTPException, _no_route)
    app.add_exception_handler(AdUnionError, problems.answer)
    app.add_exception_handler(RequestValidationError, problems.answer)
    app.add_exception_handler(Exception, problems.answer_unexpected)
    return app


async def _no_route(request: Request, error: Exception) -> Response:
    """404 and 405 of unknown routes; Allow names the methods of all routes of the path."""
    response = problems.to_problem(error)
    if response.status_code == 405:
        methods = {
            method
            for route in request.app.routes
            if isinstance(route, ApiRoute) and route.path_regex.match(request.scope["path"])
            for method in route.methods or ()
        }
        response.headers["Allow"] = ", ".join(sorted(methods)) or "GET"
    return response
