"""Whether the program and its database answer."""

from __future__ import annotations

from pydantic import Field
from sqlalchemy import text

from adunion import __version__
from adunion.api.deps import Services
from adunion.api.fields import View, When
from adunion.api.route import allow, router

routes = router("health", "health")


class Health(View):
    """What a load balancer asks."""

    status: str = Field(examples=["ok"])
    version: str
    now: When


@routes.get("", openapi_extra=allow(), summary="Whether the market answers")
def health(services: Services) -> Health:
    """Answers 200 once the program and its database do."""
    with services.engine.connect() as conn:
        conn.execute(text("select 1"))
    return Health(status="ok", version=__version__, now=services.clock.now())
