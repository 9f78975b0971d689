"""How good predicted probabilities are: order (AUC), level (ECE), and both (log loss)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_Floats = npt.NDArray[np.float32]


def auc(chance: _Floats, outcome: _Floats) -> float:
    """P(a hit is ranked above a miss), ties one half; NaN without both."""
    hits = float(outcome.sum())
    misses = len(outcome) - hits
    if not hits or not misses:
        return float("nan")
    _, place, counts = np.unique(chance, return_inverse=True, return_counts=True)
    rank = np.cumsum(counts) - (counts - 1) / 2
    return float((rank[place] @ outcome - hits * (hits + 1) / 2) / (hits * misses))


def log_loss(chance: npt.NDArray[np.floating], outcome: _Floats) -> float:
    """Mean negative log-likelihood in nats."""
    p = np.clip(chance.astype(np.float64), 1e-7, 1 - 1e-7)
    return float(-(outcome * np.log(p) + (1 - outcome) * np.log1p(-p)).mean())


def calibration_error(chance: _Floats, outcome: _Floats, bins: int = 15) -> float:
    """Expected calibration error: mean |predicted - observed| over bins of equal count."""
    order = np.argsort(chance, kind="stable")
    parts = np.array_split(order, bins)
    gaps = [abs(float((chance[p] - outcome[p]).sum())) for p in parts]
    return sum(gaps) / max(len(chance), 1)


def report(name: str, chance: _Floats, outcome: _Floats) -> dict[str, object]:
    """The metrics of a model beside those of the base rate; empty without both outcomes."""
    if not 0 < outcome.sum() < len(outcome):
        return {}
    base = np.full(len(outcome), outcome.mean())
    return {
        f"{name}_rows": len(outcome),
        f"{name}_rate": round(float(outcome.mean()), 6),
        f"{name}_predicted": round(float(chance.mean()), 6),
        f"{name}_auc": round(auc(chance, outcome), 4),
        f"{name}_log_loss": round(log_loss(chance, outcome), 5),
        f"{name}_log_loss_base": round(log_loss(base, outcome), 5),
        f"{name}_ece": round(calibration_error(chance, outcome), 5),
    }
