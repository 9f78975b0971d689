"""Figures as people read them: money, counts, rates, times, in the reader's language and zone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import Any
from urllib.parse import unquote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.dates import format_date, format_datetime
from babel.lists import format_list
from babel.numbers import format_compact_currency, format_currency, format_decimal, format_percent

from adunion.kernel.money import exponent, to_major

NOTHING = "–"


class Formats:
    """The filters of one locale."""

    def __init__(self, locale: str) -> None:
        self.locale = locale

    def money(self, minor: int | None, currency: str) -> str:
        """`¥1,234.50`; a dash where there is no figure."""
        if minor is None:
            return NOTHING
        return str(format_currency(to_major(minor, currency), currency, locale=self.locale))

    def money_short(self, minor: int | None, currency: str) -> str:
        """`¥1.2M`, for figures that have to fit."""
        if minor is None:
            return NOTHING
        if abs(minor) < 10 ** (exponent(currency) + 6):
            return self.money(minor, currency)
        major = to_major(minor, currency)
        return str(format_compact_currency(major, currency, locale=self.locale, fraction_digits=2))

    def amount(self, minor: int | None, currency: str) -> str:
        """`1,234.50`, for a column whose header names the currency."""
        if minor is None:
            return NOTHING
        digits = exponent(currency)
        pattern = "#,##0" + ("." + "0" * digits if digits else "")
        return str(format_decimal(to_major(minor, currency), pattern, locale=self.locale))

    def number(self, value: int | float | None) -> str:
        """`12,345`."""
        return NOTHING if value is None else str(format_decimal(value, locale=self.locale))

    def ratio(self, value: float | None, digits: int = 2) -> str:
        """`4.15`, for an ROI."""
        if value is None:
            return NOTHING
        return str(format_decimal(value, "#,##0." + "0" * digits, locale=self.locale))

    def rate(self, value: float | None) -> str:
        """`12.3%`."""
        if value is None:
            return NOTHING
        return str(format_percent(value, "#,##0.0%", locale=self.locale))

    def listed(self, values: Sequence[str]) -> str:
        """`a, b and c` or `a、b和c`."""
        return str(format_list(values, locale=self.locale))

    def time(self, at: datetime | None, zone: tzinfo = UTC, seconds: bool = False) -> str:
        """`2026-11-11 08:00` in the reader's zone."""
        if at is None:
            return NOTHING
        pattern = "yyyy-MM-dd HH:mm:ss" if seconds else "yyyy-MM-dd HH:mm"
        return str(format_datetime(at, pattern, tzinfo=zone, locale=self.locale))

    def day(self, at: datetime | None, zone: tzinfo = UTC) -> str:
        """`11 Nov 2026` or `2026年11月11日`."""
        if at is None:
            return NOTHING
        return str(format_date(at.astimezone(zone).date(), locale=self.locale))

    def cell(
        self, value: Any, kind: str, currency: str, zone: tzinfo, of: str | None = None
    ) -> str:
        """A table cell of a kind as text; `of` is its currency where that is not the header's."""
        if value is None or value == "":
            return NOTHING
        if kind == "money":
            return self.amount(value, currency) if of in (None, currency) else self.money(value, of)
        if kind == "number":
            return self.number(value)
        if kind == "ratio":
            return self.ratio(value)
        if kind == "rate":
            return self.rate(value)
        if kind == "second":
            return self.time(value, zone, seconds=True)
        if kind == "time":
            return self.time(value, zone)
        return str(value)


@lru_cache(maxsize=512)
def zone_of(name: str | None) -> tzinfo:
    """The zone that the browser says it is in; UTC where it does not or the name is unknown."""
    if not name or len(name) > 64:
        return UTC
    try:
        return ZoneInfo(unquote(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC
