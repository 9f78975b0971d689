"""What explaining costs: decisions with and without the waterfall and the log of decisions.

    python bench/explaining.py [--home HOME] [--requests 400] [--turns 12]

Decides the same requests on a real market in one process, turn about: with both, with the waterfall
alone, with neither. CPU microseconds a request, the median over turns; ratios over neither.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from statistics import median
from time import thread_time_ns
from typing import Any

from serving import SIZE, asks, opened

from adunion.serving import decide_one
from adunion.simulation.world import generate

ARMS = {"neither": (False, False), "waterfall": (True, False), "both": (True, True)}


def turn(market: Any, bodies: list[dict[str, Any]], counting: bool, keeping: bool) -> float:
    """Microseconds a request."""
    engine = market.brain.engine
    observe, log = engine.waterfall.observe, engine.log
    if not counting:
        engine.waterfall.observe = lambda *_: None
    if not keeping:
        engine.log = None
    start = thread_time_ns()
    for body in bodies:
        decide_one(market, body)
    engine.watch()
    if keeping:
        log.flush()
    took = thread_time_ns() - start
    engine.waterfall.observe, engine.log = observe, log
    return took / len(bodies) / 1e3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--requests", type=int, default=400)
    parser.add_argument("--turns", type=int, default=12)
    args = parser.parse_args()
    world = generate(1, SIZE.items, SIZE.merchants, SIZE.shoppers)
    with opened(args.home) as market:
        bodies = asks(world, market, args.requests)
        for arm in ARMS.values():
            turn(market, bodies[:50], *arm)  # compiles and warms up
        used: dict[str, list[float]] = {name: [] for name in ARMS}
        for _ in range(args.turns):
            for name, arm in ARMS.items():
                used[name].append(turn(market, bodies, *arm))
        each = {name: round(median(times), 1) for name, times in used.items()}
        ratios = {
            f"{name}_over_neither": round(each[name] / each["neither"], 3)
            for name in ("waterfall", "both")
        }
        print(
            json.dumps(
                {
                    "bench": "explaining", "items": len(market.catalog),
                    "plans": len(market.plans), "decide_us": each, **ratios,
                }
            )
        )  # fmt: skip


if __name__ == "__main__":
    main()
