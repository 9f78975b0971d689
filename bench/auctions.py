"""Separate slots, mixed ranking with GSP, and the joint auction, at equal shopper experience.

Prints a table to stderr and JSON to stdout. `python bench/auctions.py [seeds] [requests]`
"""

from __future__ import annotations

import json
import sys

from adunion.simulation.formats import compare, table


def main() -> None:
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    requests = int(sys.argv[2]) if len(sys.argv) > 2 else 300
    rows = compare(
        range(seeds), requests,
        progress=lambda what, done, of: print(f"{what} {done}/{of}", file=sys.stderr, flush=True),
    )  # fmt: skip
    print(table(rows), file=sys.stderr)
    print(json.dumps(rows))


if __name__ == "__main__":
    main()
