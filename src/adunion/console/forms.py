"""What people type into forms: amounts and times out of it, and what is wrong beside its field."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from decimal import Decimal

from adunion.kernel.errors import AdUnionError
from adunion.kernel.money import to_major, to_minor

from .context import Context

FIELDS = {
    "target_roi": "target", "target_cost": "cost", "new_customer": "new",
    "start_at": "start", "end_at": "end", "shared_budget_id": "shared",
    "min_new_share": "share",
}  # fmt: skip
"""The form's names of what rooms call otherwise."""


class Wrong(dict[str, str]):
    """What is wrong by the name of a form's field; a template may ask for any field."""

    def __missing__(self, field: str) -> str:
        return ""


NOTHING_WRONG = Wrong()


def wrong_of(it: Context, error: AdUnionError, *fields: str) -> Wrong:
    """What is wrong, beside its field; under "" where the form has no such field."""
    field = FIELDS.get(error.field or "", error.field or "")
    return Wrong({field if field in fields else "": it.told(error)})


def read_money(field: str, text: str, currency: str) -> int | None:
    """A form's amount in minor units; empty is none."""
    if not text.strip():
        return None
    try:
        return to_minor(text.strip(), currency)
    except AdUnionError as error:
        raise AdUnionError("not_an_amount", error.message, 422, field=field) from None


def money_text(minor: int | None, currency: str) -> str:
    """An amount as a form shows it."""
    return "" if minor is None else str(to_major(minor, currency))


def read_percent(text: str) -> str | None:
    """A form's "40 of 100" as the share that it is; empty is none, no number stays as it is."""
    if not text.strip():
        return None
    try:
        return str(Decimal(text.strip().removesuffix("%")) / 100)
    except ArithmeticError:
        return text


def percent_text(share: Decimal | None) -> str:
    """A share as a form shows it."""
    return "" if share is None else f"{(share * 100).normalize():f}"


def read_time(field: str, text: str, zone: tzinfo) -> datetime | None:
    """A form's `2026-11-11T08:00` of the reader's zone, in UTC; empty is none."""
    if not text.strip():
        return None
    try:
        return datetime.fromisoformat(text.strip()).replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        said = f"{text[:40]!r} is not a time."
        raise AdUnionError("not_a_time", said, 422, field=field) from None


def time_text(at: datetime | None, zone: tzinfo) -> str:
    """A time as a form shows it, in the reader's zone."""
    return "" if at is None else at.astimezone(zone).strftime("%Y-%m-%dT%H:%M")


def read_whole(field: str, text: str, least: int, most: int) -> int:
    """A form's whole number within bounds."""
    plain = text.strip()
    if plain.isascii() and plain.isdigit() and len(plain) < 10 and least <= int(plain) <= most:
        return int(plain)
    said = f"{text[:40]!r} is no whole number from {least} to {most}."
    raise AdUnionError("not_in_bounds", said, 422, field=field)
