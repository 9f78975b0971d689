"""A deciding node of the test of leases: promises what it holds, logs what is seen, may be killed.

python lease_worker.py HOME DATABASE_URL NODE SEED PRICE_MICROS
"""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from sqlalchemy import create_engine, text

from adunion.bootstrap.leases import Leases
from adunion.bootstrap.outbox import NODES
from adunion.engines.eventlog import EventLog
from adunion.insight.types import raw_ids
from adunion.kernel.clock import SystemClock, generator, micros, monotonic_s, sleep
from adunion.kernel.ids import IdFactory
from adunion.ledger import Ledger
from adunion.tracking import EVENT_SCHEMA, FLAG_MOVED, EventType, Tracker, beacon_keys, events

RENEW_SECONDS = 0.25
PER_TURN = 400  # decisions between two writes to the log
SEEN = 0.7


def main(home: Path, url: str, node: str, seed: int, price_micros: int) -> None:
    clock, ids = SystemClock(), IdFactory()
    engine, rng = create_engine(url), generator(seed)
    with engine.connect() as conn:
        plans = list(conn.execute(text("select id from plans order by id")).scalars())
    log = EventLog(home / NODES / node / "events", EVENT_SCHEMA)
    tracker = Tracker(log, clock)
    held = Leases(engine, Ledger(ids, clock), clock, ids, node, "CNY")
    book: Any = SimpleNamespace(
        ids=plans,
        wallet_micros=np.zeros(1, np.int64),
        pool_micros=np.zeros(1, np.int64),
        leased=None,
    )
    held.swap(book)
    raw, renewed = raw_ids(plans), -1.0
    while True:
        held.expire()
        if monotonic_s() > renewed + RENEW_SECONDS:
            held.renew(nullcontext())
            renewed = monotonic_s()
        plan = rng.integers(0, len(plans), PER_TURN)
        price = rng.integers(price_micros // 2, price_micros + 1, PER_TURN)
        won = np.zeros(PER_TURN, bool)
        for row in range(PER_TURN):
            won[row] = book.leased[0][plan[row]] >= price[row]
            if won[row]:
                book.leased[0][plan[row]] -= price[row]
        seen = np.flatnonzero(won & (rng.random(PER_TURN) < SEEN))
        if not len(seen):
            sleep(0.05)
            continue
        request = np.frombuffer(b"".join(ids.raw() for _ in seen), "V16")
        types = np.full(len(seen), EventType.IMPRESSION, np.uint8)
        slot = np.zeros(len(seen), np.int16)
        tracker.accept(
            events(
                len(seen),
                type=types,
                at_us=micros(clock.now()),
                request=request,
                slot=slot,
                key=beacon_keys(types, request, slot),
                plan=raw[plan[seen]],
                price_micros=price[seen],
                flags=FLAG_MOVED,
            )
        )


if __name__ == "__main__":
    home, url, node, seed, price = sys.argv[1:]
    main(Path(home), url, node, int(seed), int(price))
