"""A process killed in the middle of its batches loses nothing it said and doubles nothing."""

import subprocess
import sys

import numpy as np
import pytest
from sqlalchemy import text

from adunion.kernel.clock import sleep
from adunion.ledger import Ledger

pytestmark = pytest.mark.integration

BATCHES, SIZE, KILLS = 160, 50, 6

WORKER = """
import sys
from datetime import UTC, datetime
from sqlalchemy import create_engine
from adunion.commission import Commissions, CreditedLine
from adunion.kernel.clock import SystemClock
from adunion.kernel.ids import IdFactory
from adunion.ledger import PLATFORM_MEDIA, Ledger, Posting, merchant_wallet
url, first, batches, size = sys.argv[1], *map(int, sys.argv[2:])
engine = create_engine(url)
ledger = Ledger(IdFactory(), SystemClock())
commissions = Commissions(IdFactory(), SystemClock(), ledger)
at = datetime(2026, 11, 1, tzinfo=UTC)
for batch in range(first, batches):
    with engine.begin() as conn:
        ledger.post(conn, [
            Posting(f"{batch}:{i}", merchant_wallet(f"mer_{i % 7}"), PLATFORM_MEDIA, 1 + i, "CNY")
            for i in range(size)
        ])
        commissions.on_orders(
            conn,
            [CreditedLine(f"o{batch}", 1, "lnk", "pub_1", "mer_1", "", 1000, "CNY", at)],
        )
        commissions.on_receipt(conn, [f"o{batch}"], at)
    sys.stdout.write(f"{batch}\\n")
    sys.stdout.flush()
"""


def test_killed_again_and_again_every_acknowledged_batch_is_there_once(engine, ids, clock):
    rng = np.random.default_rng(5)
    ledger = Ledger(ids, clock)
    done = -1  # each worker begins ten batches before what was acknowledged
    for attempt in range(KILLS + 1):
        worker = subprocess.Popen(
            [sys.executable, "-c", WORKER, engine.url.render_as_string(False),
             str(max(done - 10, 0)), str(BATCHES), str(SIZE)],
            stdout=subprocess.PIPE,
            text=True,
        )  # fmt: skip
        with worker, worker.stdout:
            if attempt < KILLS:
                worker.stdout.readline()
                sleep(float(rng.uniform(0.05, 0.4)))
                worker.kill()
            said = worker.stdout.read().split()
        done = max([done, *map(int, said)])
        with engine.connect() as conn:
            assert ledger.check(conn).problems == []
            kept = conn.scalar(text("select count(*) from transfers where kind = 'post'"))
            assert kept >= (done + 1) * SIZE
        assert kept % SIZE == 0
    assert done == BATCHES - 1
    with engine.connect() as conn:
        [totals] = ledger.totals(conn)
        commissions = conn.scalar(text("select count(*) from commission_changes"))
        media = ledger.balance(conn, "platform:media", "CNY")
        held = ledger.balance(conn, "publisher:pub_1:held", "CNY")
    assert totals.transfers == BATCHES * (SIZE + 2)  # and a reserve and a receipt of each order
    assert media.posted_minor == BATCHES * sum(1 + i for i in range(SIZE))
    assert held.posted_minor == BATCHES * 80
    assert commissions == BATCHES * 2
