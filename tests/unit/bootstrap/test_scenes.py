"""The market's clock, holidays and weather, and what is wrong with a file of it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from adunion.audience.scenes import SCENES, WEATHERS, Scenes
from adunion.bootstrap.scenes import scene_hours
from adunion.kernel.config import Settings
from adunion.kernel.errors import AdUnionError


def scene(settings: Settings, *at: int) -> tuple[str, str]:
    scenes = Scenes(1, scene_hours(settings))
    micros = int(datetime(*at, tzinfo=UTC).timestamp()) * 1_000_000  # type: ignore[misc]
    code = int(scenes.codes(np.array([micros]))[0])
    return SCENES[code % len(SCENES)], WEATHERS[code // len(SCENES)]


def test_the_national_day_is_a_holiday_where_the_market_is(tmp_path: Path) -> None:
    assert scene(Settings(home=tmp_path), 2026, 10, 1, 4) == ("holiday", "")
    assert scene(Settings(home=tmp_path, holidays="US"), 2026, 10, 1, 4) == ("work", "")
    assert scene(Settings(home=tmp_path, holidays=""), 2026, 10, 1, 4) == ("work", "")
    assert scene(Settings(home=tmp_path, holidays="", utc_offset_hours=0), 2026, 10, 1, 4) == (
        "night",
        "",
    )


def test_weather_is_what_the_operator_tells(tmp_path: Path) -> None:
    (tmp_path / "weather.csv").write_text("date,weather\n2026-11-30,Rain\n\n2026-12-01,cold\n")
    assert scene(Settings(home=tmp_path), 2026, 11, 30, 4) == ("work", "rain")
    assert scene(Settings(home=tmp_path), 2026, 12, 1, 4) == ("work", "cold")
    assert scene(Settings(home=tmp_path), 2026, 12, 2, 4) == ("work", "")


@pytest.mark.parametrize("line", ["2026-13-01,rain", "2026-12-01,frogs", "2026-12-01", "\0\1,x"])
def test_a_line_that_cannot_be_read_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "weather.csv").write_text(f"date,weather\n2026-11-30,rain\n{line}\n")
    with pytest.raises(AdUnionError, match="line 3") as caught:
        scene_hours(Settings(home=tmp_path))
    assert "rain, snow" in (caught.value.hint or "")


def test_a_country_without_a_calendar_is_named(tmp_path: Path) -> None:
    with pytest.raises(AdUnionError, match="'XX'"):
        scene_hours(Settings(home=tmp_path, holidays="XX"))
