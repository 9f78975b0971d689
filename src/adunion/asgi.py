"""All faces in one ASGI application: the hot path, the REST API, the console and storefront."""

from __future__ import annotations

from dataclasses import fields

from adunion.api import ApiServices, create_api
from adunion.bootstrap.clockwork import Clockwork
from adunion.bootstrap.faces import Faces
from adunion.console import create_console
from adunion.serving import ServingApp
from adunion.serving.http import Receive, Scope, Send


class Application:
    """Gives each request to the face whose path it is; starts and stops the clockwork."""

    def __init__(self, faces: Faces) -> None:
        self._serving = ServingApp.limited(faces.market, faces.intake, faces.calls_per_second)
        names = [field.name for field in fields(ApiServices)]
        self._api = create_api(ApiServices(**{name: getattr(faces, name) for name in names}))
        self._console = create_console(faces)
        self._clockwork = Clockwork(faces.market)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI 3."""
        if scope["type"] == "lifespan":
            await self._clockwork.lifespan(receive, send, self._serving.close)
            return
        path: str = scope["path"]
        if ServingApp.handles(path):
            await self._serving(scope, receive, send)
        elif path == "/v1" or path.startswith("/v1/"):
            await self._api(scope, receive, send)
        else:
            await self._console(scope, receive, send)
