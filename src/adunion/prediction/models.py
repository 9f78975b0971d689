"""The two models: logistic in the features, calibrated, levelled by placement and price band."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt
from numba import njit

from adunion.kernel.errors import AdUnionError

from .calibration import GRID, GRID_MAX, GRID_MIN, GRID_SIZE
from .features import FEATURES, KINDS

BAND_EDGES = (-0.4, 0.0, 0.4)
"""Of `price_market`, half of log(price / median): prices of .45, 1 and 2.2 medians."""
BANDS = len(BAND_EDGES) + 1

_LEVEL = FEATURES.index("price_market")
_Floats = npt.NDArray[np.float32]
_PROBABILITY_MIN = 1e-6
_STEPS = np.float32((GRID_SIZE - 1) / (GRID_MAX - GRID_MIN))

_PRIOR_CLICK = {
    **dict(zip((f"kind_{k}" for k in KINDS), (-3.3, -3.0, -3.0, -3.6, -3.2), strict=True)),
    **dict.fromkeys((f"relevance_{k}" for k in KINDS), 0.8), "relevance_search": 1.6,
    "click_lift": 0.8, "click_lift_category": 0.8, "click_lift_content": 0.6,
    "rating": 0.2, "taste_category": 0.5, "taste_parent": 0.3,
}  # fmt: skip
_PRIOR_ORDER = {
    **dict.fromkeys((f"kind_{k}" for k in KINDS), -2.6),
    **dict.fromkeys((f"relevance_{k}" for k in KINDS), 0.3),
    "order_lift": 0.8, "order_lift_category": 0.8, "order_lift_content": 0.6,
    "rating": 0.3, "taste_category": 0.3,
}  # fmt: skip


@dataclass(frozen=True)
class Model:
    """P = 1 / (1 + exp(-curve_kind(x . weights) - shift_kind,band))."""

    weights: _Floats  # (F,)
    curves: _Floats  # (kinds, GRID_SIZE) calibrated log-odds on the grid
    shifts: _Floats = field(default_factory=lambda: np.zeros((len(KINDS), BANDS), np.float32))

    @property
    def columns(self) -> tuple[_Floats, _Floats, _Floats]:
        """What `chance` reads."""
        return self.weights, self.curves, self.shifts

    def moved(self, by: npt.NDArray[np.floating]) -> Model:
        """The same with log-odds moved by kind of placement and price band, (kinds, bands)."""
        return replace(self, shifts=self.shifts + by.astype(np.float32))


@dataclass(frozen=True)
class Models:
    """A frozen pair: P(click | seen) and P(order | click), with how they did on held-out data."""

    click: Model
    order: Model
    version: str = "prior"
    metrics: Mapping[str, object] = field(default_factory=dict)
    arrived: tuple[float, ...] = ()
    """Share of orders come by `delay.ARRIVAL_HOURS` after their click; empty: not known."""

    def moved(self, shifts: npt.NDArray[np.floating]) -> Models:
        """The same with log-odds moved, (2, kinds, bands): of clicks and of orders."""
        return replace(self, click=self.click.moved(shifts[0]), order=self.order.moved(shifts[1]))

    def without(self, names: Collection[str]) -> Models:
        """The same without some of the features."""
        if not names:
            return self
        kept = np.array([name not in names for name in FEATURES], np.float32)
        click, order = (
            replace(model, weights=model.weights * kept) for model in (self.click, self.order)
        )
        return replace(self, click=click, order=order)

    @property
    def trained_us(self) -> int:
        """When they were trained; 0 for the prior."""
        return int(str(self.metrics.get("trained_us", 0)))

    @classmethod
    def prior(cls) -> Models:
        """What to believe before any log: relevance, reviews and popularity, at common levels."""
        curves = np.tile(GRID.astype(np.float32), (len(KINDS), 1))
        return cls(Model(_named(_PRIOR_CLICK), curves), Model(_named(_PRIOR_ORDER), curves))

    def save(self, path: Path) -> None:
        """Write to one `.npz` file, whole or not at all."""
        meta = {
            "version": self.version, "metrics": dict(self.metrics), "features": FEATURES,
            "arrived": self.arrived,
        }  # fmt: skip
        fresh = path.with_name(path.name + ".new")
        with fresh.open("wb") as file:
            np.savez(
                file, click_weights=self.click.weights, click_curves=self.click.curves,
                order_weights=self.order.weights, order_curves=self.order.curves,
                click_shifts=self.click.shifts, order_shifts=self.order.shifts,
                meta=np.array(json.dumps(meta)),
            )  # fmt: skip
        fresh.replace(path)

    @classmethod
    def load(cls, path: Path) -> Models:
        """Read what `save` wrote.

        Raises:
            AdUnionError: `models_outdated` where the file is of other features or is no model.
        """
        try:
            with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
                meta = json.loads(str(file["meta"]))
                click, order = (
                    Model(*(file[f"{name}_{part}"] for part in ("weights", "curves", "shifts")))
                    for name in ("click", "order")
                )
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
            raise _outdated(path, str(error)) from error
        if tuple(meta["features"]) != FEATURES:
            raise _outdated(path, "it was trained on other features")
        return cls(
            click, order, meta["version"], meta["metrics"], tuple(meta.get("arrived", ()))
        )  # fmt: skip


def predict(
    models: Models, x: npt.NDArray[np.floating], kind: npt.NDArray[np.uint8]
) -> tuple[_Floats, _Floats]:
    """P(click | seen) and P(order | click), float32 (m,), of feature rows and their kinds."""
    return probability(models.click, x, kind), probability(models.order, x, kind)


def probability(model: Model, x: npt.NDArray[np.floating], kind: npt.NDArray[np.uint8]) -> _Floats:
    """Calibrated probabilities, float32 (m,), of feature rows (m, F)."""
    out = np.empty(len(x), np.float32)
    rows = np.ascontiguousarray(x, np.float32)
    _probabilities(rows, kind, model.weights, model.curves, model.shifts, out)
    return out


def _named(values: dict[str, float]) -> _Floats:
    return np.array([values.get(name, 0.0) for name in FEATURES], np.float32)


def _outdated(path: Path, why: str) -> AdUnionError:
    return AdUnionError(
        "models_outdated", f"Cannot use the models in {path}: {why}.", 409, hint="Train again."
    )


def cells(kind: npt.NDArray[np.integer], level: _Floats) -> npt.NDArray[np.int64]:
    """Kind of placement * BANDS + price band, (k,), of kind codes and `price_market`."""
    band = np.searchsorted(BAND_EDGES, level, "right")
    return kind.astype(np.int64) * BANDS + band


@njit(cache=True, nogil=True, inline="always")
def band_of(level: float) -> int:
    """The price band of an item by its `price_market`, 0 the cheapest."""
    band = 0
    for edge in BAND_EDGES:
        if level >= edge:
            band += 1
    return band


@njit(cache=True, nogil=True, fastmath={"contract", "reassoc"})
def chance(
    row: _Floats, kind: int, weights: _Floats, curves: _Floats, shifts: _Floats
) -> np.float32:
    """The calibrated probability of one row of features, (F,)."""
    logit = np.float32(0)
    for f in range(len(row)):
        logit += row[f] * weights[f]
    return np.float32(calibrated(logit, kind, row[_LEVEL], curves, shifts))


@njit(cache=True, nogil=True, inline="always")
def calibrated(
    logit: np.float32, kind: int, price_market: float, curves: _Floats, shifts: _Floats
) -> np.float32:
    """The probability of a logit at a kind of placement and an item's price in its market."""
    place = (logit - np.float32(GRID_MIN)) * _STEPS
    left = min(max(int(place), 0), GRID_SIZE - 2)
    share = min(max(place - left, np.float32(-1000)), np.float32(1000))
    low, high = curves[kind, left], curves[kind, left + 1]
    level = low + share * (high - low) + shifts[kind, band_of(price_market)]
    found = np.float32(1) / (np.float32(1) + np.exp(-level))
    return min(max(found, np.float32(_PROBABILITY_MIN)), np.float32(1 - _PROBABILITY_MIN))


@njit(cache=True, nogil=True)
def _probabilities(
    x: _Floats, kind: npt.NDArray[np.uint8], weights: _Floats, curves: _Floats, shifts: _Floats,
    out: _Floats,
) -> None:  # fmt: skip
    for i in range(len(x)):
        out[i] = chance(x[i], kind[i], weights, curves, shifts)
