"""`adunion select`: an empty answer says why, an unknown publisher which there are."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from adunion.catalog import Catalog
from adunion.catalog.types import ItemRecord
from adunion.cli import app
from adunion.cli.selection import _publisher_id
from adunion.kernel.clock import SystemClock
from adunion.kernel.errors import AdUnionError
from adunion.kernel.ids import IdFactory
from adunion.publishers import Publishers

pytestmark = pytest.mark.integration


def test_nothing_chosen_says_what_left_nothing(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ADUNION_DATABASE_URL", engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("ADUNION_HOME", str(tmp_path))
    clock, ids = SystemClock(), IdFactory()
    items = [
        ItemRecord("m1", f"i{n}", f"Milk {n}", 1_000 + n, "CNY", category="Food > Milk")
        for n in range(3)
    ]
    Catalog(engine, clock, ids).upsert_items(items)
    publishers = Publishers(engine, clock, ids, "CNY")
    mine = publishers.create("p001", "Blog")
    assert _publisher_id(publishers, "p001") == _publisher_id(publishers, mine.id) == mine.id
    with pytest.raises(AdUnionError, match="Choose one of: p001"):
        _publisher_id(publishers, "nobody")
    for words, said in (
        (["--category", "不存在"], "There are: Food."),
        (["--rate-min", "99"], "No item pays 99 % commission; the most is "),
        (["--price-min", "50"], "they go from 10.00 CNY to 10.02 CNY."),
        ([], "Milk 2"),
    ):
        told = CliRunner().invoke(app, ["select", "--publisher", "p001", *words])
        assert told.exit_code == 0
        assert said in told.stdout
