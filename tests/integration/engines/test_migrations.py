"""The revisions make what the tables in the code say, and can be undone."""

from __future__ import annotations

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import DBAPIError

from adunion.engines import postgres

pytestmark = pytest.mark.integration


def test_a_migrated_database_is_what_the_code_says(engine: Engine) -> None:
    with engine.connect() as conn:
        assert compare_metadata(MigrationContext.configure(conn), postgres.metadata) == []


def test_transfers_cannot_be_changed(engine: Engine) -> None:
    with engine.connect() as conn, pytest.raises(DBAPIError, match="never changed"):
        conn.execute(text("delete from transfers"))


def test_all_revisions_can_be_undone_and_done_again(engine: Engine) -> None:
    with engine.begin() as conn:
        config = Config()
        config.set_main_option("script_location", str(postgres.MIGRATIONS))
        config.attributes["connection"] = conn
        command.downgrade(config, "base")
        assert inspect(conn).get_table_names() == ["alembic_version"]
    postgres.migrate(engine)
    assert "transfers" in inspect(engine).get_table_names()
