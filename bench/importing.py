"""Items per second parsed, validated and loaded, against COPY of the same rows. Prints JSON.

`python bench/importing.py [--items N] [--feed FILE --mapping NAME]`. Program and server are pinned
to one core where the system allows it. Peers run in turn, on the same server, in the same minute:

- `copy`: the finished rows copied into a bare table, no index, no key: what the server can take.
- `copy_items`: the finished rows copied into a table with the keys and indexes of `items`.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text

from adunion.bootstrap.tables import load_tables
from adunion.catalog import Catalog
from adunion.catalog.loading import copy_in
from adunion.engines import postgres
from adunion.kernel.clock import SystemClock, generator, monotonic_s
from adunion.kernel.config import Settings
from adunion.kernel.ids import IdFactory


def write_feed(path: Path, items: int) -> None:
    """A Google Merchant TSV with titles and descriptions of usual length."""
    rng = generator(7)
    words = "红茶 礼盒 travel mug steel 保温杯 garden chair lamp 护手霜 cotton shirt blue".split()
    prices, brands = rng.integers(100, 99_999, items), rng.integers(0, 500, items)
    picks = rng.integers(0, len(words), (items, 40))
    with path.open("w", encoding="utf-8") as out:
        out.write(
            "id\tmerchant\ttitle\tdescription\tlink\timage_link\tprice\tproduct_type\tbrand\tgtin"
            "\tavailability\tcolor\n"
        )
        for n in range(items):
            chosen = [words[pick] for pick in picks[n]]
            out.write(
                f"sku-{n}\tshop {n % 200}\t{' '.join(chosen[:8])} {n}\t{' '.join(chosen)}\t"
                f"https://shop.example/p/{n}\thttps://img.shop.example/{n}.jpg\t"
                f"{prices[n] / 100:.2f} CNY\tHome > Kitchen > {words[n % 7]}\tbrand {brands[n]}\t"
                f"{6900000000000 + n}\tin stock\tblue\n"
            )


def copy_again(engine: Engine, table: str, made: str) -> float:
    """Seconds to copy the rows of `items` into another table, as text, in one transaction."""
    with engine.begin() as conn:
        driver: Any = conn.connection.driver_connection
        with driver.cursor().copy("copy items to stdout") as out:
            lines = b"".join(bytes(block) for block in out).decode()
        conn.execute(text(f"drop table if exists {table}"))
        conn.execute(text(f"create table {table} ({made})"))
    started = monotonic_s()
    with engine.begin() as conn:
        copy_in(conn, table, lines)
    return monotonic_s() - started


def measure(feed: Path, mapping: str) -> dict[str, Any]:
    """Import a feed twice and its peers once, on a server of its own."""
    load_tables()
    with tempfile.TemporaryDirectory(prefix="adunion-bench-") as home:
        server = postgres.connect(Settings(home=Path(home), database_url=None))
        try:
            postgres.migrate(server.engine)
            catalog = Catalog(server.engine, SystemClock(), IdFactory())
            first = catalog.import_catalog(feed, mapping)
            again = catalog.import_catalog(feed, mapping)
            bare = copy_again(server.engine, "bare", "like items")
            keyed = copy_again(server.engine, "keyed", "like items including all")
        finally:
            server.close()
    return {
        "bench": "import",
        "feed": feed.name,
        "items": first.rows,
        "items_per_s": round(first.rows / first.seconds),
        "unchanged_items_per_s": round(again.rows / again.seconds),
        "copy_rows_per_s": round(first.rows / bare),
        "copy_items_rows_per_s": round(first.rows / keyed),
        "ratio_to_copy": round(bare / first.seconds, 3),
        "ratio_to_copy_items": round(keyed / first.seconds, 3),
        "cores": 1 if hasattr(os, "sched_setaffinity") else os.cpu_count(),
    }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--items", type=int, default=100_000)
    options.add_argument("--feed", type=Path)
    options.add_argument("--mapping", default="google_merchant")
    given = options.parse_args()
    gc.disable()  # as `adunion import` does
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory() as folder:
        feed = given.feed or Path(folder) / "feed.tsv"
        if given.feed is None:
            write_feed(feed, given.items)
        print(json.dumps(measure(feed, given.mapping)))


if __name__ == "__main__":
    main()
