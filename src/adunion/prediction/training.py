"""Training from the market's own log: seen impressions, what was clicked, what was bought.

Only seen impressions count, so position needs no feature (it acts through being seen alone).
Features are those logged at the decision, so nothing is learned from the future. Orders arrive
late: a click without an order yet is a negative only as far as its order would have come.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields, replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import numpy.typing as npt
from numba import njit

from adunion.kernel.errors import invalid

from . import calibration, delay, metrics
from .features import FEATURES, KINDS
from .models import BANDS, Model, Models, cells, probability

_DAY_US = 86_400_000_000
_L2 = 5.0
_STEPS_MAX = 12
_ROWS_MAX = 600_000
_BLOCK = 1_024
_DELAY_ROUNDS = 3
_FIT_HALF_LIFE_US = 10 * _DAY_US
_LEVEL_HALF_LIFE_US = 2 * _DAY_US  # of the calibration: the market's level moves
_ORDERS_HALF_LIFE_US = 7 * _DAY_US  # the same of orders: a tenth as many, and as much chance

_HITS_PRIOR = (50.0, 50.0, 100.0)  # that the level of a kind, band and cell starts from
_LEVEL = FEATURES.index("price_market")

_Floats = npt.NDArray[np.float32]
_Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class TrainingLog:
    """n seen impressions as columns, in any order."""

    x: npt.NDArray[np.float16]  # (n, F) features logged at the decision
    kind: npt.NDArray[np.uint8]  # (n,) kind code of the placement
    at_us: npt.NDArray[np.int64]  # (n,) when it was seen
    clicked: _Bools  # (n,)
    order_at_us: npt.NDArray[np.int64]  # (n,) first order of that click so far; 0 none

    def __len__(self) -> int:
        return len(self.at_us)

    @classmethod
    def empty(cls) -> TrainingLog:
        """No impressions."""
        none = np.zeros(0, np.int64)
        x = np.zeros((0, len(FEATURES)), np.float16)
        return cls(x, none.astype(np.uint8), none, none.astype(bool), none)

    @classmethod
    def concat(cls, parts: Sequence[TrainingLog]) -> TrainingLog:
        """The impressions of several logs."""
        parts = [*parts] or [cls.empty()]
        return cls(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(cls)))

    def take(self, rows: npt.NDArray[np.generic]) -> TrainingLog:
        """The chosen rows."""
        return TrainingLog(*(getattr(self, f.name)[rows] for f in fields(self)))

    def without(self, names: Collection[str]) -> TrainingLog:
        """The same as if some of the features were not there."""
        kept = np.array([name not in names for name in FEATURES], np.float16)
        return replace(self, x=self.x * kept)

    def save(self, path: Path) -> None:
        """Write to one `.npz` file, whole or not at all."""
        fresh = path.with_name(path.name + ".new")
        with fresh.open("wb") as file:
            np.savez(file, **{f.name: getattr(self, f.name) for f in fields(self)})
        fresh.replace(path)

    @classmethod
    def load(cls, path: Path) -> TrainingLog:
        """Read what `save` wrote."""
        with np.load(path, allow_pickle=False) as file:
            return cls(*(file[f.name] for f in fields(cls)))


def train(log: TrainingLog, now_us: int, version: str = "") -> Models:
    """Models fitted to a log; `metrics` are those of a fit without the last day, on that day.

    Too short a log gives the prior, moved to the log's level. Deterministic.

    Raises:
        AdUnionError: the features are not as wide as `FEATURES`, or not finite.
    """
    if log.x.shape != (len(log), len(FEATURES)) or not np.isfinite(log.x).all():
        raise invalid("x", f"Features must be finite, of shape ({len(log)}, {len(FEATURES)}).")
    last_day = log.at_us >= (log.at_us.max() - _DAY_US if len(log) else 0)
    report: dict[str, object] = {
        "rows": len(log),
        "clicks": int(log.clicked.sum()),
        "trained_us": now_us,
    }
    if log.clicked[~last_day].sum() >= 100 and log.clicked[last_day].sum() >= 50:
        until = int(log.at_us[last_day].min())
        early = log.take(~last_day)
        early_orders = np.where(early.order_at_us < until, early.order_at_us, 0)
        early = TrainingLog(early.x, early.kind, early.at_us, early.clicked, early_orders)
        curve = delay.arrival_curve(log.at_us, log.order_at_us, now_us)
        report |= _judge(_fit_models(early, until, "", {}), log.take(last_day), curve, now_us)
    return _fit_models(log, now_us, version, report)


def _fit_models(log: TrainingLog, now_us: int, version: str, report: dict[str, object]) -> Models:
    prior = Models.prior()
    click = _fit(prior.click, log, log.clicked.astype(np.float32), _LEVEL_HALF_LIFE_US)
    clicks = log.take(log.clicked)
    order = _fit_orders(prior.order, clicks, now_us)
    name = version or sha256(click.weights.tobytes() + order.weights.tobytes()).hexdigest()[:12]
    arrived: tuple[float, ...] = ()
    if (log.order_at_us > 0).any():
        arrived = delay.arrivals(delay.arrival_curve(log.at_us, log.order_at_us, now_us))
    return Models(click, order, name, report, arrived)


def _fit_orders(prior: Model, clicks: TrainingLog, now_us: int) -> Model:
    """Orders by clicks, whose late ones are still to come: expectation-maximisation on arrival.

    A click without an order counts as an order yet to come with probability
    p (1 - F) / (1 - p F), F the share of orders that have come by its age (Chapelle, "Modeling
    Delayed Feedback in Display Advertising", KDD 2014, with an empirical F).
    """
    ordered = clicks.order_at_us > 0
    curve = delay.arrival_curve(clicks.at_us, clicks.order_at_us, now_us)
    arrived = delay.arrived_share(curve, clicks.at_us, now_us)
    outcome = ordered.astype(np.float32)
    model = prior
    for _ in range(_DELAY_ROUNDS):
        model = _fit(prior, clicks, outcome, _ORDERS_HALF_LIFE_US)
        chance = probability(model, clicks.x, clicks.kind)
        to_come = chance * (1 - arrived) / (1 - chance * arrived)
        outcome = np.where(ordered, 1, to_come).astype(np.float32)
    return model


def _fit(prior: Model, log: TrainingLog, outcome: _Floats, level_half_life_us: int) -> Model:
    step = max(1, -(-len(log) // _ROWS_MAX))  # an even sample of a longer log
    x, hits = np.ascontiguousarray(log.x[::step], np.float32), outcome[::step]
    kind, at_us = log.kind[::step], log.at_us[::step]
    age_us = at_us.max() - at_us if len(at_us) else at_us
    weights = _newton(prior.weights, x, hits, _faded(age_us, _FIT_HALF_LIFE_US))
    logits, mass = x @ weights, _faded(age_us, level_half_life_us)
    curve = calibration.fit(logits, hits, mass)
    model = Model(weights, np.tile(curve, (len(KINDS), 1)))
    shifts = _levels(model, x, kind, hits, mass)
    return replace(model, shifts=shifts.astype(np.float32))


def _levels(
    model: Model, x: _Floats, kind: npt.NDArray[np.uint8], hits: _Floats, mass: _Floats
) -> npt.NDArray[np.float64]:
    """Log-odds that put each kind of placement, price band and cell at its level, (kinds, bands).

    The curve of all is left by a kind and by a band as far as it has hits, and by a cell of both as
    far as it has more (gamma priors around the level above): most where there is evidence.
    """
    cell = cells(kind, x[:, _LEVEL])
    chance = probability(model, x, kind).astype(np.float64)
    odds = chance / (1 - chance)
    of = (cell // BANDS, cell % BANDS, cell)
    levels = [np.zeros((len(KINDS), 1)), np.zeros((1, BANDS)), np.zeros((len(KINDS), BANDS))]
    for _ in range(4):
        for at, (group, prior) in enumerate(zip(of, _HITS_PRIOR, strict=True)):
            moved = odds * np.exp((levels[0] + levels[1] + levels[2]).ravel()[cell])
            own = levels[at].ravel()
            due = np.bincount(group, moved / (1 + moved) * mass, len(own)) / np.exp(own)
            had = np.bincount(group, hits * mass, len(own))
            levels[at] = np.log((had + prior) / (due + prior)).reshape(levels[at].shape)
    total: npt.NDArray[np.float64] = levels[0] + levels[1] + levels[2]
    return total


def _faded(age_us: npt.NDArray[np.int64], half_life_us: int) -> _Floats:
    return np.asarray(0.5 ** (age_us / half_life_us), np.float32)


def _newton(prior: _Floats, x: _Floats, outcome: _Floats, mass: _Floats) -> _Floats:
    """Weights of least logistic loss with a squared penalty for leaving the prior."""
    weights = prior.astype(np.float64)
    penalty = np.eye(len(prior)) * _L2
    for _ in range(_STEPS_MAX):
        gradient, hessian = _derivatives(x, outcome, mass, weights.astype(np.float32))
        change = np.linalg.solve(hessian + penalty, gradient - _L2 * (weights - prior))
        weights += np.clip(change, -2, 2)
        if float(np.abs(change).max()) < 1e-3:
            break
    return np.asarray(weights, np.float32)


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def _dot(left: _Floats, right: _Floats) -> np.float32:
    total = np.float32(0)
    for i in range(len(left)):
        total += left[i] * right[i]
    return total


@njit(cache=True, nogil=True)
def _derivatives(
    x: _Floats, outcome: _Floats, mass: _Floats, weights: _Floats
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Gradient and negative Hessian of the log-likelihood, by blocks that stay in the cache.

    Not by BLAS, whose threads wait for each other when the machine is busy.
    """
    size = x.shape[1]
    gradient, hessian = np.zeros(size), np.zeros((size, size))
    for start in range(0, len(x), _BLOCK):
        columns = x[start : start + _BLOCK].T.copy()
        logit = np.zeros(columns.shape[1], np.float32)
        for f in range(size):
            logit += weights[f] * columns[f]
        chance = np.float32(1) / (np.float32(1) + np.exp(-logit))
        share = mass[start : start + _BLOCK]
        error = share * (outcome[start : start + _BLOCK] - chance)
        curvature = share * chance * (np.float32(1) - chance)
        for f in range(size):
            gradient[f] += _dot(columns[f], error)
            scaled = curvature * columns[f]
            for g in range(f, size):
                hessian[f, g] += _dot(scaled, columns[g])
    for f in range(size):
        for g in range(f):
            hessian[f, g] = hessian[g, f]
    return gradient, hessian


def _judge(
    models: Models, held: TrainingLog, curve: npt.NDArray[np.float64], now_us: int
) -> dict[str, object]:
    """How models do on impressions they have not seen; orders as far as they have come."""
    click = probability(models.click, held.x, held.kind)
    report = metrics.report("click", click, held.clicked.astype(np.float32))
    clicks = held.take(held.clicked)
    order = probability(models.order, clicks.x, clicks.kind)
    arrived = delay.arrived_share(curve, clicks.at_us, now_us)
    ordered = (clicks.order_at_us > 0).astype(np.float32)
    return report | metrics.report("order", order * arrived, ordered)
