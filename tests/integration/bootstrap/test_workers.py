"""`adunion serve --workers 2` as people use it: one port, one worker killed, nothing lost."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine, text

from adunion.kernel.clock import monotonic_s, sleep
from adunion.kernel.errors import AdUnionError

pytestmark = pytest.mark.integration
PROGRAM = (sys.executable, "-c", "from adunion.cli import main; main()")
FEED = "id\ttitle\tprice\tmerchant\n" + "".join(
    f"{row}\tmilk powder {row}\t{row + 5} USD\tm\n" for row in range(40)
)
ASK = {"placement": "search", "context": {"query": "milk"}, "slots": 4}


@pytest.fixture
def site(engine: Engine, tmp_path: Path) -> Iterator[httpx.Client]:
    """A market of 40 items served by two workers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {
        "ADUNION_DATABASE_URL": engine.url.render_as_string(hide_password=False),
        "ADUNION_HOME": str(tmp_path / "home"),
        "ADUNION_PORT": str(port),
    }
    (tmp_path / "feed.tsv").write_text(FEED)
    command = [*PROGRAM, "import", "catalog", str(tmp_path / "feed.tsv"), "--quiet"]
    subprocess.run(command, env=environment, check=True)
    served = subprocess.Popen([*PROGRAM, "serve", "--workers", "2"], env=environment)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        try:
            wait_for(client)
            yield client
        finally:
            served.send_signal(signal.SIGINT)
            assert served.wait(timeout=60) == 0
            assert not workers_of(port)


def wait_for(client: httpx.Client) -> None:
    until = monotonic_s() + 120
    while monotonic_s() < until:
        try:
            if client.post("/v1/decide", json=ASK).status_code == 200:
                return
        except httpx.TransportError:
            sleep(0.2)
    raise AdUnionError("no_answer", "The workers do not answer.", 500)


def workers_of(port: int) -> list[int]:
    """Processes whose command says that they are workers, and whose port is this one."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes().split(b"\0")
                port_of = b"ADUNION_PORT=%d\0" % port in (entry / "environ").read_bytes() + b"\0"
            except OSError:
                continue
            if b"adunion.bootstrap.workers" in command and port_of:
                found.append(int(entry.name))
    return found


def seen(client: httpx.Client) -> int:
    """Ask, and say that every slot was seen; how many events were accepted."""
    slots = client.post("/v1/decide", json=ASK).json()["slots"]
    told = [{"type": "impression", "token": slot["token"]} for slot in slots]
    results = client.post("/v1/events", json={"events": told}).json()["results"]
    return sum(result["status"] == "accepted" for result in results)


def test_a_killed_worker_is_replaced_and_loses_no_acknowledged_event(
    site: httpx.Client, engine: Engine
) -> None:
    port = site.base_url.port
    assert port is not None
    count = sum(seen(site) for _ in range(10))
    before = workers_of(port)
    assert len(before) == 2
    os.kill(before[0], signal.SIGKILL)
    with httpx.Client(base_url=site.base_url, timeout=60) as fresh:
        count += sum(seen(fresh) for _ in range(10))
        assert fresh.get("/v1/openapi.json").json()["openapi"].startswith("3.1")
    until = monotonic_s() + 60
    while monotonic_s() < until and (len(workers_of(port)) < 2 or logged(engine) < count):
        sleep(0.2)
    assert len(workers_of(port)) == 2
    assert logged(engine) == count == 80


def logged(engine: Engine) -> int:
    """Impressions in the reports: they were handed over, applied and rolled up."""
    with engine.connect() as conn:
        sums = conn.execute(text("select sum(impressions) from market_hours")).scalar_one()
    return int(sums or 0)
