"""Every bidder in two of the simulated markets, against hindsight; prints JSON.

`adunion bench roi` runs the whole family. Each figure's limit stands in the figure itself: 1 is the
best that hindsight knows, or a promise kept by every plan.
"""

from __future__ import annotations

import json
import os

from adunion.decision.bidding import bidder
from adunion.simulation.roi import run, summary

MARKETS = ("calm", "promotion_day")
SEED = 1


def main() -> None:
    runs = run(MARKETS, bidder.names(), [SEED], jobs=os.cpu_count() or 1)
    for row in summary(runs):
        print(json.dumps(row))


if __name__ == "__main__":
    main()
