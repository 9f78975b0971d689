"""Fixtures that every kind of test shares: a real PostgreSQL, a clock and ids that are seeded."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import Engine, text

from adunion.bootstrap.tables import load_tables
from adunion.engines import postgres as engines
from adunion.kernel.clock import ManualClock
from adunion.kernel.config import Settings
from adunion.kernel.ids import IdFactory

DATA = Path(__file__).parents[2] / "shared" / "data"
_numbers = count()

settings.register_profile("adunion", deadline=None)  # how long an example takes is the machine's
settings.load_profile("adunion")


@pytest.fixture(scope="session", autouse=True)
def home_of_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What is kept by default is kept for this session, not in the folder that it runs in."""
    with pytest.MonkeyPatch.context() as patch:
        if "ADUNION_HOME" not in os.environ:
            patch.setenv("ADUNION_HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture(scope="session")
def postgres() -> Iterator[engines.Postgres]:
    """A server of this test session's own, with a migrated template to clone.

    It need not outlive the machine, so it does not wait for the disk.
    """
    load_tables()
    with tempfile.TemporaryDirectory(prefix="adunion-test-") as home:
        server = engines.connect(Settings(home=Path(home), database_url=None))
        with server.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            for name in ("fsync", "full_page_writes", "synchronous_commit", "autovacuum"):
                conn.execute(text(f"alter system set {name} = off"))
            conn.execute(text("select pg_reload_conf()"))
        template = server.database("template_adunion")
        engines.migrate(template)
        template.dispose()
        yield server
        server.close()


@pytest.fixture(scope="session")
def spare() -> list[str]:
    """Names of databases that tests gave back empty: emptying costs less than making."""
    return []


@pytest.fixture
def engine(postgres: engines.Postgres, spare: list[str]) -> Iterator[Engine]:
    """A migrated, empty database."""
    name = spare.pop() if spare else _cloned(postgres)
    given = postgres.database(name)
    yield given
    given.dispose()
    if _emptied(postgres, name):
        spare.append(name)
    else:
        postgres.drop_database(name)


def _cloned(postgres: engines.Postgres) -> str:
    name = f"test_{os.getpid()}_{next(_numbers)}"
    with postgres.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text(f"create database {name} template template_adunion"))
    return name


def _emptied(postgres: engines.Postgres, name: str) -> bool:
    """Whether the database is again as it was made; one that has grown is not worth it."""
    given = postgres.database(name)
    with given.begin() as conn:
        conn.execute(text(_LET_GO))
        small = bool(conn.scalar(text("select pg_database_size(current_database()) < 4e7")))
        if small:
            conn.execute(text(_EMPTY))
    given.dispose()
    return small


_LET_GO = """
select pg_terminate_backend(pid, 5000) from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid()
"""
_EMPTY = """
do $$
declare
    name text;
    filled boolean;
begin
    set local session_replication_role = replica;  -- no triggers, no foreign keys
    for name in select quote_ident(tablename) from pg_tables
        where schemaname = 'public' and tablename <> 'alembic_version'
    loop
        execute 'select exists (select from ' || name || ')' into filled;
        if filled then execute 'delete from ' || name; end if;
    end loop;
    perform setval(oid, 1, false) from pg_class where relkind = 'S';
end $$
"""


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
