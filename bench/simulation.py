"""How fast a scenario runs: decided requests per CPU second of this process; prints JSON.

A day of 40,000 requests in the demo's market (20,000 items, 50,000 shoppers), after a day that
compiles and warms up. Everything is in it: the people, decisions, tracking with fsync, attribution,
commissions, ledger and reports, on the client's side; PostgreSQL's own processes are not.
`ratio_to_decisions` is that against the decisions of the same requests alone, in the same minute.
"""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from adunion.bootstrap.records import open_records
from adunion.bootstrap.simulator import check, open_run
from adunion.decision.types import DecisionBatch, RequestBatch
from adunion.engines.postgres import migrate
from adunion.kernel.config import Settings
from adunion.simulation.run import Run
from adunion.simulation.scenario import parse
from adunion.simulation.world.generate import generate

ITEMS, MERCHANTS, SHOPPERS, REQUESTS = 20_000, 200, 50_000, 40_000


def scenario(days: int) -> dict[str, Any]:
    return {
        "history_days": 1,
        "days": days,
        "requests_per_day": REQUESTS,
        "plans": [{"target_roi": 3.0, "count": 20}],
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
    chosen = parse(scenario(days=1))
    start = time.process_time()
    world = generate(1, ITEMS, MERCHANTS, SHOPPERS)
    made = time.process_time()
    check(chosen, world)
    out: dict[str, Any] = {"world_s": round(made - start, 2)}
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with open_records(Settings(home=home, database_url=None)) as server:
            engine = server.database("bench")
            migrate(engine)
            start = time.process_time()
            run = open_run(engine, home, chosen, 1, world, lambda *_: None)
            out["stage_s"] = round(time.process_time() - start, 2)
            out |= measured(run)
            run.market.close()
            engine.dispose()
    print(json.dumps(out, indent=2))


def measured(run: Run) -> dict[str, Any]:
    run.history()
    watch = Stopwatch(run)
    start = time.process_time()
    run.live()
    took = time.process_time() - start
    return {
        "requests": watch.requests,
        "requests_per_cpu_second": round(watch.requests / took),
        "decided_per_cpu_second": round(watch.requests / watch.seconds),
        "ratio_to_decisions": round(watch.seconds / took, 3),
        "events": int(np.int64(run.market.tracker.rows)),  # type: ignore[attr-defined]
    }


if __name__ == "__main__":
    main()
