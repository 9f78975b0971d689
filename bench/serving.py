"""Decide over HTTP against a bare reply of the same server, and against deciding in process.

    python bench/serving.py [--home HOME] [--requests 4000]

Without `--home` (a home that `adunion demo --no-serve` made) a market of four items that decides
nothing stands in, so that the figures are those of HTTP, checking, tokens and JSON alone.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import json
import multiprocessing
import os
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter, process_time, sleep
from typing import Any

import uvicorn

from adunion.bootstrap.serve import open_faces
from adunion.engines.eventlog import EventLog
from adunion.kernel.clock import SystemClock
from adunion.kernel.config import Settings
from adunion.kernel.ids import IdFactory
from adunion.serving import ServingApp, decide_one
from adunion.tracking import EVENT_SCHEMA, Intake, Tracker

CONNECTIONS = 8
UNLIMITED = 10**9
ASK = {
    "placement": "search", "pseudonym": "bench", "consent": True, "context": {"query": "milk 奶粉"},
}  # fmt: skip


def stand_in(folder: Path) -> tuple[Any, Tracker]:
    path = Path(__file__).parents[1] / "tests" / "unit" / "conftest.py"
    spec = importlib.util.spec_from_file_location("unit_conftest", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["unit_conftest"] = module
    spec.loader.exec_module(module)
    clock = SystemClock()

    class Forgetful(module.FakeMarket):  # type: ignore[name-defined,misc]
        def decide(self, requests: Any) -> Any:
            self.asked.clear()
            return super().decide(requests)

    market = Forgetful(clock, IdFactory(clock))
    return market, Tracker(EventLog(folder / "events", EVENT_SCHEMA), clock)


@contextmanager
def opened(home: Path | None) -> Iterator[tuple[Any, Tracker]]:
    """The market of a home, or the stand-in."""
    if home is None:
        with tempfile.TemporaryDirectory() as folder:
            yield stand_in(Path(folder))
        return
    with open_faces(Settings(home=home)) as faces:
        yield faces.market, faces.market.tracker


def bare(body: bytes) -> Callable[..., Any]:
    async def app(_scope: Any, receive: Any, send: Any) -> None:
        while (await receive()).get("more_body"):
            pass
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return app


def serve(app: Callable[..., Any], port: int) -> None:
    config = uvicorn.Config(
        app, port=port, loop="uvloop", http="httptools", log_level="error", access_log=False,
        lifespan="off",
    )  # fmt: skip
    uvicorn.Server(config).run()


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def load(port: int, requests: int) -> list[float]:
    body = json.dumps(ASK).encode()
    head = b"POST /v1/decide HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
    message = head + b"content-length: %d\r\n\r\n" % len(body) + body
    times: list[float] = []

    async def one(count: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(count):
            start = perf_counter()
            writer.write(message)
            answer = await reader.readuntil(b"\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 200"), answer
            length = int(answer.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
            times.append(perf_counter() - start)
        writer.close()

    await asyncio.gather(*(one(requests // CONNECTIONS) for _ in range(CONNECTIONS)))
    return times


def measured(app: Callable[..., Any], requests: int) -> dict[str, float]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = multiprocessing.get_context("fork").Process(target=serve, args=(app, port))
    server.start()
    assert server.pid is not None
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        sleep(0.05)
    asyncio.run(load(port, requests // 4))
    before, start = cpu_seconds(server.pid), perf_counter()
    times = sorted(asyncio.run(load(port, requests)))
    seconds, used = perf_counter() - start, cpu_seconds(server.pid) - before
    server.terminate()
    server.join()
    return {
        "requests_per_s": round(len(times) / seconds),
        "cpu_us": round(used / len(times) * 1e6, 1),
        "p50_ms": round(times[len(times) // 2] * 1e3, 2),
        "p99_ms": round(times[int(len(times) * 0.99)] * 1e3, 2),
    }


def in_process_us(market: Any, requests: int) -> float:
    for _ in range(50):
        decide_one(market, ASK)
    start = process_time()
    for _ in range(requests):
        decide_one(market, ASK)
    return (process_time() - start) / requests * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--requests", type=int, default=4_000)
    args = parser.parse_args()
    with opened(args.home) as (market, tracker):
        body = json.dumps(decide_one(market, ASK).answer).encode()
        inside_us = in_process_us(market, args.requests // 4)
        app = ServingApp(market, Intake(market, tracker), UNLIMITED, UNLIMITED)
        decide, plain = measured(app, args.requests), measured(bare(body), args.requests)
    print(
        json.dumps(
            {
                "bench": "serving",
                "market": "real" if args.home else "stand-in",
                "answer_bytes": len(body),
                "decide": decide,
                "bare": plain,
                "in_process_cpu_us": round(inside_us, 1),
                "decide_over_bare_cpu": round(decide["cpu_us"] / plain["cpu_us"], 2),
                "http_over_in_process_cpu": round(decide["cpu_us"] / inside_us, 2),
            }
        )
    )


if __name__ == "__main__":
    main()
