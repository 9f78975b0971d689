"""All faces in one ASGI application: the hot path, the REST API, the console and storefront."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from dataclasses import fields
from typing import Any

from adunion.api import ApiServices, create_api
from adunion.bootstrap.clockwork import Clockwork
from adunion.bootstrap.faces import Faces
from adunion.console import create_console
from adunion.serving import ServingApp, settle

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Application:
    """Gives each request to the face whose path it is; starts and stops the clockwork."""

    def __init__(self, faces: Faces) -> None:
        self._serving = ServingApp.limited(faces.market, faces.intake, faces.calls_per_second)
        names = [field.name for field in fields(ApiServices)]
        self._api = create_api(ApiServices(**{name: getattr(faces, name) for name in names}))
        self._console = create_console(faces)
        self._clockwork = Clockwork(faces.market)
        self._market = faces.market

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI 3."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        path: str = scope["path"]
        if ServingApp.handles(path):
            await self._serving(scope, receive, send)
        elif path == "/v1" or path.startswith("/v1/"):
            await self._api(scope, receive, send)
        else:
            await self._console(scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self._market.warm()
                settle()
                self._clockwork.start()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                with suppress(asyncio.CancelledError):
                    await self._serving.close()
                await asyncio.to_thread(self._clockwork.stop)
                await send({"type": "lifespan.shutdown.complete"})
                return
