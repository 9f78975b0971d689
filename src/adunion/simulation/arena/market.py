"""Makes markets and their days from seeds."""

from __future__ import annotations

import numpy as np

from adunion.kernel.clock import generator

from ..chance import keys
from .rivals import KINDS
from .types import TICKS, Market, Period

CATEGORIES, EACH = 6, 8
ADVERTISERS = CATEGORIES * EACH
ROWS = 500_000
TARGETS = np.arange(60.0, 140.0, 10.0)  # each category holds one of each
BUDGET_WORTH = 55.0  # conversions at target cost that a budget pays for, about
SPREAD = 1.0  # standard deviation of log values within a category


def market(seed: int, rows: int = ROWS) -> Market:
    """Advertisers of a seed; budgets shrink with `rows`, prices do not."""
    rng = generator(seed, 0xA0)
    target = np.concatenate([rng.permutation(TARGETS) for _ in range(CATEGORIES)])
    worth = BUDGET_WORTH * rng.lognormal(0.0, 0.35, ADVERTISERS) * (95 / target) ** 0.5
    kind = np.concatenate([rng.permutation(len(KINDS)) for _ in range(CATEGORIES)])
    return Market(
        seed=seed,
        rows=rows,
        category=np.repeat(np.arange(CATEGORIES), EACH),
        target=target,
        budget=worth * target * rows / ROWS,
        kind=kind,
        style=rng.lognormal(0.0, 0.15, ADVERTISERS),
        level=np.log(6e-4) + rng.normal(0.0, 0.1, CATEGORIES),
        sigma=np.clip(np.abs(rng.normal(0.15, 0.06, ADVERTISERS)), 0.0, 0.3),
    )


def period(of: Market, number: int) -> Period:
    """Day `number` of a market: its traffic, values and rivals' moods differ a little."""
    rng = generator(of.seed, 0xA1, number)
    phase = np.arange(TICKS) / TICKS
    rhythm = 1 + 0.35 * np.sin(2 * np.pi * (phase - 0.35)) + 0.15 * np.sin(4 * np.pi * phase)
    rhythm *= rng.lognormal(0.0, 0.05, TICKS)
    counts = rng.poisson(of.rows * rng.lognormal(0, 0.1) * rhythm / rhythm.sum())
    offsets = np.concatenate([[0], counts.cumsum()])
    total = int(offsets[-1])
    user = rng.normal(0.0, 0.5, (total, 1))
    own = rng.normal(0.0, np.sqrt(SPREAD**2 - 0.25), (total, CATEGORIES))
    level = of.level + rng.normal(0.0, 0.15, CATEGORIES)
    base = np.minimum(np.exp(level + user + own), 0.3).astype(np.float32)
    return Period(
        number=number,
        offsets=offsets,
        base=base,
        keys=keys(of.seed, number, total),
        style=of.style * rng.lognormal(0.0, 0.2, len(of.style)),
    )
