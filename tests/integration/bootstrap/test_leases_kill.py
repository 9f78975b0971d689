"""Eight deciding processes spend 500 budgets; one is killed in the middle and started again."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine, text

from adunion.bootstrap.consumer import charge_impressions
from adunion.bootstrap.nodes import Collector
from adunion.campaigns import Plans
from adunion.campaigns.tables import plans
from adunion.catalog.tables import merchants
from adunion.engines.eventlog import EventLog
from adunion.kernel.clock import SystemClock, monotonic_s, sleep
from adunion.kernel.ids import IdFactory
from adunion.ledger import Ledger, Posting, merchant_wallet
from adunion.tracking import EVENT_SCHEMA, EventType, Tracker

pytestmark = pytest.mark.integration
PLANS, WORKERS, SECONDS = 500, 8, 4.0
BUDGET, PRICE_MICROS = 2_000, 300_000  # minor units; a budget is some 90 prices
WORKER = Path(__file__).with_name("lease_worker.py")


def make_plans(engine: Engine) -> None:
    clock, ids = SystemClock(), IdFactory()
    ledger, now = Ledger(ids, clock), clock.now()
    owner, wallet = ids("mer"), BUDGET * PLANS * 2
    row = {
        "merchant_id": owner, "name": "x", "target_roi": 4, "currency": "CNY", "start_at": now,
        "budget_minor": BUDGET, "status": "active", "stage": "learning", "stage_since": now,
        "created_at": now, "updated_at": now,
    }  # fmt: skip
    with engine.begin() as conn:
        named = {"id": owner, "external_id": owner, "name": "m", "created_at": now}
        conn.execute(merchants.insert().values(**named))
        conn.execute(plans.insert(), [row | {"id": ids("cmp")} for _ in range(PLANS)])
        posting = Posting(owner, "platform:cash", merchant_wallet(owner), wallet, "CNY")
        ledger.post(conn, [posting])


def start(engine: Engine, home: Path, nth: int, seed: int) -> subprocess.Popen[bytes]:
    url = engine.url.render_as_string(hide_password=False)
    arguments = [str(home), url, f"node-{nth}", str(seed), str(PRICE_MICROS)]
    return subprocess.Popen([sys.executable, str(WORKER), *arguments])


class Books:
    """The steering side: takes the nodes' logs in and charges what was seen."""

    def __init__(self, engine: Engine, home: Path) -> None:
        clock, ids = SystemClock(), IdFactory()
        self.log = EventLog(home / "events", EVENT_SCHEMA)
        self.tracker = Tracker(self.log, clock)
        market: Any = SimpleNamespace(home=home, tracker=self.tracker, heard=lambda _batch: None)
        self.collector = Collector(market)
        self.engine, self.ledger, self.plans = engine, Ledger(ids, clock), Plans(engine, clock, ids)
        self.at = 0

    def catch_up(self) -> None:
        self.collector.collect()
        for position, batch in self.tracker.read(self.at):
            assert set(batch.type.tolist()) == {EventType.IMPRESSION}
            with self.engine.begin() as conn:
                charge_impressions(conn, self.plans, self.ledger, batch, self.at)
            self.at = position

    def run_until(self, done: Callable[[], bool], seconds_max: float) -> None:
        begun = monotonic_s()
        while not done() and monotonic_s() < begun + seconds_max:
            sleep(0.1)
            self.catch_up()


def test_nothing_is_overspent_though_a_node_is_killed(engine: Engine, tmp_path: Path) -> None:
    make_plans(engine)
    books = Books(engine, tmp_path)
    workers = [start(engine, tmp_path, nth, nth) for nth in range(WORKERS)]
    try:
        books.run_until(lambda: books.at > 0, 120)
        books.run_until(lambda: False, SECONDS / 2)
        workers[3].kill()
        workers[3].wait()
        workers[3] = start(engine, tmp_path, 3, 99)
        books.run_until(lambda: False, SECONDS / 2)
        assert all(worker.poll() is None for worker in workers)
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    books.catch_up()
    books.log.close()
    with engine.connect() as conn:
        rows = conn.execute(text("select spend_micros, over_micros from plan_spend")).all()
    spend, over = (np.array(column, np.int64) for column in zip(*rows, strict=True))
    budget = BUDGET * 10_000
    assert len(spend) == PLANS
    assert over.sum() <= 0.005 * budget * PLANS
    assert over.max() <= PRICE_MICROS * WORKERS
    assert spend.sum() > 0.2 * budget * PLANS  # they did spend: 70 % of the promises are seen
