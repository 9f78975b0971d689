"""Worker processes of `adunion serve --workers N`: each a deciding node behind one port.

The steering process listens where nobody else does; the workers share the public socket, answer
the hot path themselves and relay all else to it. A worker that dies is started again.
"""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

import uvicorn

from adunion.kernel.clock import SystemClock
from adunion.kernel.config import Settings
from adunion.kernel.ids import IdFactory
from adunion.serving import ServingApp
from adunion.serving.http import Receive, Scope, Send
from adunion.serving.relay import Relay
from adunion.tracking import Intake
from adunion.trust import Identity

from .clockwork import NodeClockwork
from .currency import market_currency
from .nodes import Node
from .records import open_records
from .rules import decision_rules

RESTART_SECONDS = 1.0
log = logging.getLogger(__name__)


class NodeApp:
    """The hot path of a node; everything else is the steering process's."""

    def __init__(self, node: Node, steering: str, calls_per_second: int) -> None:
        intake = Intake(node, node.tracker)
        self._serving = ServingApp.limited(node, intake, calls_per_second)
        self._relay = Relay(steering)
        self._clockwork = NodeClockwork(node)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI 3."""
        if scope["type"] == "lifespan":
            await self._clockwork.lifespan(receive, send, self._serving.close, self._relay.close)
        elif ServingApp.handles(scope["path"]):
            await self._serving(scope, receive, send)
        else:
            await self._relay(scope, receive, send)


def run_node(name: str, descriptor: int, steering: str, *, storefront: bool) -> None:
    """Serve as the node of that name on an inherited socket, until told to stop."""
    settings, clock, ids = Settings(), SystemClock(), IdFactory()
    with open_records(settings) as server, socket.socket(fileno=descriptor) as shared:
        currency = market_currency(settings, server.engine)
        node = Node(
            server.engine, settings.home, clock, ids, currency, settings.signing_key(),
            Identity(server.engine, clock, ids), storefront, decision_rules(settings, currency),
            name,
        )  # fmt: skip
        try:
            app = NodeApp(node, steering, settings.calls_per_second)
            config = uvicorn.Config(
                app, log_level="warning", loop="uvloop", http="httptools",
                timeout_graceful_shutdown=5, proxy_headers=False,
            )  # fmt: skip
            uvicorn.Server(config).run(sockets=[shared])
        finally:
            node.close()


@contextmanager
def workers(settings: Settings, count: int, steering: str, *, storefront: bool) -> Iterator[None]:
    """Keep that many workers running on the settings' host and port."""
    with socket.create_server((settings.host, settings.port), backlog=2_048) as shared:
        stop = Event()
        keepers = [
            Thread(
                target=_keep, args=(f"node-{nth + 1}", settings, shared, steering, storefront, stop)
            )
            for nth in range(count)
        ]
        for keeper in keepers:
            keeper.start()
        try:
            yield
        finally:
            stop.set()
            for keeper in keepers:
                keeper.join()


def _keep(
    name: str,
    settings: Settings,
    shared: socket.socket,
    steering: str,
    storefront: bool,
    stop: Event,
) -> None:
    """Run one worker again and again."""
    environment = os.environ | {
        "ADUNION_HOME": str(settings.home), "ADUNION_HOST": settings.host,
        "ADUNION_PORT": str(settings.port),
    }  # fmt: skip
    command = [
        sys.executable, "-m", "adunion.bootstrap.workers", name, str(shared.fileno()), steering,
        "storefront" if storefront else "",
    ]  # fmt: skip
    while not stop.is_set():
        worker = subprocess.Popen(  # its own session: Ctrl-C is for us, who stop it in order
            command, pass_fds=[shared.fileno()], env=environment, start_new_session=True
        )
        while worker.poll() is None and not stop.wait(0.1):
            pass
        if stop.is_set():
            worker.terminate()
            try:
                worker.wait(timeout=30)
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()
            return
        log.warning("%s ended with %s and is started again", name, worker.returncode)
        stop.wait(RESTART_SECONDS)


if __name__ == "__main__":
    run_node(sys.argv[1], int(sys.argv[2]), sys.argv[3], storefront=bool(sys.argv[4]))
