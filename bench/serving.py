"""Decide over HTTP on a real market, against a bare reply of the same server in the same run.

    python bench/serving.py [--home HOME] [--items 20000] [--requests 20000]

Without `--home` a small demo home is built first (20,000 items, trained models, 20 plans). All
figures are CPU time of the server process in microseconds a request. The asks are a shop's mix:
searches, feeds, carts and pages of consenting shoppers, 8 slots each, every search of another
wording. `parts` splits the time in process; `http` is what the server adds to it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import perf_counter, sleep, thread_time_ns
from typing import Any, NamedTuple

import numpy as np
import orjson
import uvicorn

from adunion.bootstrap.demo import DemoSize, build
from adunion.bootstrap.serve import open_faces
from adunion.engines.eventlog import EventLog
from adunion.kernel.config import Settings
from adunion.serving import ServingApp, decide_one, settle
from adunion.serving import decide as deciding
from adunion.simulation.world import World, generate
from adunion.tracking import EVENT_SCHEMA, Intake, Tracker

CONNECTIONS, SLOTS, TURNS, WARM_SECONDS, UNLIMITED = 8, 8, 12, 6, 10**9
LUA = Path(__file__).with_name("decide.lua")
MIX = {"search": 0.5, "feed": 0.3, "cart": 0.1, "page": 0.1}
SIZE = DemoSize(requests_per_day=20_000, history_days=5, days=1)


def asks(world: World, market: Any, count: int, seed: int = 7) -> list[dict[str, Any]]:
    """Bodies of `POST /v1/decide`, in a fixed order."""
    rng = np.random.default_rng(seed)
    of_kind = {kind: [p.code for p in market.placements if p.kind == kind] for kind in MIX}
    texts, people, items = world.view.queries.text, world.view.shoppers.pseudonym, market.catalog
    out = []
    for kind in rng.choice(list(MIX), count, p=list(MIX.values())).tolist():
        context: dict[str, Any] = {}
        if kind in ("search", "page"):
            words = [texts[row] for row in rng.integers(0, len(texts), 2)]
            context = {"query": " ".join(words)} if kind == "search" else {"page": words[0]}
        elif kind == "cart":
            context = {"cart": [items.ids[row] for row in rng.integers(0, len(items), 2)]}
        out.append(
            {
                "placement": str(rng.choice(of_kind[kind])), "context": context, "slots": SLOTS,
                "pseudonym": people[rng.integers(0, len(people))], "consent": True,
            }
        )  # fmt: skip
    return out


def bare(body: bytes) -> Callable[..., Any]:
    """A server that reads the request and answers a constant of the same length."""

    async def app(_scope: Any, receive: Any, send: Any) -> None:
        while (await receive()).get("more_body"):
            pass
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return app


def serve(app: Callable[..., Any], port: int) -> None:
    settle()  # as the real server does when it starts
    config = uvicorn.Config(
        app, port=port, loop="uvloop", http="httptools", log_level="error", access_log=False,
        lifespan="off",
    )  # fmt: skip
    uvicorn.Server(config).run()


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/schedstat").read_text().split()
    own = sum(
        int((task / "schedstat").read_text().split()[0])
        for task in Path(f"/proc/{pid}/task").iterdir()
    )
    return max(own, int(fields[0])) / 1e9


class Done(NamedTuple):
    """What a load was answered with."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float


def load(
    port: int, bodies: Path, first: int, seconds: int, per_second: float | None = None
) -> Done:
    """Ask by the lines of a file from a given one on: as fast as it is answered, or at a rate.

    By wrk where there is one, so that the generator leaves the machine to the server.
    """
    wait_ms = 0.0 if per_second is None else 1e3 * CONNECTIONS / per_second
    if shutil.which("wrk") is None:
        return asyncio.run(_load(port, bodies, first, seconds, wait_ms))
    for _ in range(3 if per_second else 1):  # of a wait, the time of the answers is taken off
        asked = [
            "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(LUA),
            f"http://127.0.0.1:{port}/v1/decide", "--", str(bodies), str(first), f"{wait_ms:.3f}",
        ]  # fmt: skip
        told = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
        found = json.loads(told.strip().splitlines()[-1])
        assert not found["failed"], told
        rate = found["requests"] / found["seconds"]
        if per_second is not None:
            wait_ms += 1e3 * CONNECTIONS * (1 / per_second - 1 / rate)
            first += found["requests"]
    return Done(found["requests"], found["seconds"], found["p50_ms"], found["p99_ms"])


async def _load(port: int, bodies: Path, first: int, seconds: float, wait_ms: float) -> Done:
    """The same without wrk."""
    head = b"POST /v1/decide HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
    lines = bodies.read_bytes().splitlines()
    times: list[float] = []
    rng, begun = np.random.default_rng(first), perf_counter()

    async def one(turn: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        number = first + turn
        while perf_counter() - begun < seconds:
            body = lines[number % len(lines)]
            number += CONNECTIONS
            if wait_ms:
                await asyncio.sleep(rng.exponential(wait_ms) / 1e3)
            start = perf_counter()
            writer.write(head + b"content-length: %d\r\n\r\n" % len(body) + body)
            answer = await reader.readuntil(b"\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 200"), answer
            length = int(answer.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
            times.append(perf_counter() - start)
        writer.close()

    await asyncio.gather(*(one(turn) for turn in range(CONNECTIONS)))
    p50, p99 = np.quantile(times, [0.5, 0.99]) * 1e3
    return Done(len(times), perf_counter() - begun, float(p50), float(p99))


@contextmanager
def running(app: Callable[..., Any]) -> Iterator[tuple[int, int]]:
    """(port, pid) of a forked server."""
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
    try:
        yield port, server.pid
    finally:
        server.terminate()
        server.join()


def measured(apps: dict[str, Callable[..., Any]], bodies: Path) -> dict[str, Any]:
    """CPU of each server at full load: of several turns the least, for when others use the machine.

    Each has answered for some seconds before, so that the items' pieces are made; the bodies are
    new. The delay is at 70 % of what the server did at full load.
    """
    with ExitStack() as stack:
        servers = {name: stack.enter_context(running(app)) for name, app in apps.items()}
        used: dict[str, list[float]] = {name: [] for name in apps}
        rate: dict[str, list[float]] = {name: [] for name in apps}
        asked = dict.fromkeys(apps, 0)
        for turn in range(TURNS):
            for name, (port, pid) in servers.items():
                before = cpu_seconds(pid)
                done = load(port, bodies, asked[name], 1 if turn else WARM_SECONDS)
                asked[name] += done.requests
                if turn:  # the first warms up
                    rate[name].append(done.requests / done.seconds)
                    used[name].append((cpu_seconds(pid) - before) / done.requests * 1e6)
        out: dict[str, Any] = {}
        for name, (port, _) in servers.items():
            done = load(port, bodies, asked[name], 3, 0.7 * max(rate[name]))
            out[name] = {
                "cpu_us": round(min(used[name]), 1),
                "requests_per_s": round(max(rate[name])),
                "at_70": round(done.requests / done.seconds / max(rate[name]), 2),
                "p50_ms_at_70": round(done.p50_ms, 2),
                "p99_ms_at_70": round(done.p99_ms, 2),
            }
        out["decide_over_bare_cpu"] = round(min(used["decide"]) / min(used["bare"]), 2)
        return out


class Parts:
    """CPU time by part; what one part calls of another is the other's."""

    def __init__(self) -> None:
        self.spent: dict[str, int] = {}
        self._inner: list[int] = []

    def wrap(self, owner: Any, name: str, part: str) -> None:
        real = getattr(owner, name)

        def timed(*args: Any, **kwargs: Any) -> Any:
            start = thread_time_ns()
            self._inner.append(0)
            try:
                return real(*args, **kwargs)
            finally:
                took = thread_time_ns() - start
                self.spent[part] = self.spent.get(part, 0) + took - self._inner.pop()
                if self._inner:
                    self._inner[-1] += took

        setattr(owner, name, timed)


def in_process(market: Any, bodies: list[bytes], intake: Intake) -> dict[str, float]:
    """Microseconds a request in this thread, by part, of the quickest of some turns.

    No body comes twice, as in the server: a query that was asked before is remembered.
    """
    engine, brain, parts = market.brain.engine, market.brain, Parts()
    tools = {
        "loads": orjson.loads, "one": lambda body: decide_one(market, body),
    }  # fmt: skip
    box: Any = type("Box", (), {name: staticmethod(tool) for name, tool in tools.items()})
    for owner, name, part in (
        (engine, "retrieve", "retrieve"), (engine, "predict", "predict"),
        (engine, "_next", "auction"), (engine, "decide", "auction"),
        (engine, "watch", "learn"), (brain, "decide", "learn"),
        (market.signer, "sign_page", "tokens"), (deciding, "_decide", "answer"),
        (box, "loads", "json"), (box, "one", "check"),
    ):  # fmt: skip
        parts.wrap(owner, name, part)
    turns, pieces = [], [bodies[turn::TURNS] for turn in range(TURNS)]
    for piece in pieces:
        parts.spent, noted = {}, []
        for body in piece:
            served = box.one(box.loads(body))
            noted.append(served.noted)
        start = thread_time_ns()
        for at in range(0, len(noted), 64):  # a group commit of some hundredths of a second
            intake.note(*noted[at : at + 64])
        parts.spent["log"] = thread_time_ns() - start
        turns.append({part: ns / len(piece) / 1e3 for part, ns in parts.spent.items()})
    best = min(turns[1:], key=lambda turn: sum(turn.values()))
    return {part: round(us, 1) for part, us in best.items()}


@contextmanager
def opened(home: Path | None) -> Iterator[Any]:
    """The live market of a home, or of a small demo made for it."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=home or Path(folder), database_url=None)
        if home is None:
            build(settings, SIZE, 1, None, None, lambda *_: None)
        with open_faces(settings) as faces:
            yield faces.market


def writing(market: Any, folder: Path) -> Intake:
    """A durable log beside the home's own, which stays as it is."""
    return Intake(market, Tracker(EventLog(folder, EVENT_SCHEMA), market.clock))


def report(market: Any, world: World, count: int, folder: Path) -> dict[str, Any]:
    bodies = [orjson.dumps(ask) for ask in asks(world, market, count)]
    path = folder / "bodies.jsonl"
    path.write_bytes(b"\n".join(bodies))
    others = [orjson.dumps(ask) for ask in asks(world, market, count // 5, seed=8)]
    answers = [decide_one(market, orjson.loads(body)).body for body in others]
    size = int(np.mean([len(answer) for answer in answers]))
    app = ServingApp(market, writing(market, folder / "served"), UNLIMITED, UNLIMITED)
    found = measured({"bare": bare(bytes(size)), "decide": app}, path)
    parts = in_process(market, bodies[: count // 5], writing(market, folder / "inside"))
    inside = sum(parts.values())
    bare_us = found["bare"]["cpu_us"]
    return {
        "bench": "serving", "items": len(market.catalog), "plans": len(market.plans),
        "answer_bytes": size, **found,
        "in_process_us": parts,
        "http_and_json_share": round((bare_us + parts["json"]) / (bare_us + inside), 3),
        "log_share": round(parts["log"] / (bare_us + inside), 3),
        "tokens_share": round(parts["tokens"] / (bare_us + inside), 3),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--requests", type=int, default=20_000)
    args = parser.parse_args()
    world = generate(1, SIZE.items, SIZE.merchants, SIZE.shoppers)
    with opened(args.home) as market, tempfile.TemporaryDirectory() as folder:
        print(json.dumps(report(market, world, args.requests, Path(folder))))


if __name__ == "__main__":
    main()
