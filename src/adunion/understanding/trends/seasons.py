"""When needs come back: sales, festivals and weather of the year, and warnings before them.

The table ships as `seasons.toml`; lunar and Islamic dates are from package holidays, which lacks
Qixi (the seventh day of the seventh lunar month): it has a table here.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

_QIXI = {
    2023: (8, 22), 2024: (8, 10), 2025: (8, 29), 2026: (8, 19), 2027: (8, 8), 2028: (8, 26),
    2029: (8, 16), 2030: (8, 5), 2031: (8, 24), 2032: (8, 12), 2033: (8, 1), 2034: (8, 20),
    2035: (8, 10),
}  # fmt: skip
"""Month and day in the solar calendar."""


@dataclass(frozen=True)
class Season:
    """A need that returns every year."""

    key: str
    zh: str
    en: str
    when: str
    before_days: int
    after_days: int
    warn_days: int
    words: tuple[str, ...]
    needs: tuple[str, ...]


@dataclass(frozen=True)
class Coming:
    """A season with its dates: people buy from `begins` to `ends`."""

    season: Season
    day: date
    begins: date
    ends: date

    def days_ahead(self, today: date) -> int:
        """Days until people begin to buy, 0 where they do."""
        return max((self.begins - today).days, 0)


@cache
def seasons() -> tuple[Season, ...]:
    """The table."""
    raw = tomllib.loads((files(__package__) / "seasons.toml").read_text("utf-8"))
    return tuple(
        Season(
            row["key"], row["zh"], row["en"], row["when"], -row["from"], row["to"], row["warn"],
            tuple(row["words"]), tuple(row["needs"]),
        )
        for row in raw["season"]
    )  # fmt: skip


def coming(today: date) -> list[Coming]:
    """Seasons that people buy for today, or of which a warning is due; the nearest first."""
    found = []
    for season in seasons():
        for day in (day for year in (-1, 0, 1) for day in dates(season.when, today.year + year)):
            begins = day - timedelta(days=season.before_days)
            ends = day + timedelta(days=season.after_days)
            if begins - timedelta(days=season.warn_days) <= today <= ends:
                found.append(Coming(season, day, begins, ends))
                break
    return sorted(found, key=lambda each: (each.begins, each.season.key))


def dates(when: str, year: int) -> list[date]:
    """The day in a year; the Islamic year may have it twice or not at all."""
    kind, _, rest = when.partition(":")
    if not rest:
        return [date.fromisoformat(f"{year}-{when}")]
    if kind == "nth":
        month, weekday, nth = (int(part) for part in rest.split(":"))
        first = date(year, month, 1)
        return [first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))]
    if kind == "lunar" and rest == "qixi":
        return [date(year, *_QIXI[year])] if year in _QIXI else []
    return _lunar(rest, year) if kind == "lunar" else _islamic(rest, year)


def _lunar(name: str, year: int) -> list[date]:
    """A festival of China's calendar, as package holidays has it."""
    from holidays.calendars.chinese import _ChineseLunisolar

    of: Any = _ChineseLunisolar()
    method = {"spring": "lunar_new_year_date"}.get(name, f"{name}_date")
    return _plain(getattr(of, method)(year))


def _islamic(name: str, year: int) -> list[date]:
    from holidays.calendars.islamic import _IslamicLunar

    of: Any = _IslamicLunar()
    method = {"ramadan": "ramadan_beginning_dates"}.get(name, f"{name}_dates")
    days = {day for one in getattr(of, method)(year) for day in _plain(one)}
    return sorted(day for day in days if day.year == year)


def _plain(found: Any) -> list[date]:
    """What package holidays gives: (day, whether it is an estimate), or an empty day."""
    day = found[0] if isinstance(found, tuple) else found
    return [day] if isinstance(day, date) else []
