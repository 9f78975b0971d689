"""What becomes of each listed topic: the answers of a model for some of the rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .features import Features
from .model import TrendModel
from .types import DAY, Bools, Floats, Ints

HEAT_MIN = 0.01
"""A forecast is never zero, so that its logarithm exists; the list's heats are whole numbers."""
PROBABILITIES = ("p_listed_6h", "p_listed_24h", "p_top10_6h")
HEATS = ("heat_6h", "heat_24h")


@dataclass(frozen=True)
class Outlook:
    """(n,) each, for `rows` of the topics."""

    rows: Ints
    answers: dict[str, Floats]
    """By the names in `PROBABILITIES` and `HEATS`; heats are medians given that it is listed."""


def outlook(found: Features, model: TrendModel, wanted: Bools) -> Outlook:
    """Answer for the wanted rows; each by what was known at its hour."""
    rows = np.flatnonzero(wanted)
    held = found.rows[rows]
    heat = found.index.topics.heat[rows]
    raw = {name: grown.raw(held) for name, grown in model.forests.items()}
    answers = {name: 1 / (1 + np.exp(-raw[name])) for name in PROBABILITIES}
    for name in HEATS:
        later = np.where(heat > 0, np.expm1(np.log1p(heat) + raw[name]), 0.0)
        answers[name] = np.maximum(later, HEAT_MIN)
    return Outlook(rows, answers)


def band(model: TrendModel, name: str, heat: Floats, hour: Ints) -> tuple[Floats, Floats]:
    """Low and high of a forecast heat: 8 of 10 topics still listed end between them."""
    edges = np.array(model.bands[name])[hour % DAY]
    return heat * np.exp(edges[:, 0]), heat * np.exp(edges[:, 1])
