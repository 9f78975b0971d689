from pathlib import Path

import pytest

from adunion.bootstrap.demo import DemoSize, build, demo_settings, only_demo
from adunion.kernel.config import Settings
from adunion.kernel.errors import AdUnionError


def test_a_demo_never_clears_a_folder_that_is_not_a_demos(tmp_path: Path) -> None:
    precious = tmp_path / "thesis.txt"
    precious.write_text("x")
    settings = demo_settings(Settings(home=tmp_path, database_url=None))
    with only_demo(settings), pytest.raises(AdUnionError, match=r"holds thesis\.txt"):
        build(settings, DemoSize(), 1, None, None, lambda *_: None)
    assert precious.read_text() == "x"


def test_a_demo_goes_where_only_caches_and_lists_are(tmp_path: Path) -> None:
    for name in ("cache", "needs"):
        (tmp_path / name).mkdir()
    settings = demo_settings(Settings(home=tmp_path, database_url=None))
    with only_demo(settings), pytest.raises(AdUnionError, match="no such file"):
        build(settings, DemoSize(), 1, Path("/nonexistent.csv"), "online_retail", lambda *_: None)
    assert (tmp_path / "this-home-is-a-demo").exists()
    assert (tmp_path / "cache").exists()


def test_a_demo_of_a_missing_order_file_leaves_the_last_one_alone(tmp_path: Path) -> None:
    settings = demo_settings(Settings(home=tmp_path, database_url=None))
    (tmp_path / "this-home-is-a-demo").touch()
    (tmp_path / "demo.json").write_text("{}")
    with only_demo(settings), pytest.raises(AdUnionError, match="no such file"):
        build(settings, DemoSize(), 1, Path("/nonexistent.csv"), "online_retail", lambda *_: None)
    assert (tmp_path / "demo.json").exists()


def test_one_demo_at_a_time(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, database_url=None)
    with only_demo(settings), pytest.raises(AdUnionError, match="running"), only_demo(settings):
        pass
