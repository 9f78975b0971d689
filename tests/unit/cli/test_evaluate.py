"""`adunion evaluate policy`: what it prints, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from adunion.cli import app

LOG = "item_id,position,click,propensity_score\n" + "\n".join(
    f"{row % 3},1,{int(row % 7 == 0)},0.3333" for row in range(300)
)


def run(*words: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["evaluate", "policy", *words])
    return result.exit_code, result.output, str(result.exception)


def test_a_log_of_ones_own_is_judged(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text(LOG)
    code, output, _ = run("--log", str(path), "--target", "uniform", "--json")
    assert code == 0
    found = orjson.loads(output)
    assert found["rows"] == 300
    ips = found["estimates"]["ips"]
    assert ips["value"] == pytest.approx(found["logged"], rel=1e-3)
    assert ips["low"] < ips["value"] < ips["high"]
    code, output, _ = run("--log", str(path), "--target", "uniform")
    assert code == 0
    assert "SNIPS" in output


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--log", "absent.csv"), "Add --target uniform"),
        (("--log", "absent.csv", "--target", "bts"), "bts is a policy of --log obd"),
        (("--log", "absent.csv", "--target", "uniform"), "Cannot read absent.csv"),
        (("--ranking", "nice"), "No ranking 'nice'"),
        (("--experience-bps", "-1"), "experience_bps is -1"),
        (("--merchant-cap", "0"), "merchant_cap is 0"),
        (("--level", "2"), "level is 2.0"),
        (("--target", "best"), "Add --log FILE.csv"),
        ((), "no logged decisions"),
    ],
)
def test_what_cannot_be_is_refused(
    words: tuple[str, ...], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ADUNION_HOME", str(tmp_path))
    code, _, error = run(*words)
    assert code == 1
    assert says in error
