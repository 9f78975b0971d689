"""Real auctions forecast: `adunion bench replay` on the log beside the project, at two cuts."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from adunion.simulation.replay import report

LOG = Path("../shared/data/ads/ipinyou_2997.txt")
SHARES = (0.5, 0.8)


def main() -> None:
    if not LOG.exists():
        print(f"{LOG} is not there: nothing to replay.", file=sys.stderr)
        return
    found = {}
    for share in SHARES:
        told = report(LOG, share)
        auc = {name: row["auc"] for name, row in told["ctr"].items()}
        found[f"first {share:.0%}"] = {
            "ctr": told["ctr"],
            "auc_to_shipped": round(auc["ours"] / auc["shipped"], 4),
            "errors": [
                {"bid": row["bid"],
                 **{name: row[name]["error"] for name in ("spend", "wins", "clicks")},
                 "clicks_floor": row["clicks"]["floor"]}
                for row in told["levels"]
            ],
            "errors_by_block": told["blocks"],
        }  # fmt: skip
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
