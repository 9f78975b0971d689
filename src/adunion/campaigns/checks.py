"""What a plan may be: each rule a function that returns the clean value or says what to mend."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import get_args

from adunion.kernel.errors import invalid
from adunion.kernel.money import MINOR_MAX, Money, micros_per_minor

from .types import HOURS_OF_WEEK, Goal

TARGET_MIN = Decimal("0.1")
TARGET_MAX = Decimal(1_000)
FLOOR = Decimal(1)
"""The return below which no plan goes that asks for something else: it never sells at a loss."""
NAME_LETTERS_MAX = 200
ITEMS_MAX = 20_000
CLICKS_AN_ORDER = 10
"""A click is worth about price / target / this; a budget below one such click buys nothing."""
PLAN_MAX = timedelta(days=3_660)
ORDER_MAX = 1_000
"""An order costs, or a new customer is worth, at most so many times the dearest item's price."""
MICROS_MAX = 2**62
"""Budgets are counted in int64 micros, with as much to spare."""


def target_roi(value: object) -> Decimal:
    """A target ROI with at most 3 decimals."""
    try:
        target = Decimal(str(value).strip())
    except InvalidOperation:
        raise invalid("target_roi", f"{str(value)[:40]!r} is not a number.", "Try 4.") from None
    if isinstance(value, bool) or not target.is_finite():
        raise invalid("target_roi", f"{str(value)[:40]!r} is not a finite number.", "Try 4.")
    if not TARGET_MIN <= target <= TARGET_MAX:
        raise invalid(
            "target_roi",
            f"A target ROI of {str(value)[:40]} is not between {TARGET_MIN} and {TARGET_MAX:,}.",
            "It is sales per unit of spend: 4 means 4.00 of sales for each 1.00 spent.",
        )
    rounded = target.quantize(Decimal("0.001"))
    if rounded != target:
        raise invalid("target_roi", f"{str(value)[:40]} has more than 3 decimals.", "Round it.")
    return rounded


def goal(
    value: object, target: object, cost_minor: object, new_minor: object = None
) -> tuple[Goal, Decimal, int | None, int | None]:
    """(goal, target ROI, target cost, worth of a new customer): what it needs, and nothing else."""
    wanted = next((one for one in get_args(Goal) if one == value), None)
    if wanted is None:
        names = ", ".join(get_args(Goal))
        raise invalid("goal", f"{str(value)[:40]!r} is not a goal.", f"Choose one of {names}.")
    if wanted != "cost_per_order" and cost_minor is not None:
        raise invalid(
            "target_cost", f"A target cost does not go with {wanted}.", "Try cost_per_order."
        )
    if wanted != "new_customers" and new_minor is not None:
        raise invalid(
            "new_customer", f"A new customer's worth does not go with {wanted}.",
            "Try new_customers.",
        )  # fmt: skip
    if wanted == "cost_per_order":
        if target is not None:
            raise invalid("target_roi", "A cost per order needs no target ROI.", "Leave it out.")
        return wanted, FLOOR, target_cost_minor(cost_minor), None
    if target is None and wanted == "volume":
        return wanted, FLOOR, None, None
    if target is None:
        raise invalid("target_roi", "A target ROI is needed.", "Try 4.")
    if wanted == "new_customers":
        return wanted, target_roi(target), None, new_customer_minor(new_minor)
    return wanted, target_roi(target), None, None


def new_customer_minor(value: object) -> int:
    """What a new customer's first order is worth besides its sales, at least one minor unit."""
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MINOR_MAX:
        raise invalid(
            "new_customer",
            "A new customer's worth is a whole number of minor units, 1 or more.",
            "Try what a customer buys later in a year.",
        )
    return value


def min_new_share(value: object) -> Decimal | None:
    """The least share of a plan's orders that new customers are to make: between 0 and 1."""
    if value is None:
        return None
    try:
        share = Decimal(str(value).strip())
    except InvalidOperation:
        share = Decimal("NaN")
    rounded = share.quantize(Decimal("0.001")) if share.is_finite() and -2 < share < 2 else share
    if isinstance(value, bool) or not rounded.is_finite() or not 0 < rounded < 1:
        raise invalid(
            "min_new_share", f"{str(value)[:40]!r} is not a number between 0 and 1.",
            "0.4 asks that 40 of 100 orders are by people new to the merchant.",
        )  # fmt: skip
    return rounded


def target_cost_minor(value: object) -> int:
    """What an order may cost, at least one minor unit."""
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MINOR_MAX:
        raise invalid(
            "target_cost",
            "What an order may cost is a whole number of minor units, 1 or more.",
            "Try what an average order leaves you before advertising.",
        )
    return value


def in_proportion(field: str, minor: int | None, dearest_minor: int, currency: str) -> None:
    """An amount for one order that is not out of all proportion to what the items cost."""
    most = min(ORDER_MAX * dearest_minor, budget_max(currency))
    if minor is not None and minor > most:
        raise invalid(
            field,
            f"{Money(minor, currency)} for one order is over {ORDER_MAX:,} times the price of the "
            f"dearest of these items, {Money(dearest_minor, currency)}.",
            f"Write at most {Money(most, currency)}; amounts are in minor units.",
        )


def click_minor(target: Decimal, cheapest_minor: int) -> int:
    """About what a click of the cheapest item costs at a target, rounded up, at least 1."""
    return max(1, -(-cheapest_minor * 1_000 // (int(target * 1_000) * CLICKS_AN_ORDER)))


def volume(goal_: Goal, budget: object, end: datetime | None) -> None:
    """As much as a budget buys needs the budget, and the time that it is for."""
    if goal_ != "volume":
        return
    if budget is None:
        raise invalid("budget", "The goal volume needs a budget.", "It is spent evenly.")
    if end is None:
        raise invalid("end_at", "The goal volume needs an end.", "The budget lasts until then.")


def text(field: str, value: object) -> str:
    """Text that a database can keep: no NUL, no half of a surrogate pair."""
    kept = value.encode(errors="ignore").decode() if isinstance(value, str) else ""
    if not isinstance(value, str) or kept != value or "\x00" in value:
        raise invalid(field, "This is not text.", "Leave out NUL and broken characters.")
    return value.strip()


def name(value: object) -> str:
    """A name of 1 to 200 letters."""
    clean = text("name", value)
    if not 1 <= len(clean) <= NAME_LETTERS_MAX:
        raise invalid("name", f"A name has 1 to {NAME_LETTERS_MAX} letters, not {len(clean)}.")
    return clean


def budget_max(currency: str) -> int:
    """The largest budget that is counted without overflow, in minor units."""
    return min(MINOR_MAX, MICROS_MAX // micros_per_minor(currency))


def budget_minor(
    value: object, target: Decimal, cheapest_minor: int, currency: str, *, needed: bool = False
) -> int | None:
    """A budget that buys at least one click of the cheapest item; `needed`: it cannot be none."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        kind = "A budget is a whole number of minor units" + ("." if needed else ", or null.")
        raise invalid("budget", kind, "Write 50000 for 500.00.")
    least = click_minor(target, cheapest_minor)
    if value < least:
        raise invalid(
            "budget",
            f"A budget of {Money(value, currency)} is below one click, "
            f"about {Money(least, currency)} for these items at this target.",
            "Raise the budget." if needed else "Raise the budget, or leave it out for no limit.",
        )
    most = budget_max(currency)
    if value > most:
        raise invalid(
            "budget", f"A budget is at most {Money(most, currency)}.",
            "Lower it." if needed else "Lower it, or leave it out for no limit.",
        )  # fmt: skip
    return value


def time(field: str, value: object) -> datetime:
    """An aware time, in UTC."""
    if not isinstance(value, datetime) or value.utcoffset() is None:
        raise invalid(field, "A time needs its offset from UTC.", "Write 2026-11-11T00:00:00Z.")
    return value.astimezone(UTC)


def span(start: datetime, end: datetime | None, now: datetime, *, needed: bool = False) -> None:
    """An end after the start and after now; `needed`: what runs so must have one."""
    later = "Name a later end." if needed else "Name a later end, or leave it out for no end."
    if start > now + PLAN_MAX:
        raise invalid("start_at", "The start is more than ten years away.")
    if end is None:
        return
    if end <= now:
        past = f"The end, {end:%Y-%m-%d %H:%M} UTC, is already past."
        raise invalid("end_at", past, later)
    if end <= start:
        early = f"The end, {end:%Y-%m-%d %H:%M} UTC, is not after the start, {start:%m-%d %H:%M}."
        raise invalid("end_at", early, later)
    if end > start + PLAN_MAX:
        raise invalid("end_at", "A plan runs ten years at most.", "Leave the end out for no end.")


def dayparts(value: object) -> tuple[int, ...] | None:
    """Hours of the week, each once, in order; None for all."""
    if value is None:
        return None
    hours = list(value) if isinstance(value, Iterable) and not isinstance(value, str) else []
    if not hours:
        raise invalid("dayparts", "No hour is chosen.", "Leave dayparts out for all hours.")
    if any(type(hour) is not int or not 0 <= hour < HOURS_OF_WEEK for hour in hours):
        raise invalid(
            "dayparts", "Hours of the week are whole numbers 0 to 167, Monday 00 UTC = 0."
        )
    return tuple(sorted(set(hours)))


def occur(hours: tuple[int, ...] | None, start: datetime, end: datetime | None) -> None:
    """At least one of the hours of the week lies between start and end."""
    if hours is None or end is None or end - start >= timedelta(days=7):
        return
    first = start.replace(minute=0, second=0, microsecond=0)
    count = -(-(end - first) // timedelta(hours=1))
    at = first.weekday() * 24 + first.hour
    if not {(at + hour) % HOURS_OF_WEEK for hour in range(count)} & set(hours):
        raise invalid(
            "dayparts",
            f"None of these hours of the week comes between {start:%Y-%m-%d %H:%M} and "
            f"{end:%Y-%m-%d %H:%M} UTC: the plan would never run.",
            "Hours count from Monday 00 UTC = 0. Choose others, or a later end.",
        )


def item_ids(value: object) -> tuple[str, ...]:
    """Item ids, each once, sorted."""
    if not isinstance(value, list | tuple) or not all(isinstance(id_, str) for id_ in value):
        raise invalid("item_ids", "Items are a list of ids.")
    chosen = tuple(sorted(set(value)))
    if not chosen:
        raise invalid("item_ids", "No item is chosen.", "Choose at least one item.")
    if len(chosen) > ITEMS_MAX:
        raise invalid("item_ids", f"{len(chosen):,} items; a plan takes {ITEMS_MAX:,} at most.")
    return chosen
