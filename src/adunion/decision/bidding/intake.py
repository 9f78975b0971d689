"""Reads what outside simulators hand in: lenient in form, strict in content."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from adunion.kernel.errors import AdUnionError, invalid

from .types import Floats

Flags = npt.NDArray[np.bool_]
TICKS_MAX = 10_000
NAMES = ("values", "value_std", "least_winning_costs", "won", "exposed", "cost", "converted")


class Seen(NamedTuple):
    """What became of a tick's n opportunities."""

    values: Floats  # (n,)
    costs: Floats  # (n, slots) least winning costs, slot 1 first
    won: Flags | None  # (n,) None where a log does not say, like all that follow
    exposed: Flags | None  # (n,)
    paid: Floats | None  # (n,) 0 where not exposed
    converted: Floats | None  # (n,) 0 where not exposed


def positive(name: str, number: float, most: float = 1e15) -> float:
    """A finite number above 0."""
    try:
        given = np.nan if isinstance(number, bool | np.bool_ | str) else float(number)
    except (TypeError, ValueError):
        given = np.nan
    if not 0 < given <= most:
        raise invalid(name, f"{name} must be a number above 0, not {number!r}.")
    return given


def column(name: str, given: Any, rows: int | None = None) -> Floats:
    """A column of numbers at or above 0; (n,)."""
    try:
        array = np.asarray(given, np.float64)
    except (TypeError, ValueError) as error:
        raise invalid(name, f"{name} must be numbers: {error}.") from error
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1 or (rows is not None and len(array) != rows):
        wanted = "(n,)" if rows is None else f"({rows},)"
        raise invalid(name, f"{name} must have the shape {wanted}, not {array.shape}.")
    bad = ~(array >= 0) | np.isinf(array)
    if bad.any():
        row = int(np.argmax(bad))
        raise invalid(name, f"{name}[{row}] is {array[row]}: it must be finite and not negative.")
    return array


def prices(given: Any, rows: int) -> Floats:
    """Least winning costs (n,) or (n, slots), slot 1 first; infinite where a slot is not to be had.

    A dearer later slot than an earlier one is taken to cost what the earlier does.
    """
    name = "least_winning_costs"
    try:
        array = np.asarray(given, np.float64)
    except (TypeError, ValueError) as error:
        raise invalid(name, f"{name} must be numbers: {error}.") from error
    if array.ndim == 1 and (len(array) or not rows):
        array = array[:, None]
    if array.ndim != 2 or len(array) != rows or (rows and not array.shape[1]):
        raise invalid(name, f"{name} must have the shape ({rows},) or ({rows}, slots).")
    if not (array >= 0).all():
        row = int(np.argmax(~(array >= 0).all(axis=1)))
        raise invalid(name, f"{name}[{row}] is {array[row]}: costs must not be negative or NaN.")
    return np.ascontiguousarray(np.minimum.accumulate(array, axis=1))


def tick(
    values: Any,
    least_winning_costs: Any,
    won: Any = None,
    exposed: Any = None,
    cost: Any = None,
    converted: Any = None,
) -> Seen:
    """Check what is said of a tick; without `exposed`, what was won was seen."""
    worth = column("values", values)
    count = len(worth)
    costs = prices(least_winning_costs, count)
    got = None if won is None else flags("won", won, count)
    seen = got if exposed is None else flags("exposed", exposed, count)
    if seen is None:
        return Seen(worth, costs, got, None, None, None)
    paid = None if cost is None else column("cost", cost, count) * seen
    sold = None if converted is None else column("converted", converted, count) * seen
    return Seen(worth, costs, got, seen, paid, sold)


def flags(name: str, given: Any, rows: int) -> Flags:
    """True where a flag is set; a slot's number counts as one, 0 (or -1 among them) as none."""
    try:
        numbers = np.asarray(given, np.float64)
    except (TypeError, ValueError) as error:
        raise invalid(name, f"{name} must be True or False, or slots: {error}.") from error
    if numbers.shape != (rows,) or np.isnan(numbers).any():
        raise invalid(name, f"{name} must have the shape ({rows},) and no NaN.")
    if (numbers < 0).any():  # slots from 0, and -1 for none
        return numbers >= 0
    return numbers > 0


def periods(given: Any) -> list[list[Seen]]:
    """Logs of earlier periods: each a list of what was seen in its ticks.

    A period is a sequence of ticks, a mapping of such sequences by name, or a table of columns with
    one named `tick`. A tick is a mapping with the names that `observe` takes, or a tuple: values
    and least winning costs, with their standard deviations between, or all that `observe` takes.
    """
    if given is None:
        return []
    if isinstance(given, str | bytes | PathLike):
        raise invalid(
            "past_periods", f"past_periods is text, {str(given)[:40]!r}, not logs.",
            "Read the file first: a data frame with a column `tick` will do.",
        )  # fmt: skip
    try:
        if isinstance(given, Mapping) or hasattr(given, "columns") or _is_tick(given):
            given = [given]
        found = [_ticks(period) for period in given]
        return [[_seen(one) for one in period] for period in found]
    except (TypeError, KeyError, IndexError) as error:
        raise AdUnionError(
            "invalid",
            f"past_periods could not be read: {error!r}.",
            422,
            field="past_periods",
            hint="Give a list of periods, each a list of ticks, each a dict with at least `values` "
            "and `least_winning_costs`; docs/bidding.md shows one.",
        ) from error


def _is_tick(given: Any) -> bool:
    """Whether the first thing is a tick, so that the whole is one period."""
    first = given[0] if isinstance(given, list | tuple) and given else None
    if isinstance(first, tuple) and first and isinstance(first[0], np.ndarray | list):
        return np.ndim(first[0]) == 1
    return isinstance(first, Mapping) and "tick" not in first and not _by_tick(first)


def _by_tick(period: Any) -> bool:
    """Whether the columns hold a part for each tick."""
    values = period["values"]
    some = isinstance(values, list | tuple | np.ndarray) and len(values) > 0
    return some and np.ndim(values[0]) > 0


def _ticks(period: Any) -> list[Any]:
    """A period's ticks."""
    if not (isinstance(period, Mapping) or hasattr(period, "columns")):
        return list(period)
    named = [name for name in NAMES if name in period and period[name] is not None]
    if "tick" not in period:
        if not _by_tick(period):
            raise KeyError("tick: a table of rows needs a column of that name")
        count = len(period["values"])
        return [{name: period[name][at] for name in named} for at in range(count)]
    of = _numbered(period["tick"])
    columns = {name: np.asarray(period[name]) for name in named}
    return [
        {name: column[of == at] for name, column in columns.items()}
        for at in range(1 if of.min() == 1 else 0, int(of.max()) + 1)
    ]


def _numbered(ticks: Any) -> npt.NDArray[np.int64]:
    """A table's column of ticks: whole numbers from 0 or 1, no times or ids."""
    given = np.asarray(ticks, np.float64)
    if not given.size:
        return np.zeros(1, np.int64)
    if not (given == np.clip(np.floor(given), 0, TICKS_MAX)).all():
        raise invalid("tick", f"tick must be whole numbers from 0 to {TICKS_MAX:,}.")
    return given.astype(np.int64)


def _seen(one: Any) -> Seen:
    if isinstance(one, Mapping):
        return tick(
            one["values"],
            one["least_winning_costs"],
            *(one.get(name) for name in NAMES[3:]),
        )
    if len(one) in (2, 3):
        return tick(one[0], one[-1])
    return tick(*one)
