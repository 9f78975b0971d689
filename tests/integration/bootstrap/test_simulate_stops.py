"""However a simulation ends, it leaves nothing behind, or the next one clears it away."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from adunion.bootstrap.records import open_records
from adunion.engines.postgres import Postgres
from adunion.kernel.config import Settings

pytestmark = pytest.mark.integration
SMALL = "[world]\nitems = 200\nmerchants = 4\nshoppers = 300\n"
LONG = f"days = 300\nrequests_per_day = 500\n{SMALL}"
SHORT = f"history_days = 1\ndays = 1\ndrain_hours = 1\nrequests_per_day = 100\n{SMALL}"


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[Postgres, Path]]:
    with (
        tempfile.TemporaryDirectory(prefix="adunion-test-") as home,
        open_records(Settings(home=Path(home), database_url=None)) as postgres,
    ):
        yield postgres, Path(home)


def start(home: Path, scenario: str, name: str) -> subprocess.Popen[str]:
    path = home / f"{name}.toml"
    path.write_text(scenario)
    return subprocess.Popen(
        [Path(sys.executable).with_name("adunion"), "simulate", path, "--quiet",
         "--json", home / f"{name}.json"],
        env={**os.environ, "ADUNION_HOME": str(home)}, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip


def left(server: Postgres, home: Path) -> tuple[list[str], list[str]]:
    """The databases and folders of simulations."""
    with server.engine.connect() as conn:
        names = conn.scalars(
            text("select datname from pg_database where starts_with(datname, 'simulation_')")
        )
        return list(names), [path.name for path in home.glob("simulations/*")]


def wait_until_it_runs(server: Postgres, home: Path) -> None:
    """Until events are written."""
    deadline = time.monotonic() + 120
    while not any(file.stat().st_size > 50_000 for file in home.glob("simulations/*/events/*")):
        assert time.monotonic() < deadline, "the simulation did not start"
        time.sleep(0.05)


def test_ctrl_c_ends_it_cleanly(server: tuple[Postgres, Path]) -> None:
    running = start(server[1], LONG, "interrupted")
    wait_until_it_runs(*server)
    os.killpg(running.pid, signal.SIGINT)
    _, said = running.communicate(timeout=120)
    assert running.returncode == 130, said
    assert "Traceback" not in said
    assert left(*server) == ([], [])


def test_a_killed_run_is_cleared_away_by_the_next_but_not_a_running_one(
    server: tuple[Postgres, Path],
) -> None:
    killed = start(server[1], LONG, "killed")
    wait_until_it_runs(*server)
    killed.send_signal(signal.SIGKILL)
    killed.communicate(timeout=120)
    (dead,), _ = left(*server)
    other = start(server[1], LONG, "other")
    deadline = time.monotonic() + 120
    while (names := left(*server))[0] in ([], [dead]) or names[0] != names[1]:
        assert time.monotonic() < deadline, names
        time.sleep(0.05)
    (alive,), _ = left(*server)
    assert alive != dead
    last = start(server[1], SHORT, "last")
    _, said = last.communicate(timeout=180)
    assert last.returncode == 0, said
    assert left(*server) == ([alive], [alive])
    os.killpg(other.pid, signal.SIGINT)
    other.communicate(timeout=120)
    assert left(*server) == ([], [])


def test_a_scenario_that_cannot_run_ends_with_1_and_one_line(
    server: tuple[Postgres, Path],
) -> None:
    refused = start(server[1], f"{SMALL}[[plans]]\ncount = 5", "refused")
    _, said = refused.communicate(timeout=180)
    assert refused.returncode == 1
    assert "all 4 merchants have a plan" in " ".join(said.split())
    assert "Traceback" not in said
    assert not (server[1] / "refused.json").exists()
    assert left(*server) == ([], [])
