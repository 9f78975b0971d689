"""How fast worlds are made and answered; prints JSON.

`requests_per_cpu_second` is traffic and responses together, 8 slots a request, against the limit
of drawing the same number of uniform random numbers with numpy, side by side.
"""

from __future__ import annotations

import json
import time

import numpy as np

from adunion.simulation.shopper import Memory, respond
from adunion.simulation.traffic import traffic
from adunion.simulation.world import World, generate

DAY_US = 86_400_000_000
START_US = 1_793_577_600_000_000
MIX = {"search": 0.45, "feed": 0.35, "cart": 0.10, "page": 0.06, "live": 0.04}
REQUESTS = 60_000
SLOTS = 8


def made(count: int) -> tuple[World, float]:
    start = time.perf_counter()
    world = generate(1, count, max(count // 100, 2), int(2.5 * count))
    return world, time.perf_counter() - start


def simulated(world: World, turns: int = 5) -> dict[str, float]:
    rng = np.random.default_rng(1)
    item = rng.integers(0, len(world.view.items), (REQUESTS, SLOTS)).astype(np.int32)
    traffic_s, respond_s, limit_s = [], [], []
    for turn in range(turns + 1):  # the first compiles
        memory = Memory.start(world, START_US)
        start = time.process_time()
        asked = traffic(world, turn, START_US, DAY_US, REQUESTS, MIX)
        asked_at = time.process_time()
        respond(world, turn, asked, item, memory=memory)
        answered = time.process_time()
        rng.random((REQUESTS, SLOTS))
        limit_s.append(time.process_time() - answered)
        traffic_s.append(asked_at - start)
        respond_s.append(answered - asked_at)
    ask, answer, limit = (float(np.median(each[1:])) for each in (traffic_s, respond_s, limit_s))
    return {
        "requests_per_cpu_second": round(REQUESTS / (ask + answer)),
        "traffic_us_per_request": round(ask / REQUESTS * 1e6, 2),
        "respond_us_per_slot": round(answer / REQUESTS / SLOTS * 1e6, 3),
        "ratio_to_bare_random_numbers": round((ask + answer) / limit, 1),
    }


def main() -> None:
    worlds = {count: made(count) for count in (2_000, 20_000)}
    print(
        json.dumps(
            {
                "generate_s": {str(count): round(took, 2) for count, (_, took) in worlds.items()},
                "items_20000": simulated(worlds[20_000][0]),
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
