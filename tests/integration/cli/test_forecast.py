"""`adunion forecast` and `adunion bench replay`: what they print, and what they refuse."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from adunion.cli import app
from adunion.kernel.errors import AdUnionError

pytestmark = pytest.mark.integration
run = CliRunner().invoke


def test_the_format_of_a_plan_file_is_printed() -> None:
    printed = run(app, ["forecast", "plan", "--schema"])
    assert printed.exit_code == 0
    assert {"items", "targets", "budgets", "dayparts"} <= set(
        json.loads(printed.stdout)["properties"]
    )


def test_a_file_is_a_plan_without_saying_so(tmp_path: Path) -> None:
    for args in (["forecast", str(tmp_path / "none.toml")], ["forecast", "plan", "none.toml"]):
        refused = run(app, args)
        assert isinstance(refused.exception, AdUnionError)
        assert refused.exception.code == "no_file"


def test_a_replay_is_printed_as_tables_and_as_json(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    shipped = rng.uniform(0.02, 0.1, 4_000)
    log = tmp_path / "log.txt"
    np.savetxt(
        log, np.column_stack([rng.random(4_000) < shipped, rng.integers(1, 200, 4_000), shipped]),
        fmt="%d %d %.9f",
    )  # fmt: skip
    told = run(app, ["bench", "replay", "--log", str(log)])
    assert told.exit_code == 0
    assert "by block" in told.stdout
    assert "80 % interval" in told.stdout
    found = json.loads(run(app, ["bench", "replay", "--log", str(log), "--json"]).stdout)
    assert found["fitted_on"] == 3_200
    assert [row["bid"] for row in found["levels"]] == [0.25, 0.5, 1.0, 2.0, 4.0]
