"""Fixtures that every kind of test shares: a real PostgreSQL, a clock and ids that are seeded."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from adunion.bootstrap.tables import load_tables
from adunion.engines import postgres as engines
from adunion.kernel.clock import ManualClock
from adunion.kernel.config import Settings
from adunion.kernel.ids import IdFactory

DATA = Path(__file__).parents[2] / "shared" / "data"
_numbers = count()


@pytest.fixture(scope="session")
def postgres() -> Iterator[engines.Postgres]:
    """A server of this test session's own, with a migrated template to clone."""
    load_tables()
    with tempfile.TemporaryDirectory(prefix="adunion-test-") as home:
        server = engines.connect(Settings(home=Path(home), database_url=None))
        template = server.database("template_adunion")
        engines.migrate(template)
        template.dispose()
        yield server
        server.close()


@pytest.fixture
def engine(postgres: engines.Postgres) -> Iterator[Engine]:
    """A fresh, migrated, empty database."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    with postgres.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text(f"create database {name} template template_adunion"))
    fresh = postgres.database(name)
    yield fresh
    fresh.dispose()
    postgres.drop_database(name)


@pytest.fixture
def clock() -> ManualClock:
    """A clock that stands at 2026-11-01 until told."""
    return ManualClock(datetime(2026, 11, 1, tzinfo=UTC))


@pytest.fixture
def ids(clock: ManualClock) -> IdFactory:
    """The same ids at every run."""
    return IdFactory(clock, seed=1)


@pytest.fixture(scope="session")
def data() -> Path:
    """The real data beside the project; tests that need it skip where it is absent."""
    if not DATA.exists():
        pytest.skip("no ../shared/data beside the project")
    return DATA
