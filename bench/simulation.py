"""How fast a scenario runs: decided requests per CPU second of this process; prints JSON.

A day of 40,000 requests in the demo's market (20,000 items, 50,000 shoppers), without plans and
with 20, each after a day that compiles and warms up. Everything is in it: the people, decisions,
tracking with fsync, attribution, commissions, ledger and reports, on the client's side;
PostgreSQL's own processes are not. `decisions_share` is the part of the CPU time that deciding
takes: the rest of a run against its limit, in the same minute.
"""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path
from typing import Any

from adunion.bootstrap.records import open_records
from adunion.bootstrap.simulator import open_run
from adunion.decision.types import DecisionBatch, RequestBatch
from adunion.kernel.config import Settings
from adunion.simulation.run import Run
from adunion.simulation.scenario import parse
from adunion.simulation.world import World, generate

ITEMS, MERCHANTS, SHOPPERS, REQUESTS = 20_000, 200, 50_000, 40_000


def scenario(plans: int) -> dict[str, Any]:
    return {
        "history_days": 1,
        "days": 1,
        "requests_per_day": REQUESTS,
        "plans": [{"target_roi": 3.0, "count": plans}] if plans else [],
        "control": False,
    }


class Stopwatch:
    """Counts requests and the CPU time of a run's decisions."""

    def __init__(self, run: Run) -> None:
        self.requests, self.seconds = 0, 0.0
        self._decide = run.market.decide
        run.market.decide = self.decide  # type: ignore[method-assign]

    def decide(self, requests: RequestBatch) -> DecisionBatch:
        start = time.process_time()
        decided = self._decide(requests)
        self.seconds += time.process_time() - start
        self.requests += len(requests)
        return decided


def main() -> None:
    start = time.process_time()
    world = generate(1, ITEMS, MERCHANTS, SHOPPERS)
    out: dict[str, Any] = {"world_s": round(time.process_time() - start, 2)}
    for plans in (0, 20):
        with tempfile.TemporaryDirectory() as folder:
            out[f"plans_{plans}"] = day(world, plans, Path(folder))
    print(json.dumps(out, indent=2))


def day(world: World, plans: int, home: Path) -> dict[str, Any]:
    with open_records(Settings(home=home, database_url=None)) as server:
        start = time.process_time()
        run = open_run(server.engine, home, parse(scenario(plans)), 1, world, lambda *_: None)
        staged = time.process_time()
        run.history()
        watch = Stopwatch(run)
        begun = time.process_time()
        run.live()
        took = time.process_time() - begun
        run.market.close()
    return {
        "stage_s": round(staged - start, 2),
        "requests": watch.requests,
        "requests_per_cpu_second": round(watch.requests / took),
        "decided_per_cpu_second": round(watch.requests / watch.seconds),
        "decisions_share": round(watch.seconds / took, 3),
    }


if __name__ == "__main__":
    main()
