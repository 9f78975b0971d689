"""The forecast before launch: CPU for a grid of 9 targets on a million logged requests.

Prints JSON. The limit is 3 s on one core. Its peer is the plain way, in the same process: each
target on its own, the same requests decided again for it from retrieval on. Beside the time stands
the accuracy of the sample: the same forecast from four times as many requests. Told too: the
first forecast after the catalog changed, when what queries match is not known yet; what the market
takes to find that ahead of it; and the same of a plan so small that many requests are looked at.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from adunion.bootstrap import replayed
from adunion.bootstrap.ahead import Ahead
from adunion.bootstrap.forecast import forecast
from adunion.bootstrap.recent import RecentRequests
from adunion.bootstrap.records import open_records
from adunion.bootstrap.replayed import Grounds, Wish
from adunion.bootstrap.simulator import open_run
from adunion.kernel.clock import generator, micros
from adunion.kernel.config import Settings
from adunion.simulation.scenario import parse
from adunion.simulation.world import generate
from adunion.tracking import EventBatch, EventType

LOGGED = 1_200_000  # over 7 days, of which the whole days count
LIMIT_S = 3.0
PIECE = 50_000
SCENARIO = {
    "history_days": 1,
    "days": 1,
    "drain_hours": 0,
    "control": False,
    "requests_per_day": 5_000,
    "plans": [{"target_roi": 3.0, "count": 6}],
}


def main() -> None:
    with (
        tempfile.TemporaryDirectory(prefix="adunion-bench-") as home,
        open_records(Settings(home=Path(home), database_url=None)) as server,
    ):
        world = generate(3, items=2_000, merchants=30, shoppers=4_000)
        run = open_run(server.engine, Path(home) / "m", parse(SCENARIO), 1, world, lambda *_: None)
        run.history()
        run.live()
        market = run.market
        try:
            print(json.dumps(measured(market), indent=2))
        finally:
            market.close()


def measured(market: Any) -> dict[str, Any]:
    now_us = micros(market.clock.now())
    grounds = Grounds(market.brain, logged(market, now_us), market.outcomes, now_us)
    wish = Wish(free_rows(market))
    _, compiled = timed(lambda: forecast(grounds, wish))
    matches = market.brain.retrieval.matches
    matches.clear()
    _, cold = timed(lambda: forecast(grounds, wish))
    matches.clear()
    _, ahead = timed(lambda: read_all(Ahead(market)))
    found, seconds = timed(lambda: forecast(grounds, wish))
    few = replace(wish, rows=few_rows(market))
    matches.clear()
    rare, few_cold = timed(lambda: forecast(grounds, few))
    _, few_warm = timed(lambda: forecast(grounds, few))
    _, again = timed(lambda: forecast(grounds, wish))
    alone = sum(
        timed(partial(forecast, grounds, replace(wish, targets=(each,))))[1]
        for each in wish.targets
    )
    kept = replayed.REACHED_ENOUGH, replayed.LOOKED_MAX
    replayed.REACHED_ENOUGH, replayed.LOOKED_MAX = 4 * kept[0], 4 * kept[1]
    finer, _ = timed(lambda: forecast(grounds, wish))
    replayed.REACHED_ENOUGH, replayed.LOOKED_MAX = kept
    ratio = {
        name: [
            getattr(ours, name).value / getattr(more, name).value - 1
            for ours, more in zip(found.cells, finer.cells, strict=True)
        ]
        for name in ("spend_minor", "gmv_minor", "roi")
    }
    return {
        "logged": found.requests,
        "targets": len(found.cells),
        "looked": found.looked,
        "reached": found.reached,
        "cpu_s_first_of_the_process": round(compiled, 3),
        "cpu_s_queries_not_found_before": round(cold, 3),
        "cpu_s_to_find_them_ahead": round(ahead, 3),
        "cpu_s": round(seconds, 3),
        "few_items": {
            "looked": rare.looked,
            "cpu_s_queries_not_found_before": round(few_cold, 3),
            "cpu_s": round(few_warm, 3),
        },
        "cpu_s_asked_again": round(again, 3),
        "limit_s": LIMIT_S,
        "of_limit": round(seconds / LIMIT_S, 3),
        "cpu_s_each_target_alone": round(alone, 3),
        "ratio_to_each_target_alone": round(alone / seconds, 2),
        "error_against_four_times_the_sample": {
            name: round(float(np.abs(errors).max()), 4) for name, errors in ratio.items()
        },
    }


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    start = time.process_time()
    found = work()
    return found, time.process_time() - start


def read_all(ahead: Ahead) -> None:
    """Until nothing is left to find."""
    while ahead.read():
        pass


def few_rows(market: Any) -> Any:
    """Four items without a plan of the smallest merchant that has them: few requests reach them."""
    rows = np.flatnonzero(market.plans.item_plan < 0)
    sizes = np.bincount(market.catalog.merchant[rows])
    merchant = np.where(sizes >= 4, sizes, len(rows) + 1).argmin()
    return rows[market.catalog.merchant[rows] == merchant][:4].astype(np.int32)


def free_rows(market: Any) -> Any:
    """The items of the largest merchant without a plan."""
    rows = np.flatnonzero(market.plans.item_plan < 0)
    merchant = np.bincount(market.catalog.merchant[rows]).argmax()
    return rows[market.catalog.merchant[rows] == merchant].astype(np.int32)


def logged(market: Any, now_us: int) -> RecentRequests:
    """A million requests of the last week: the market's own, drawn again at other times."""
    own = market.recent.logged().events
    rng, recent = generator(7), RecentRequests()
    for _ in range(0, LOGGED, PIECE):
        rows = rng.integers(0, len(own), PIECE)
        piece: EventBatch = own.take(rows)
        recent.learn(
            replace(
                piece,
                type=np.full(PIECE, EventType.REQUEST, np.uint8),
                at_us=now_us - rng.integers(1, 7 * 86_400_000_000, PIECE),
                request=rng.integers(0, 1 << 62, (PIECE, 2)).view("V16").reshape(-1),
            )
        )
    shopper, item = market.recent.bought()
    recent._bought = [(shopper, item)]
    return recent


if __name__ == "__main__":
    main()
