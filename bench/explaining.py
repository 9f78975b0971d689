"""What explaining costs: the share of deciding that the waterfall and the log of decisions take.

    python bench/explaining.py [--home HOME] [--requests 400] [--turns 10]

Decides requests one by one on a real market and adds up the CPU time inside of what explains, in
the same run; `extra` is that time over the rest, of all turns together.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from time import thread_time_ns
from typing import Any

from adunion.serving import decide_one
from adunion.simulation.world import generate
from serving import SIZE, Parts, asks, opened


def explained(market: Any, bodies: list[dict[str, Any]], turns: int) -> dict[str, Any]:
    """Microseconds a request: all of it, and what explains."""
    engine, parts = market.brain.engine, Parts()
    for body in bodies:
        decide_one(market, body)  # compiles and warms up
    engine.watch()
    parts.wrap(engine.waterfall, "observe", "waterfall")
    parts.wrap(engine, "_note", "log")
    for name in ("chosen", "note", "flush"):
        parts.wrap(engine.log, name, "log")
    start = thread_time_ns()
    for _ in range(turns):
        for body in bodies:
            decide_one(market, body)
        engine.watch()
        engine.log.flush()
    whole, count = thread_time_ns() - start, turns * len(bodies)
    inside = sum(parts.spent.values())
    return {
        "decide_us": round(whole / count / 1e3, 1),
        **{f"{part}_us": round(took / count / 1e3, 1) for part, took in parts.spent.items()},
        "waterfall_extra": round(parts.spent["waterfall"] / (whole - inside), 4),
        "extra": round(inside / (whole - inside), 4),
        "extra_limit": 0.15,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--requests", type=int, default=400)
    parser.add_argument("--turns", type=int, default=10)
    args = parser.parse_args()
    world = generate(1, SIZE.items, SIZE.merchants, SIZE.shoppers)
    with opened(args.home) as market:
        found = explained(market, asks(world, market, args.requests), args.turns)
        size = {"items": len(market.catalog), "plans": len(market.plans)}
        print(json.dumps({"bench": "explaining", **size, **found}))


if __name__ == "__main__":
    main()
