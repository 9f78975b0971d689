"""Bidders in the arena: AuctionNet's rules, 48 advertisers, on seeds that nothing was tuned on.

Prints one JSON object: by strategy the mean score over that of a slot-choosing oracle and of the
best single multiplier in hindsight, and the share of seats whose expected attainment reaches .9.
`python bench/bidding.py [--seeds 10,11] [--rows 500000] [--days 7] [--warm 2] [--reactive]`;
`--spread .7` lets values differ more.
"""

from __future__ import annotations

import argparse
import json
import sys
from time import process_time

from adunion.simulation.arena import run, summary
from adunion.simulation.arena.market import ROWS, SPREAD
from adunion.simulation.arena.strategies import STRATEGIES


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="10", help="comma-separated; 0 to 9 were tuned on")
    parser.add_argument("--strategies", default=",".join(STRATEGIES))
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--days", type=int, default=7)
    parser.add_argument("--seats", type=int, default=12)
    parser.add_argument("--warm", type=int, default=2, help="earlier days told to each bidder")
    parser.add_argument("--spread", type=float, default=SPREAD, help="of values, over their mean")
    parser.add_argument("--reactive", action="store_true", help="rivals answer to the bidder")
    given = parser.parse_args()
    begun = process_time()
    rows = run(
        strategies=given.strategies.split(","),
        seeds=[int(seed) for seed in given.seeds.split(",")],
        rows=given.rows,
        days=given.days,
        warm=given.warm,
        seats=given.seats,
        reactive=given.reactive,
        spread=given.spread,
        progress=lambda *told: print(*told, file=sys.stderr),
    )
    arena = {
        name: vars(given)[name] for name in ("seeds", "rows", "days", "warm", "spread", "reactive")
    }
    print(
        json.dumps(
            {
                "arena": arena,
                "strategies": summary(rows),
                "cpu_seconds": round(process_time() - begun, 1),
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
