"""What `adunion understand classify` says of texts without words."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from adunion.cli import app

EXAMPLES = [
    ("新款手机发布", "tech"),
    ("芯片评测", "tech"),
    ("球队夺冠", "sport"),
    ("篮球赛", "sport"),
]


def test_what_has_no_words_is_of_no_class(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADUNION_HOME", str(tmp_path))
    file = tmp_path / "examples.jsonl"
    lines = [json.dumps({"sentence": text, "label": label}) for text, label in EXAMPLES]
    file.write_text("\n".join(lines), "utf-8")
    asked = ["understand", "classify", "手机评测", "", "😀", "--examples", str(file)]
    found = CliRunner().invoke(app, [*asked, "--json"])
    assert found.exit_code == 0, found.output
    assert [row["label"] for row in json.loads(found.output)] == ["tech", None, None]
    assert "no words" in CliRunner().invoke(app, asked).output
