"""A market that is killed again and again ends with the books of one that never was.

Run as a program, this file is the market that gets killed: it takes the batches it is given,
acknowledges each on stdout, and applies them.
"""

from __future__ import annotations

import pickle
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine, create_engine, text

from adunion.bootstrap.market import Market
from adunion.bootstrap.records import open_records
from adunion.bootstrap.simulator import open_run
from adunion.engines.postgres import Postgres, migrate
from adunion.kernel.clock import ManualClock
from adunion.kernel.config import Settings
from adunion.kernel.ids import IdFactory
from adunion.simulation.scenario import parse
from adunion.simulation.world import generate
from adunion.tracking import EventBatch, EventType, concat

pytestmark = pytest.mark.integration

SCENARIO: dict[str, Any] = {
    "history_days": 1,
    "days": 1,
    "drain_hours": 24 * 12,
    "control": False,
    "requests_per_day": 2_500,
    "plans": [{"target_roi": 1.0, "count": 3}, {"target_roi": 1.0, "budget": 30.0}],
    "publishers": {"count": 4, "share": 0.2},
    "shocks": [{"kind": "returns", "at_hour": 0, "factor": 8.0}],
}
KILLS = 5
SECONDS_MAX = 40
BATCH_ROWS = 500

SAME = {
    "orders": "select id, external_id, merchant_id, shopper, total_minor, placed_at from orders",
    "lines": "select order_id, line, item_id, quantity, amount_minor from order_lines",
    "steps": "select order_id, line, step, number, amount_minor, at from order_steps",
    "rejected": "select order_id, line, step, number, reason from rejected_events",
    "credits": "select order_id, line, plan_id, link_id, amount_minor from credits",
    "charges": "select plan_id, sum(micros), sum(amount_minor) from plan_charges group by 1",
    "spend": "select plan_id, spend_micros, over_micros from plan_spend",
    "commissions": (
        "select c.order_id, c.line, c.link_id, c.base_minor, sum(h.estimated_minor),"
        " sum(h.held_minor), sum(h.payable_minor), sum(h.fee_minor)"
        " from commissions c join commission_changes h on h.commission_id = c.id group by c.id"
    ),
    "plan_hours": "select * from plan_hours",
    "plan_item_days": "select * from plan_item_days",
    "market_hours": (
        "select hour, placement_kind, requests, impressions, sponsored_impressions, clicks, orders,"
        " gmv_minor, gmv_organic_minor, refunds_minor, spend_micros,"
        " round(experience_sum::numeric, 3) from market_hours"
    ),
    "link_days": "select * from link_days",
    "accounts": "select code, posted_minor, pending_in_minor, pending_out_minor from accounts",
    "consumed": "select * from consumed",
}


@dataclass
class Steady:
    """A market that ran without a break, what it was given, and a copy of it from before."""

    engine: Engine
    batches: list[EventBatch]
    copy: Engine
    currency: str
    now: datetime


@pytest.fixture(scope="module")
def steady() -> Iterator[Steady]:
    with (
        tempfile.TemporaryDirectory(prefix="adunion-test-") as home,
        open_records(Settings(home=Path(home), database_url=None)) as server,
    ):
        engine = server.database("steady")
        migrate(engine)
        world = generate(5, items=400, merchants=8, shoppers=600)
        run = open_run(engine, Path(home) / "steady", parse(SCENARIO), 1, world, lambda *_: None)
        clock = run.market.clock
        assert isinstance(clock, ManualClock)
        clock.set(run.started)
        run.launch_due(run.started)
        copy = cloned(server, engine)
        taken: list[EventBatch] = []
        take = run.market.take
        run.market.take = lambda batch: (taken.append(batch), take(batch))[1]  # type: ignore
        run.live()
        run.drain(SCENARIO["drain_hours"])
        yield Steady(engine, cut(taken), copy, world.view.currency, run.market.clock.now())
        run.market.close()
        engine.dispose()
        copy.dispose()


def cloned(server: Postgres, engine: Engine) -> Engine:
    engine.dispose()
    with server.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text("create database crashed template steady"))
    return server.database("crashed")


def cut(taken: list[EventBatch]) -> list[EventBatch]:
    whole = concat(taken)
    rows = np.arange(len(whole))
    return [
        whole.take(rows[first : first + BATCH_ROWS]) for first in range(0, len(whole), BATCH_ROWS)
    ]


def test_what_was_acknowledged_is_applied_once_however_often_it_is_killed(
    steady: Steady, tmp_path: Path
) -> None:
    kinds = set(np.unique(concat(steady.batches).type).tolist())
    assert kinds >= {EventType.IMPRESSION, EventType.ORDER, EventType.RECEIPT, EventType.REFUND}
    chance, acknowledged, kills = random.Random(7), 0, 0
    given = tmp_path / "batches"
    given.write_bytes(pickle.dumps((steady.currency, steady.now, steady.batches)))
    deadline = time.monotonic() + SECONDS_MAX
    while acknowledged < len(steady.batches):
        url = steady.copy.url.render_as_string(hide_password=False)
        child = subprocess.Popen(
            [sys.executable, __file__, url, tmp_path / "home", given, str(acknowledged)],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert child.stdout is not None
        child.stdout.readline()
        if kills < KILLS and time.monotonic() < deadline:
            time.sleep(chance.uniform(0.0, 0.5))
            child.kill()
            kills += 1
        acknowledged += sum(line == "taken\n" for line in child.stdout)
        child.wait()
        child.stdout.close()
    assert kills >= 2
    market = opened(steady.copy, tmp_path / "home", steady.currency, steady.now)
    market.tick()  # makes payable what is due, as the steady market's last tick did
    assert market.check_ledger().ok
    assert market.tracker.rows == sum(map(len, steady.batches))
    market.close()
    with steady.copy.connect() as crashed, steady.engine.connect() as whole:
        for name, query in SAME.items():
            rows, wanted = (
                sorted(map(str, conn.execute(text(query)))) for conn in (crashed, whole)
            )
            assert rows == wanted, name
            assert rows or name == "rejected", f"{name} is empty: the test tests nothing"


def opened(engine: Engine, home: Path, currency: str, now: datetime) -> Market:
    clock = ManualClock(now + timedelta(minutes=1))
    return Market(engine, home, clock, IdFactory(clock), currency)


def main(url: str, home: str, given: str, first: str) -> None:
    currency, now, batches = pickle.loads(Path(given).read_bytes())
    market = opened(create_engine(url), Path(home), currency, now)
    print("open", flush=True)  # noqa: T201
    for number in range(int(first), len(batches)):
        market.tracker.accept(batches[number])
        print("taken", flush=True)  # noqa: T201
        if number % 3 == 0:
            market.catch_up()
    market.catch_up()


if __name__ == "__main__":
    main(*sys.argv[1:])
