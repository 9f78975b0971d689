"""The scenes of a market's hours: its clock, its holidays, and the weather its operator tells."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt

from adunion.audience import hours_table
from adunion.audience.scenes import FIRST_YEAR, LAST_YEAR, WEATHERS
from adunion.kernel.config import Settings
from adunion.kernel.errors import AdUnionError

WEATHER_FILE = "weather.csv"
"""In ADUNION_HOME: lines of date,weather (2026-11-29,rain), in any order."""


def scene_hours(settings: Settings) -> npt.NDArray[np.uint8]:
    """The code of every hour, as `audience.Scenes` takes it.

    Raises:
        AdUnionError: no such country, or a line of the weather that cannot be read.
    """
    weather = _weather(settings.home / WEATHER_FILE)
    return hours_table(settings.utc_offset_hours, _holidays(settings.holidays), weather)


def _holidays(country: str) -> list[date]:
    if not country:
        return []
    import holidays

    try:
        found = holidays.country_holidays(country, years=range(FIRST_YEAR, LAST_YEAR))
    except NotImplementedError as error:
        raise AdUnionError(
            "bad_holidays", f"ADUNION_HOLIDAYS: no calendar of {country!r}.", 422,
            hint="Name a country by its two letters, e.g. CN, US, TH; or leave it empty.",
        ) from error  # fmt: skip
    return list(found)


def _weather(path: Path) -> dict[date, str]:
    if not path.exists():
        return {}
    found: dict[date, str] = {}
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        for number, row in enumerate(csv.reader(file), 1):
            if not row or row[0].strip().lower() in ("", "date"):
                continue
            try:
                day, said = date.fromisoformat(row[0].strip()), row[1].strip().lower()
                found[day] = WEATHERS[WEATHERS.index(said)]
            except (ValueError, IndexError) as error:
                raise AdUnionError(
                    "bad_weather", f"{path}, line {number}: {','.join(row)[:80]!r}.", 422,
                    hint=f"Write a day and one of {', '.join(WEATHERS[1:])}: 2026-11-29,rain",
                ) from error  # fmt: skip
    return found
