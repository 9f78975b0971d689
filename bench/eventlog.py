"""Event log: durable rows/s against writing and syncing the same bytes to a plain file,
both the rows' bytes in memory and the compressed bytes that the log writes.

python bench/eventlog.py [--rows 2000000] [--folder DIR]
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from pathlib import Path
from time import perf_counter

import numpy as np

from adunion.engines.eventlog import EventLog
from adunion.kernel.clock import SystemClock, generator
from adunion.tracking import EVENT_SCHEMA, EventBatch, EventType, Tracker, events
from adunion.tracking.arrow import to_arrow

BATCH_ROWS = 50_000


def batches(rows: int) -> list[EventBatch]:
    """Impressions of believable entropy: 200 plans, 20,000 items, 50,000 shoppers."""
    rng = generator(1)
    items = np.frombuffer(rng.bytes(16 * 20_000), "V16")
    plans = np.frombuffer(rng.bytes(16 * 200), "V16")
    shoppers = np.frombuffer(rng.bytes(16 * 50_000), "V16")
    made = []
    for first in range(0, rows, BATCH_ROWS):
        n = BATCH_ROWS
        request = np.repeat(np.frombuffer(rng.bytes(16 * (n // 10)), "V16"), 10)
        made.append(
            events(
                n,
                type=EventType.IMPRESSION,
                at_us=1_790_000_000_000_000 + np.arange(first, first + n) * 100,
                key=rng.integers(0, 2**63, n).astype(np.uint64),
                request=request,
                slot=np.tile(np.arange(10), n // 10),
                item=items[rng.integers(0, 20_000, n)],
                plan=plans[rng.integers(0, 200, n)],
                shopper=np.repeat(shoppers[rng.integers(0, 50_000, n // 10)], 10),
                price_micros=rng.integers(0, 500_000, n),
                pctr=rng.random(n).astype(np.float32),
                pcvr=rng.random(n).astype(np.float32),
            )
        )
    return made


def timed_raw(folder: Path, sizes: list[int]) -> float:
    data = os.urandom(max(sizes))
    start = perf_counter()
    with (folder / "raw").open("wb", buffering=0) as file:
        for size in sizes:
            file.write(data[:size])
            os.fdatasync(file.fileno())
    return perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path)
    args = parser.parse_args()
    made = batches(args.rows)
    rows = sum(len(batch) for batch in made)
    with tempfile.TemporaryDirectory(dir=args.folder) as name:
        folder = Path(name)
        log = EventLog(folder / "log", EVENT_SCHEMA)
        log.append(to_arrow(made[0].take(np.arange(10))))
        start = perf_counter()
        for batch in made:
            log.append(to_arrow(batch))
        log_seconds = perf_counter() - start
        written = sum(path.stat().st_size for path in (folder / "log").glob("*.events"))
        raw_seconds = timed_raw(folder, [written // len(made)] * len(made))
        plain = [to_arrow(batch).nbytes for batch in made]
        plain_seconds = timed_raw(folder, plain)
        start = perf_counter()
        read = sum(batch.num_rows for _, batch in log.read())
        read_seconds = perf_counter() - start
        log.close()
        log = EventLog(folder / "tracked", EVENT_SCHEMA)
        tracker = Tracker(log, SystemClock())
        tracker.accept(made[0].take(np.arange(10)))
        start = perf_counter()
        for batch in made:
            tracker.accept(batch)
        tracked_seconds = perf_counter() - start
        seen = tracker._seen
        hours = np.zeros(BATCH_ROWS, np.int32)
        start = perf_counter()
        for batch in made:
            seen.add(batch.key, hours)
        dedupe_seconds = perf_counter() - start
        log.close()
    print(
        json.dumps(
            {
                "bench": "eventlog",
                "rows": rows,
                "bytes_per_row": round(written / rows, 1),
                "bytes_per_row_in_memory": round(sum(plain) / rows, 1),
                "durable_rows_per_s": int(rows / log_seconds),
                "raw_file_rows_per_s": int(rows / plain_seconds),
                "raw_file_of_compressed_rows_per_s": int(rows / raw_seconds),
                "log_over_raw": round(plain_seconds / log_seconds, 3),
                "log_over_raw_of_compressed": round(raw_seconds / log_seconds, 3),
                "read_rows_per_s": int(read / read_seconds),
                "tracker_durable_rows_per_s": int(rows / tracked_seconds),
                "dedupe_rows_per_s": int(rows / dedupe_seconds),
            }
        )
    )


if __name__ == "__main__":
    main()
