"""How much each source counts: a logistic model, learnt from labelled cases.

For one text, each candidate need has a row of features: what every source says of it, how that
compares with the best the source says of any need, and how many sources agree. The strength is the
probability that someone who knows would call the need right; weights come from the `train` part of
the cases only. A language model has no cases to learn from where none is configured, so its weight
is a prior, kept in the same file and said so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
import numpy.typing as npt
import orjson

from adunion.kernel.errors import AdUnionError

from .types import Hit

Floats = npt.NDArray[np.float64]
FILE = "weights.json"
_RIDGE = 1.0
_STEPS = 60


@dataclass(frozen=True)
class Weights:
    """One weight a feature; `prior` of them were set by hand and are not learnt."""

    bias: float
    weight: dict[str, float]
    prior: dict[str, float]

    @classmethod
    def load(cls, by: str = "all", path: Path | None = None) -> Weights:
        """Those that ship, or of a file; `by` is `all` sources, or `words` without an embedder."""
        found = files(__package__) / FILE if path is None else path
        try:
            data = orjson.loads(found.read_bytes())[by]
            return cls(float(data["bias"]), dict(data["weight"]), dict(data["prior"]))
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise AdUnionError(
                "bad_weights", f"{found}: {error}.", hint="Refit: python bench/needs.py --fit."
            ) from None

    def as_dict(self) -> dict[str, object]:
        """For the file."""
        return {
            "bias": round(self.bias, 4),
            "weight": {name: round(value, 4) for name, value in self.weight.items()},
            "prior": self.prior,
        }

    def strength(self, rows: Sequence[Mapping[str, float]]) -> Floats:
        """Probability that each candidate is right, (k,)."""
        all_ = self.weight | self.prior
        total = [
            self.bias + sum(all_.get(name, 0.0) * value for name, value in row.items())
            for row in rows
        ]
        return np.asarray(1 / (1 + np.exp(-np.array(total, np.float64))))


def features(said: Mapping[str, Sequence[Hit]]) -> dict[int, dict[str, float]]:
    """A row of features for each product that any source speaks for."""
    out: dict[int, dict[str, float]] = {}
    for source, hits in said.items():
        best = max((hit.score for hit in hits), default=0.0)
        for hit in hits:
            row = out.setdefault(hit.product, {})
            row[source] = hit.score
            row[f"{source} / best"] = hit.score / best if best else 0.0
    for row in out.values():
        row["sources"] = sum(not name.endswith("best") for name in row) - 1.0
    return out


def fit(rows: Sequence[Mapping[str, float]], right: Floats, prior: dict[str, float]) -> Weights:
    """Logistic regression with a ridge, by Newton's method; `right` is (k,) 0 or 1.

    Weights of sources are kept at or above zero: a source that speaks for a need is no reason
    against it.
    """
    names = sorted({name for row in rows for name in row} - prior.keys())
    x = np.array([[row.get(name, 0.0) for name in names] + [1.0] for row in rows])
    free = np.ones(len(names) + 1, bool)
    while True:
        w = np.zeros(len(names) + 1)
        ridge = np.append(np.full(len(names), _RIDGE), 1e-6)[free]
        for _ in range(_STEPS):
            p = 1 / (1 + np.exp(-x @ w))
            slope = x[:, free].T @ (p - right) + ridge * w[free]
            curve = (x[:, free] * (p * (1 - p))[:, None]).T @ x[:, free] + np.diag(ridge)
            w[free] -= np.linalg.solve(curve, slope)
        below = free[:-1] & (w[:-1] < 0)
        if not below.any():
            break
        free[:-1] &= ~below
    return Weights(float(w[-1]), dict(zip(names, w[:-1].tolist(), strict=True)), prior)
