"""A writer is killed again and again; whatever it had acknowledged must be there."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pytest

from adunion.engines.eventlog import EventLog

pytestmark = pytest.mark.integration
SCHEMA = pa.schema([pa.field("n", pa.int64(), nullable=False)])
WRITER = """
import sys, threading
import pyarrow as pa
from pathlib import Path
from adunion.engines.eventlog import EventLog
schema = pa.schema([pa.field("n", pa.int64(), nullable=False)])
log = EventLog(Path(sys.argv[1]), schema, segment_bytes_max=30_000)
first, lock = int(sys.argv[2]), threading.Lock()
def write(worker):
    n = first + worker * 1_000_000
    while True:
        batch = pa.RecordBatch.from_pydict({"n": [n, n + 1, n + 2]}, schema=schema)
        log.append(batch)
        with lock:
            sys.stdout.write(f"{n}\\n")
            sys.stdout.flush()
        n += 3
for worker in range(3):
    threading.Thread(target=write, args=(worker,)).start()
"""


def test_no_acknowledged_row_is_lost_when_the_writer_is_killed(tmp_path: Path) -> None:
    chance = random.Random(7)
    acknowledged: set[int] = set()
    for round_ in range(8):
        said = tmp_path / f"said{round_}"
        with said.open("w") as out:
            writer = subprocess.Popen(
                [sys.executable, "-c", WRITER, str(tmp_path / "log"), str(round_ * 10_000_000)],
                stdout=out,
            )
        limit = time.monotonic() + 60
        while said.stat().st_size < 200 and time.monotonic() < limit:
            time.sleep(0.01)
        time.sleep(chance.uniform(0, 0.15))
        os.kill(writer.pid, signal.SIGKILL)
        assert writer.wait() == -signal.SIGKILL
        for line in said.read_text().splitlines(keepends=True):
            if line.endswith("\n"):
                acknowledged |= {int(line), int(line) + 1, int(line) + 2}
        if round_ % 2:  # what a power cut might leave behind
            last = max((tmp_path / "log").glob("*.events"))
            with last.open("ab") as file:
                file.write(b"AUf1" + chance.randbytes(chance.randrange(200)))
    log = EventLog(tmp_path / "log", SCHEMA)
    found = [n for _, batch in log.read() for n in batch.column("n").to_pylist()]
    assert len(found) == len(set(found)) == log.rows
    assert len(acknowledged) > 300
    assert acknowledged <= set(found)
    assert len(log.segment_positions()) > 1
    log.close()
