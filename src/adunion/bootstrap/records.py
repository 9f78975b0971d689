"""Open the records: start or join the server, bring the schema up to date, let go at the end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config

from adunion.engines.postgres import MIGRATIONS, Postgres, connect, migrate
from adunion.kernel.config import Settings

from .tables import load_tables


@contextmanager
def open_records(settings: Settings) -> Iterator[Postgres]:
    """A server whose database has the newest schema."""
    load_tables()
    server = connect(settings)
    try:
        migrate(server.engine)
        yield server
    finally:
        server.close()


def write_revision(settings: Settings, message: str) -> Path:
    """Write a revision: what the tables in the code have that the database lacks."""
    with open_records(settings) as server, server.engine.connect() as conn:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = conn
        written = command.revision(config, message, autogenerate=True)
    return Path(str(getattr(written, "path", "")))
