"""The relevance layer: a logistic model of a few features, its weights in a file of this folder.

`adunion search train` learns and prints them again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np
import orjson

from .features import NAMES
from .types import Floats


@dataclass(frozen=True)
class Model:
    """One weight a feature, and an intercept: the log odds that an item is what was meant."""

    weight: Floats  # (features,)
    intercept: float = 0.0

    def odds(self, features: Floats) -> Floats:
        """Log odds of k items, (k,)."""
        return np.asarray(features @ self.weight + np.float32(self.intercept), np.float32)

    def probability(self, features: Floats) -> Floats:
        """The same as probabilities."""
        return np.asarray(1 / (1 + np.exp(-np.clip(self.odds(features), -30, 30))), np.float32)

    def named(self) -> dict[str, float]:
        """As it is written."""
        numbers = {name: round(float(w), 4) for name, w in zip(NAMES, self.weight, strict=True)}
        return {"intercept": round(self.intercept, 4), **numbers}


def of_names(named: Mapping[str, float]) -> Model:
    """From the numbers of a file; a feature that it does not name counts nothing."""
    weight = np.array([named.get(name, 0.0) for name in NAMES], np.float32)
    return Model(weight, float(named.get("intercept", 0.0)))


@lru_cache(maxsize=1)
def shipped() -> Model:
    """The weights that come with the program."""
    text = files("adunion.understanding.search").joinpath("weights.json").read_bytes()
    return of_names(orjson.loads(text)["weights"])
