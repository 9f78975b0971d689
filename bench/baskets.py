"""Next-basket hit rate@10 on real orders, against popularity and item-kNN, with intervals.

    python bench/baskets.py [--data ../shared/data]

Online Retail: parts on what is before 2011-09-01, weights on September, test from 2011-10-01.
Complete Journey: parts to 2017-10-01, weights on October, test from 2017-11-01.
Protocols: see adunion/understanding/baskets/trial.py.
"""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path

import orjson

from adunion.understanding.baskets import Purchases, trial
from adunion.understanding.orderfile import OrderColumns

SETS = {
    "online_retail": ("orders/online_retail.parquet", (2011, 9, 1), (2011, 10, 1)),
    "completejourney": (
        "completejourney/transactions_sample.parquet", (2017, 10, 1), (2017, 11, 1),
    ),
}  # fmt: skip


def purchases(path: Path, mapping: str) -> Purchases:
    said = OrderColumns().read(path, mapping)
    return Purchases.of(said.order, said.shopper, said.day, said.item)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--only", choices=sorted(SETS))
    said = parser.parse_args()
    out = {}
    for name, (file, validate, test) in SETS.items():
        if said.only and name != said.only:
            continue
        bought = purchases(said.data / file, name)
        cuts = [datetime(*day, tzinfo=UTC).timestamp() / 86_400 for day in (validate, test)]
        out[name] = [trial(bought, use, *cuts) for use in ("next", "cart")]
    print(orjson.dumps(out, option=orjson.OPT_INDENT_2).decode())


if __name__ == "__main__":
    main()
