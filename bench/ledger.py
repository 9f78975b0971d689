"""Transfers per second of the ledger at batch 1, 100, 1000, beside raw inserts of the same rows.

The raw side writes the same columns in the same transaction sizes to a table of the same indexes,
with no accounts, balances, bounds, idempotency or double entry behind it. Both run in turns on one
server; the medians of the rounds are compared. Prints JSON.
"""

from __future__ import annotations

import json
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Engine, text

import adunion.ledger.tables
from adunion.engines.postgres import connect, metadata
from adunion.kernel.clock import SystemClock, monotonic_s
from adunion.kernel.config import Settings
from adunion.kernel.ids import IdFactory
from adunion.ledger import PLATFORM_MEDIA, Ledger, Posting, merchant_wallet

MERCHANTS = 200
ROUNDS = 5
COUNTS = {1: 300, 100: 40, 1000: 8}  # transactions a round
COLUMNS = (
    "id key debit_id credit_id amount_minor currency kind pending_key memo reference at".split()
)
RAW = text(
    f"insert into raw_transfers ({', '.join(COLUMNS)}) values "
    f"({', '.join(':' + name for name in COLUMNS)})"
)


def batches(label: str, size: int, count: int) -> list[list[Posting]]:
    return [
        [
            Posting(
                f"{label}:{batch}:{row}",
                merchant_wallet(f"mer_{(batch * size + row) % MERCHANTS}"),
                PLATFORM_MEDIA,
                5,
                "CNY",
                reference="cmp_1",
            )
            for row in range(size)
        ]
        for batch in range(count)
    ]


def rate(work: Callable[[list[Posting]], None], todo: list[list[Posting]]) -> float:
    start = monotonic_s()
    for batch in todo:
        work(batch)
    return sum(len(batch) for batch in todo) / (monotonic_s() - start)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="adunion-bench-") as home:
        server = connect(Settings(home=Path(home), database_url=None))
        try:
            metadata.create_all(
                server.engine,
                [adunion.ledger.tables.accounts, adunion.ledger.tables.transfers],
            )
            print(json.dumps(measure(server.engine), indent=2))
        finally:
            server.close()


def measure(engine: Engine) -> dict[str, object]:
    clock, ids = SystemClock(), IdFactory()
    ledger = Ledger(ids, clock)
    with engine.begin() as conn:
        conn.execute(text("create table raw_transfers (like transfers including all)"))

    def post(batch: list[Posting]) -> None:
        with engine.begin() as conn:
            ledger.post(conn, batch)

    def insert(batch: list[Posting]) -> None:
        now = clock.now()
        rows = [
            (ids("txn"), p.key, 1, 2, p.amount_minor, p.currency, p.kind, None, "", "cmp_1", now)
            for p in batch
        ]
        with engine.begin() as conn:
            conn.execute(RAW, [dict(zip(COLUMNS, row, strict=True)) for row in rows])

    post(batches("warm", MERCHANTS, 1)[0])
    insert(batches("warm", MERCHANTS, 1)[0])
    report: dict[str, object] = {"bench": "ledger"}
    for size, count in COUNTS.items():
        ours, raw = [], []
        for round_ in range(ROUNDS):
            todo = batches(f"{size}:{round_}", size, count)
            ours.append(rate(post, todo))
            raw.append(rate(insert, todo))
        mine, peer = statistics.median(ours), statistics.median(raw)
        report[f"batch_{size}"] = {
            "transfers_per_s": round(mine),
            "raw_inserts_per_s": round(peer),
            "ratio": round(mine / peer, 3),
        }
    with engine.connect() as conn:
        report["check_ok"] = ledger.check(conn).ok
    return report


if __name__ == "__main__":
    main()
