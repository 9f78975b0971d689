"""Every bidder in the family of simulated markets, against hindsight; prints JSON.

The same as `adunion bench roi --json`, without the single plans. Each figure's limit stands in the
figure itself: 1 is the best that hindsight knows, or a promise kept by every plan.
"""

from __future__ import annotations

import json
import os

from adunion.decision.bidding import bidder
from adunion.simulation.roi import MARKETS, bars, run, summary

SEEDS = (1,)


def main() -> None:
    runs = run(list(MARKETS), bidder.names(), SEEDS, jobs=os.cpu_count() or 1)
    for row in [*summary(runs), *bars(runs)]:
        print(json.dumps(row))


if __name__ == "__main__":
    main()
