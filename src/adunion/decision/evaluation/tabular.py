"""Logs of single recommendations, as the Open Bandit data has them: one item, one position a row.

Columns `item_id`, `position`, `click`, `propensity_score`, others ignored (Saito et al., "Open
Bandit Dataset and Pipeline", NeurIPS Datasets 2021; CC BY 4.0).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from adunion.kernel.errors import AdUnionError, invalid

from .estimators import Estimate, effective_rows, estimates

COLUMNS = ("item_id", "position", "click", "propensity_score")
POLICIES = ("uniform", "best")
_PRIOR_ROWS = 100.0  # at the log's mean, that an item's click rate starts from

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Log:
    """n rows; items and positions are codes into the lists of their names."""

    item: Ints
    position: Ints
    click: Floats
    propensity: Floats
    items: list[str]
    positions: list[str]

    def __len__(self) -> int:
        return len(self.item)


def read_log(path: Path) -> Log:
    """Read a log in CSV.

    Raises:
        AdUnionError: no such file, a column missing, or a value that cannot be, with its line.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            missing = sorted(set(COLUMNS) - set(reader.fieldnames or ()))
            if missing:
                needed = ", ".join(COLUMNS)
                raise invalid("log", f"{path}: no column {missing[0]!r}.",
                              f"Give a CSV with commas and the columns {needed}.")  # fmt: skip
            rows = [_row(path, line, row) for line, row in enumerate(reader, 2)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise invalid("log", f"Cannot read {path}: {error}.", "Give a CSV file.") from error
    if len(rows) < 2:
        raise invalid("log", f"{path}: {len(rows)} rows.", "A log needs at least two.")
    names, places, clicks, chances = zip(*rows, strict=True)
    items, item = np.unique(np.array(names), return_inverse=True)
    positions, position = np.unique(np.array(places), return_inverse=True)
    return Log(
        item, position, np.array(clicks), np.array(chances), items.tolist(), positions.tolist()
    )


def open_bandit(policy: str, campaign: str) -> Path:
    """The Open Bandit sample inside the installed `obp` wheel, which is not imported."""
    found = find_spec("obp")
    if found is None or found.origin is None:
        raise AdUnionError(
            "no_open_bandit", "The Open Bandit sample is not installed.", 409,
            hint="pip install --no-deps obp, or give a path to --log.",
        )  # fmt: skip
    folder = Path(found.origin).parent / "dataset" / "obd"
    path = folder / policy / campaign / f"{campaign}.csv"
    if not path.is_file():
        raise invalid("campaign", f"No Open Bandit log of {policy!r}, {campaign!r}.",
                      "Choose a campaign from all, men, women.")  # fmt: skip
    return path


def target_of(log: Log, name: str, other: Log | None = None) -> Floats:
    """P(item | position) of a policy, (items, positions): `uniform`, `best` or as another log.

    `best` shows the item of the highest smoothed click rate on the other half of the rows, so that
    it is not judged by what it was chosen by; of `other` the shares of rows are taken, not the
    clicks.
    """
    shape = (len(log.items), len(log.positions))
    if name == "uniform":
        return np.full(shape, 1 / shape[0])
    if name == "best":
        half = np.arange(len(log)) % 2 == 1
        hits = np.bincount(log.item[half], log.click[half], shape[0])
        tries = np.bincount(log.item[half], minlength=shape[0])
        rate = (hits + _PRIOR_ROWS * log.click[half].mean()) / (tries + _PRIOR_ROWS)
        best = np.zeros(shape)
        best[int(rate.argmax())] = 1.0
        return best
    if other is None:
        raise invalid("policy", f"No policy {name!r}.", f"Use one of {POLICIES}, or --target FILE.")
    return _shares(log, other)


def _shares(log: Log, other: Log) -> Floats:
    lost = sorted(set(other.items) - set(log.items)) + sorted(
        set(other.positions) - set(log.positions)
    )
    if lost:
        raise invalid(
            "target", f"The target shows {lost[0]!r}, which the log never does.",
            "Nothing can be said of what was never shown.",
        )  # fmt: skip
    row = np.array([log.items.index(name) for name in other.items])[other.item]
    column = np.array([log.positions.index(name) for name in other.positions])[other.position]
    counts = np.zeros((len(log.items), len(log.positions)))
    np.add.at(counts, (row, column), 1.0)
    shares: Floats = counts / np.maximum(counts.sum(axis=0), 1)
    return shares


def evaluate(log: Log, target: Floats, held: bool, level: float = 0.95) -> dict[str, Any]:
    """Clicks per row under a policy (items, positions); `held` judges by the even rows alone.

    The model of DR is each item's smoothed click rate at its position, fitted on the other half of
    the rows (cross-fitting, Chernozhukov et al. 2018).
    """
    rows = np.arange(len(log))
    kept = rows[rows % 2 == 0] if held else rows
    expected = np.zeros((2, *target.shape))
    for half in range(2):
        expected[half] = _rates(log, rows % 2 != half)
    own = (rows % 2)[kept]
    item, position = log.item[kept], log.position[kept]
    weight = target[item, position] / log.propensity[kept]
    shown = expected[own, item, position]
    direct = (expected * target).sum(axis=1)[own, position]
    found = estimates(
        weight * log.click[kept], weight, direct + weight * (log.click[kept] - shown),
        np.ones(len(kept)), level,
    )  # fmt: skip
    return report(found, float(log.click.mean()), len(kept), weight)


def report(found: list[Estimate], logged: float, rows: int, weight: Floats) -> dict[str, Any]:
    """Estimates as plain values."""
    return {
        "rows": rows,
        "logged": logged,
        "effective_rows": round(effective_rows(weight), 1),
        "weight_max": round(float(weight.max(initial=0.0)), 3),
        "estimates": {
            each.name: {"value": each.value, "low": each.low, "high": each.high} for each in found
        },
    }


def _rates(log: Log, used: npt.NDArray[np.bool_]) -> Floats:
    """Click rates (items, positions): an item's, shrunk to the mean, times the position's lift."""
    mean = max(float(log.click[used].mean()), 1e-9)
    items, positions = len(log.items), len(log.positions)
    item_hits = np.bincount(log.item[used], log.click[used], items)
    item_rows = np.bincount(log.item[used], minlength=items)
    place_hits = np.bincount(log.position[used], log.click[used], positions)
    place_rows = np.bincount(log.position[used], minlength=positions)
    strength = 10.0 / mean  # ten clicks' worth of rows at the mean
    item = (item_hits + strength * mean) / (item_rows + strength)
    place = (place_hits + strength * mean) / (place_rows + strength) / mean
    rates: Floats = np.clip(np.outer(item, place), 0, 1)
    return rates


def _row(path: Path, line: int, row: dict[str, str]) -> tuple[str, str, float, float]:
    try:
        click, chance = float(row["click"]), float(row["propensity_score"])
    except (TypeError, ValueError) as error:
        raise invalid(
            "log", f"{path}, line {line}: not a number.", "See docs/evaluation.md."
        ) from error
    if click not in (0.0, 1.0):
        raise invalid("click", f"{path}, line {line}: click is {click}.", "Give 0 or 1.")
    if not 0 < chance <= 1:
        raise invalid(
            "propensity_score", f"{path}, line {line}: propensity is {chance}.",
            "What was shown was shown with a chance above 0, at most 1.",
        )  # fmt: skip
    return row["item_id"], row["position"], click, chance
