"""Keys, users and settlements from the command line: what is refused, and what is said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from adunion.cli import app

pytestmark = pytest.mark.integration
Run = Callable[..., Result]


@pytest.fixture
def run(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("ADUNION_DATABASE_URL", engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("ADUNION_HOME", str(tmp_path))
    return lambda *words: CliRunner().invoke(app, list(words))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("key", "create", "merchant", "--party", "mer_nope"), "No merchant with id 'mer_nope'"),
        (("key", "create", "publisher", "--party", "pub_nope"), "No publisher with id 'pub_nope'"),
        (("key", "create", "merchant"), "Give it with --party"),
        (("key", "create", "boss"), "one of: merchant, publisher, operator."),
        (("user", "add", "a@b.example", "--role", "boss", "--password", "x" * 12), "publisher,"),
    ],
)
def test_a_key_or_user_of_nobody_is_refused(
    run: Run, engine: Engine, words: tuple[str, ...], said: str
) -> None:
    result = run(*words)
    assert result.exit_code == 1
    assert said in str(result.exception)
    with engine.connect() as conn:
        assert conn.execute(text("select count(*) from api_keys")).scalar() == 0


def test_a_settlement_of_a_time_before_all_money_says_so(run: Run, tmp_path: Path) -> None:
    result = run("settle", "--until", "2020-01-01", "--to", str(tmp_path / "papers"))
    assert result.exit_code == 0
    said = " ".join(result.stderr.split())
    assert "Nothing to write: no merchant's or publisher's money moved before 2020-01-01" in said
