"""Gradient-boosted trees for what becomes of a topic, and how they are kept.

Five answers: listed 6 and 24 hours later, in the top ten within 6, and the median heat at 6 and 24
hours of those still listed (absolute error of the log change), with quantiles of the error.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from adunion.kernel.clock import generator
from adunion.kernel.errors import AdUnionError

from .features import Features, Told, silent
from .labels import LATER, SOON, Labels, listed, topped
from .trees import Forest, forest
from .types import DAY, Bools, Floats, Ints

VERSION = 1
ROWS_MAX = 200_000
"""Rows that one model learns from, drawn where there are more."""
ROWS_MIN = 2_000
EVENTS_MIN = 20
ASIDE = 0.15
"""Of the rows of a heat, those that its trees do not see: the band is measured on them."""
BAND = (0.1, 0.9)
"""Quantiles of the log heat around its median that are kept."""


@dataclass(frozen=True)
class Target:
    """One answer: of what kind, how far ahead, and how its trees are grown."""

    name: str
    ahead: int
    heat: bool
    trees: int
    leaves: int


TARGETS = (
    Target("p_listed_6h", SOON, False, 300, 31),
    Target("p_listed_24h", LATER, False, 120, 15),
    Target("p_top10_6h", SOON, False, 300, 31),
    Target("heat_6h", SOON, True, 300, 31),
    Target("heat_24h", LATER, True, 100, 8),
)


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
            "version": VERSION, "names": self.names, "bands": self.bands, "until": self.until,
            "rows": self.rows, "answers": list(self.forests),
        }  # fmt: skip
        arrays = {
            f"{answer}.{field}": values
            for answer, grown in self.forests.items()
            for field, values in grown.arrays().items()
        }
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(".part")
        with part.open("wb") as out:
            arrays["about"] = np.frombuffer(orjson.dumps(about), np.uint8)
            np.savez_compressed(out, allow_pickle=False, **arrays)
        os.replace(part, file)

    @classmethod
    def load(cls, file: Path) -> TrendModel:
        """Read it; `bad_model` where it is none of this version."""
        try:
            with np.load(file, allow_pickle=False) as held:
                about = orjson.loads(held["about"].tobytes())
                if about["version"] != VERSION:
                    raise _unusable(file, f"it is of version {about['version']}")
                forests = {
                    answer: Forest.of(
                        {
                            name.removeprefix(f"{answer}."): held[name]
                            for name in held.files
                            if name.startswith(f"{answer}.")
                        }
                    )
                    for answer in about["answers"]
                }
        except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
            raise _unusable(file, str(error)) from None
        return cls(about["names"], forests, about["bands"], about["until"], about["rows"])


def fit(
    found: Features,
    until: int,
    seed: int = 0,
    targets: Sequence[Target] = TARGETS,
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
        labels = (
            topped(found.index) if "top10" in target.name else listed(found.index, target.ahead)
        )
        usable = labels.known & (topics.hour + target.ahead < until)
        if target.heat:
            usable &= labels.listed & (topics.heat > 0) & (np.nan_to_num(labels.heat) > 0)
        rows = np.flatnonzero(usable)
        _enough(target, labels, rows)
        rng = generator(seed, step)
        most = min(rows_max, int(len(rows) * (1 - ASIDE)) if target.heat else len(rows))
        drawn = np.sort(rng.permutation(rows)[:most])
        truth = log_change(topics.heat, labels) if target.heat else labels.listed.astype(float)
        seen = found.rows[drawn]
        seen[:, np.isnan(seen).all(axis=0)] = 0.0  # what a file has not cannot be binned
        forests[target.name] = _grown(target, seen, truth[drawn], seed)
        if target.heat:
            aside = np.setdiff1d(rows, drawn)
            error = truth[aside] - forests[target.name].raw(found.rows[aside])
            bands[target.name] = _band(error, topics.hour[aside] % DAY)
    tell("training", len(targets), len(targets))
    return TrendModel(found.names, forests, bands, until, int((topics.hour < until).sum()))


def log_change(heat: Floats, labels: Labels) -> Floats:
    """Log of the later heat over the heat now, each plus one; nan where not listed later."""
    return np.asarray(np.log1p(labels.heat) - np.log1p(heat))


def _grown(target: Target, rows: Any, truth: Floats, seed: int) -> Forest:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    how: dict[str, Any] = {
        "max_iter": target.trees, "learning_rate": 0.06, "max_leaf_nodes": target.leaves,
        "min_samples_leaf": 60, "l2_regularization": 1.0, "max_features": 0.5,
        "early_stopping": False, "random_state": seed,
    }  # fmt: skip
    if target.heat:
        return forest(HistGradientBoostingRegressor(loss="absolute_error", **how).fit(rows, truth))
    return forest(HistGradientBoostingClassifier(**how).fit(rows, truth))


def _enough(target: Target, labels: Labels, rows: Ints) -> None:
    events = int(labels.listed[rows].sum())
    few = len(rows) < (EVENTS_MIN if target.heat else ROWS_MIN)
    if few or events < EVENTS_MIN or (not target.heat and events > len(rows) - EVENTS_MIN):
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


def _unusable(file: Path, why: str) -> AdUnionError:
    return AdUnionError(
        "bad_model", f"{file} is no trend model of this program: {why}.", 409,
        hint="Remove it; it is fitted again.",
    )  # fmt: skip
