"""Items per second parsed, validated and loaded, against COPY of the same rows. Prints JSON.

`python bench/importing.py [--items N] [--feed FILE --mapping NAME]`. Feeds of our own making are
written in every format, each imported into a database of its own. Program and server are
pinned to one core where the system allows it. Times are CPU seconds of program and server together
(`items_per_s`), so that other work on the machine does not count, and of the clock on the wall.
Peers run right after each import, on the same server:

- `copy`: the finished rows copied into a bare table, no index, no key: what the server can take.
- `copy_items`: the finished rows copied into a table with the keys and indexes of `items`.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Engine, text

from adunion.bootstrap.tables import load_tables
from adunion.catalog import Catalog
from adunion.catalog.loading import copy_in
from adunion.engines import postgres
from adunion.kernel.clock import SystemClock, generator, monotonic_s
from adunion.kernel.config import Settings
from adunion.kernel.ids import IdFactory

_WORDS = "保温杯 礼盒 红茶 护手霜 不锈钢 便携 大容量 儿童 新款 秋冬 纯棉 舒适 家用 收纳".split()
_RSS_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0">
<channel>
<title>Our shop</title>
"""
_COLUMNS = (
    "id merchant title title_en description link image_link price product_type brand gtin mpn "
    "item_group_id availability rating rating_count color size material"
).split()


@dataclass
class Spent:
    """Seconds: on the wall, of this program's CPU and of the server's."""

    wall: float = 0.0
    client: float = 0.0
    server: float = 0.0

    @property
    def cpu(self) -> float:
        return self.client + self.server


def make_rows(items: int) -> Iterator[list[str]]:
    """Rows of usual length: a title of about 40 characters, a description of about 200."""
    rng = generator(7)
    prices, brands = rng.integers(100, 99_999, items), rng.integers(0, 500, items)
    stars, counts = rng.integers(30, 51, items), rng.integers(0, 5000, items)
    picks = rng.integers(0, len(_WORDS), (items, 53))
    for n in range(items):
        words = [_WORDS[pick] for pick in picks[n]]
        yield [
            f"sku-{n}", f"shop {n % 200}", f"{''.join(words[:13])} {n}", f"Steel travel mug {n}",
            "，".join(words), f"https://shop.example/p/{n}", f"https://img.shop.example/{n}.jpg",
            f"{prices[n] / 100:.2f} CNY", f"家居 > 厨房 > {words[0]}", f"brand {brands[n]}",
            str(6_900_000_000_000 + n), f"M-{n % 9973}", f"group-{n // 3}", "in stock",
            f"{stars[n] / 10:.1f}", str(counts[n]), "blue", "XL"[n % 2], words[1],
        ]  # fmt: skip


def write_feeds(folder: Path, items: int) -> list[Path]:
    """The same rows as TSV, CSV, JSON Lines, XML (RSS as Google Merchant reads it) and Parquet."""
    paths = [folder / f"feed.{kind}" for kind in ("tsv", "csv", "jsonl", "xml", "parquet")]
    tsv, csv, jsonl, xml = (path.open("w", encoding="utf-8") for path in paths[:4])
    rows = list(make_rows(items))
    with tsv, csv, jsonl, xml:
        tsv.write("\t".join(_COLUMNS) + "\n")
        csv.write(",".join(_COLUMNS) + "\n")
        xml.write(_RSS_HEAD)
        for row in rows:
            tsv.write("\t".join(row) + "\n")
            csv.write(",".join(row) + "\n")
            pairs = dict(zip(_COLUMNS, row, strict=True))
            jsonl.write(json.dumps(pairs, ensure_ascii=False) + "\n")
            fields = (f"<g:{name}>{escape(value)}</g:{name}>" for name, value in pairs.items())
            xml.write(f"<item>\n{chr(10).join(fields)}\n</item>\n")
        xml.write("</channel>\n</rss>\n")
    columns = dict(zip(_COLUMNS, map(list, zip(*rows, strict=True)), strict=True))
    pq.write_table(pa.table(columns), paths[4])
    return paths


class Meter:
    """Measures what a block of work costs this program and all processes of the server."""

    def __init__(self, engine: Engine) -> None:
        with engine.connect() as conn:
            pid = conn.execute(text("select pg_read_file('postmaster.pid')")).scalar_one()
        self._server = psutil.Process(int(pid.split()[0]))

    def _server_s(self) -> float:
        total = 0.0
        for process in [self._server, *self._server.children(recursive=True)]:
            times = process.cpu_times()
            total += times.user + times.system
            if process == self._server:
                total += times.children_user + times.children_system
        return total

    @contextmanager
    def measure(self) -> Iterator[Spent]:
        """Filled in when the block ends."""
        spent = Spent()
        before = monotonic_s(), sum(os.times()[:2]), self._server_s()
        yield spent
        spent.wall = monotonic_s() - before[0]
        spent.client = sum(os.times()[:2]) - before[1]
        spent.server = self._server_s() - before[2]


def copy_again(engine: Engine, meter: Meter, made: str) -> Spent:
    """What it costs to copy the rows of `items` into another table in one transaction."""
    with engine.begin() as conn:
        driver: Any = conn.connection.driver_connection
        with driver.cursor().copy("copy items to stdout") as out:
            lines = b"".join(bytes(block) for block in out)
        conn.execute(text(f"create table copied ({made})"))
    with meter.measure() as spent, engine.begin() as conn:
        copy_in(conn, "copied", lines)
    with engine.begin() as conn:
        conn.execute(text("drop table copied"))
    return spent


def measure(engine: Engine, feed: Path, mapping: str) -> dict[str, Any]:
    """Import a feed twice and its peers once."""
    postgres.migrate(engine)
    catalog = Catalog(engine, SystemClock(), IdFactory())
    meter = Meter(engine)
    import_feed: Callable[[], Any] = lambda: catalog.import_catalog(feed, mapping)  # noqa: E731
    with meter.measure() as first:
        rows = import_feed().rows
    with meter.measure() as again:
        import_feed()
    bare = copy_again(engine, meter, "like items")
    keyed = copy_again(engine, meter, "like items including all")
    return {
        "feed": feed.name,
        "bytes": feed.stat().st_size,
        "items": rows,
        "items_per_s": round(rows / first.cpu),
        "client_cpu_s": round(first.client, 2),
        "server_cpu_s": round(first.server, 2),
        "wall_items_per_s": round(rows / first.wall),
        "unchanged_items_per_s": round(rows / again.cpu),
        "copy_rows_per_s": round(rows / bare.cpu),
        "copy_items_rows_per_s": round(rows / keyed.cpu),
        "ratio_to_copy": round(bare.cpu / first.cpu, 3),
        "ratio_to_copy_items": round(keyed.cpu / first.cpu, 3),
    }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--items", type=int, default=100_000)
    options.add_argument("--feed", type=Path)
    options.add_argument("--mapping", default="google_merchant")
    given = options.parse_args()
    gc.disable()  # as `adunion import` does
    cores = os.cpu_count()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        cores = 1
    load_tables()
    with tempfile.TemporaryDirectory(prefix="adunion-bench-") as folder:
        feeds = [given.feed] if given.feed else write_feeds(Path(folder), given.items)
        server = postgres.connect(Settings(home=Path(folder) / "home", database_url=None))
        try:
            found = [
                measure(server.database(f"bench_{number}"), feed, given.mapping)
                for number, feed in enumerate(feeds)
            ]
        finally:
            server.close()
    slowest = min(found, key=lambda result: result["items_per_s"])
    print(json.dumps({"bench": "import", "cores": cores, **slowest, "feeds": found}))


if __name__ == "__main__":
    main()
