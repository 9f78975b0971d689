"""How fast a scenario runs: decided requests per CPU second of this process; prints JSON.

A day in the demo's market (20,000 items, 50,000 shoppers), in a database of its own as `adunion
simulate` makes it: of 40,000 requests without plans and with 20, the latter also with retrieval by
need and by cart, and of 240,000 with 20; each after a day that warms up, all after a small market
that compiles the kernels. Everything is in it: the people, decisions, tracking with fsync,
attribution, commissions, ledger and reports, on the client's side; `with_postgres_per_cpu_second`
counts PostgreSQL's own processes too (on Linux).
`shares` are those of this process's CPU time: of deciding (the limit of what is possible), of
taking events in (`apply`), of each tick's work on the plans (`steer`), of launching them, and of
the rest, which is the people.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text

from adunion.bootstrap.records import open_records
from adunion.bootstrap.simulator import open_run, own_home
from adunion.decision.types import DecisionBatch, RequestBatch
from adunion.kernel.config import Settings
from adunion.simulation.run import Run
from adunion.simulation.scenario import parse
from adunion.simulation.world import World, generate

ITEMS, MERCHANTS, SHOPPERS = 20_000, 200, 50_000
MARKETS: dict[str, tuple[int, int, dict[str, Any]]] = {
    "plans_0": (0, 40_000, {}),
    "plans_20": (20, 40_000, {}),
    "plans_20_needs": (20, 40_000, {"retrievals_off": []}),
    "plans_20_busy": (20, 240_000, {}),
}


def scenario(plans: int, requests: int, more: dict[str, Any]) -> dict[str, Any]:
    return {
        "history_days": 1,
        "days": 1,
        "requests_per_day": requests,
        "plans": [{"target_roi": 3.0, "count": plans}] if plans else [],
        "control": False,
        **more,
    }


class Stopwatch:
    """Counts requests, and the CPU time of each part of a run."""

    def __init__(self, run: Run) -> None:
        self.requests = 0
        self.seconds: dict[str, float] = {}
        market: Any = run.market
        self._decide = self._timed("decide", market.decide)
        market.decide = self.decide
        market.take = self._timed("apply", market.take)
        market.tick = self._timed("steer", market.tick)
        run.launch_due = self._timed("launch", run.launch_due)  # type: ignore[method-assign]

    def decide(self, requests: RequestBatch) -> DecisionBatch:
        self.requests += len(requests)
        decided: DecisionBatch = self._decide(requests)
        return decided

    def _timed(self, name: str, what: Callable[..., Any]) -> Callable[..., Any]:
        self.seconds[name] = 0.0

        def timed(*given: Any) -> Any:
            start = time.process_time()
            found = what(*given)
            self.seconds[name] += time.process_time() - start
            return found

        return timed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--market", choices=MARKETS, action="append", help="absent: all")
    markets = parser.parse_args().market or MARKETS
    with tempfile.TemporaryDirectory() as folder:
        day(generate(2, 2_000, 20, 2_000), Path(folder), 5, 5_000, {"retrievals_off": []})
    start = time.process_time()
    world = generate(1, ITEMS, MERCHANTS, SHOPPERS)
    out: dict[str, Any] = {"world_s": round(time.process_time() - start, 2)}
    for name in markets:
        with tempfile.TemporaryDirectory() as folder:
            out[name] = day(world, Path(folder), *MARKETS[name])
    print(json.dumps(out, indent=2))


def day(
    world: World, home: Path, plans: int, requests: int, more: dict[str, Any]
) -> dict[str, Any]:
    settings = Settings(home=home, database_url=None)
    with open_records(settings) as server, own_home(settings, server) as (engine, own):
        start = time.process_time()
        asked = parse(scenario(plans, requests, more))
        run = open_run(engine, own, asked, 1, world, lambda *_: None)
        staged = time.process_time()
        run.history()
        watch = Stopwatch(run)
        begun, served = time.process_time(), postgres_seconds(engine)
        run.live()
        took = time.process_time() - begun
        served = postgres_seconds(engine) - served
        run.market.close()
    shares = {name: round(seconds / took, 3) for name, seconds in watch.seconds.items()}
    return {
        "stage_s": round(staged - start, 2),
        "requests": watch.requests,
        "requests_per_cpu_second": round(watch.requests / took),
        "with_postgres_per_cpu_second": round(watch.requests / (took + served)),
        "decided_per_cpu_second": round(watch.requests / watch.seconds["decide"]),
        "shares": shares | {"people": round(1 - sum(shares.values()), 3)},
    }


def postgres_seconds(engine: Engine) -> float:
    """CPU seconds so far of the server that answers, and of all that it started; 0 elsewhere."""
    with engine.connect() as conn:
        backend = conn.execute(text("select pg_backend_pid()")).scalar_one()
    if not Path("/proc/self/stat").exists():
        return 0.0
    parent = int(_stat(Path(f"/proc/{backend}/stat"))[1])
    ticks = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it ended meanwhile; its parent counts it from then on
            found = _stat(path)
            if int(path.parent.name) == parent:
                ticks += sum(map(int, found[11:15]))
            elif int(found[1]) == parent:
                ticks += sum(map(int, found[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


def _stat(path: Path) -> list[str]:
    """The fields after the name of a process: state, parent, ...; see proc(5)."""
    return path.read_text().rpartition(")")[2].split()


if __name__ == "__main__":
    main()
