"""PostgreSQL: our own under the home (`embedded`), or any server by its URL."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, MetaData, create_engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, OperationalError

from adunion.kernel.config import Settings
from adunion.kernel.errors import AdUnionError

from . import embedded
from .arrays import use_plain_lists

MIGRATIONS = Path(__file__).parent / "migrations"

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_N_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)
"""Every room's tables register here (in its `tables.py`)."""

use_plain_lists()
_CONNECT_ARGS = {"options": "-c timezone=UTC", "connect_timeout": 10}


class Postgres:
    """A running server and the SQLAlchemy engine to its database."""

    def __init__(self, url: URL, membership: embedded.Membership | None = None) -> None:
        self.url = url
        self._membership = membership
        self.engine = create_engine(
            url, pool_size=8, max_overflow=8, pool_pre_ping=True, connect_args=_CONNECT_ARGS
        )

    def database(self, name: str) -> Engine:
        """An engine to another database of the same server, made if absent.

        For a program's own use: unlike the server's, its connections are not tried before each use.
        """
        admin = create_engine(self.url, isolation_level="AUTOCOMMIT", connect_args=_CONNECT_ARGS)
        with admin.connect() as conn:
            known = conn.execute(text("select 1 from pg_database where datname = :n"), {"n": name})
            if known.first() is None:
                conn.execute(text(f'create database "{name}"'))
        admin.dispose()
        return create_engine(
            self.url.set(database=name),
            pool_size=4,
            connect_args=_CONNECT_ARGS,
        )

    def drop_database(self, name: str) -> None:
        """Remove a database made by `database`; open connections to it are closed."""
        admin = create_engine(self.url, isolation_level="AUTOCOMMIT", connect_args=_CONNECT_ARGS)
        with admin.connect() as conn:
            conn.execute(text(f'drop database if exists "{name}" with (force)'))
        admin.dispose()

    def close(self) -> None:
        """Let go of the server; the last program of a home to do so stops it."""
        self.engine.dispose()
        if self._membership is not None:
            self._membership.leave()
            self._membership = None


def connect(settings: Settings) -> Postgres:
    """Start or join the server that the settings name.

    Raises `AdUnionError` with what to do where the home cannot be used, the server does not start,
    or the one at `database_url` does not answer.
    """
    if settings.database_url:
        return _outside(settings.database_url)
    url, membership = embedded.join(settings.home)
    return Postgres(url, membership)


def _outside(database_url: str) -> Postgres:
    hint = "Check ADUNION_DATABASE_URL, such as postgresql://user:password@host:5432/database."
    try:
        url = make_url(database_url).set(drivername="postgresql+psycopg")
    except (ArgumentError, ValueError):
        raise AdUnionError(
            "database_url", "ADUNION_DATABASE_URL is not a URL of a database.", 503, hint=hint
        ) from None
    server = Postgres(url)
    try:
        server.engine.connect().close()
    except OperationalError as error:
        server.close()
        said = str(error.orig).strip().splitlines()[-1]
        raise AdUnionError(
            "database_unreachable",
            f"No PostgreSQL answers at {url.render_as_string(hide_password=True)}: {said}",
            503,
            hint=hint,
        ) from error
    return server


def migrate(engine: Engine) -> None:
    """Bring the schema to the newest revision; safe to run from several programs at once."""
    with engine.begin() as conn:
        conn.execute(text("select pg_advisory_xact_lock(720317)"))
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = conn
        command.upgrade(config, "head")
