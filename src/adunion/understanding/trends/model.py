"""Gradient-boosted trees for what becomes of a topic, and how they are kept.

Chances are by log-loss, heats and times are medians (absolute error); of a forecast heat, quantiles
of its error on rows set aside are kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from adunion.kernel.clock import generator
from adunion.kernel.errors import AdUnionError

from ..modelfile import Arrays, ModelFile
from .features import Features, Told, silent
from .targets import FORECAST, Target, truth
from .trees import FIELDS, Forest, forest
from .types import DAY, Bools, Floats, Ints

FILE = ModelFile("trend model", "model", "Remove it; it is fitted again.", format=2)
ROWS_MAX = 200_000
"""Rows that one model learns from, drawn where there are more."""
ROWS_MIN = 2_000
ROWS_FULL = 100_000
"""With fewer rows fewer trees are grown, TREES_MIN at least."""
TREES_MIN = 30
EVENTS_MIN = 20
ASIDE = 0.15
"""Of the rows of a heat, those that its trees do not see: the band is measured on them."""
BAND = (0.1, 0.9)
"""Quantiles of the log heat around its median that are kept."""


@dataclass(frozen=True)
class TrendModel:
    """Fitted trees by answer, and what they were fitted on."""

    names: list[str]
    forests: dict[str, Forest]
    bands: dict[str, list[list[float]]]
    """By heat answer: low and high log error of each hour of the day."""
    until: int
    """Hours since 1970-01-01: all rows and what came of them are earlier."""
    rows: int

    def save(self, file: Path) -> None:
        """Write it whole or not at all: an npz without pickles."""
        about = {
            "names": self.names, "bands": self.bands, "until": self.until, "rows": self.rows,
            "answers": list(self.forests),
        }  # fmt: skip
        arrays = {
            f"{answer}.{field}": values
            for answer, grown in self.forests.items()
            for field, values in grown.arrays().items()
        }
        FILE.save(file, about=np.frombuffer(orjson.dumps(about), np.uint8), **arrays)

    @classmethod
    def load(cls, file: Path) -> TrendModel:
        """Read it; `bad_model` where it is none of this version, or its trees lead nowhere."""
        return FILE.load(file, cls._of)

    @classmethod
    def _of(cls, held: Arrays) -> TrendModel:
        about = orjson.loads(held["about"].tobytes())
        forests = {
            answer: Forest.of(
                {field: held[f"{answer}.{field}"] for field in (*FIELDS, "base")},
                len(about["names"]),
            )
            for answer in about["answers"]
        }
        return cls(about["names"], forests, about["bands"], about["until"], about["rows"])


def fit(
    found: Features,
    until: int,
    seed: int = 0,
    targets: Sequence[Target] = FORECAST,
    rows_max: int = ROWS_MAX,
    told: Told | None = None,
) -> TrendModel:
    """Fit on rows whose every outcome is known before `until` (hours since 1970-01-01).

    Raises:
        AdUnionError: `too_little` where there is not enough to learn from.
    """
    tell = told or silent
    topics = found.index.topics
    forests, bands = {}, {}
    for step, target in enumerate(targets):
        tell("training", step, len(targets))
        values, usable = truth(found, target, until)
        rows = np.flatnonzero(usable)
        _enough(target, values, rows)
        most = int(len(rows) * (1 - ASIDE)) if target.kind == "heat" else len(rows)
        drawn = np.sort(generator(seed, step).permutation(rows)[: min(rows_max, most)])
        forests[target.name] = _grown(target, found.rows[drawn], values[drawn], seed)
        if target.kind == "heat":
            aside = np.setdiff1d(rows, drawn)
            error = values[aside] - forests[target.name].raw(found.rows[aside])
            bands[target.name] = _band(error, topics.hour[aside] % DAY)
    tell("training", len(targets), len(targets))
    return TrendModel(found.names, forests, bands, until, int((topics.hour < until).sum()))


def _grown(target: Target, rows: Any, values: Floats, seed: int) -> Forest:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
    from threadpoolctl import threadpool_limits

    enough = min(len(rows) / ROWS_FULL, 1.0)
    rows[:, np.isnan(rows).all(axis=0)] = 0.0  # what a file has not cannot be binned
    how: dict[str, Any] = {
        "max_iter": max(int(target.trees * enough), TREES_MIN), "learning_rate": 0.06,
        "max_leaf_nodes": target.leaves,
        "min_samples_leaf": 60, "l2_regularization": 1.0, "max_features": 0.5,
        "early_stopping": False, "random_state": seed,
    }  # fmt: skip
    with threadpool_limits(1 if enough < 1 else None, "openmp"):  # threads would only wait
        if target.chance:
            return forest(HistGradientBoostingClassifier(**how).fit(rows, values))
        model = HistGradientBoostingRegressor(loss="absolute_error", **how)
        return forest(model.fit(rows, values))


def _enough(target: Target, values: Floats, rows: Ints) -> None:
    events = int(values[rows].sum()) if target.chance else len(rows)
    few = len(rows) < (ROWS_MIN if target.chance else EVENTS_MIN) or events < EVENTS_MIN
    if few or (target.chance and events > len(rows) - EVENTS_MIN):
        raise AdUnionError(
            "too_little", f"{len(rows):,} rows with {events:,} events are too few to learn"
            f" {target.name} from.", 422, field="train_until",
            hint="Give a file with some weeks before --train-until.",
        )  # fmt: skip


def _band(error: Floats, hour: Ints) -> list[list[float]]:
    """(24, 2) low and high quantile of the log error; of all hours where one has few."""
    whole = np.quantile(error, BAND)
    near: list[Bools] = [(hour - at + 1) % DAY <= 2 for at in range(DAY)]
    found = [np.quantile(error[m], BAND) if m.sum() >= 50 else whole for m in near]
    return [[float(low), float(high)] for low, high in found]
