"""What `adunion understand context` prints of pages of others."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from adunion.cli import app


def test_brackets_of_a_page_are_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADUNION_HOME", str(tmp_path))
    page = tmp_path / "page.html"
    page.write_text("<title>Tents [/bold] [red]</title><p>露营帐篷 camping tent [/x]</p>", "utf-8")
    found = CliRunner().invoke(app, ["understand", "context", str(page)])
    assert found.exit_code == 0, found.output
    assert "Tents [/bold] [red]" in found.output
