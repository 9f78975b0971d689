"""Makes markets and their days from seeds, with the published numbers of AuctionNet's generator."""

from __future__ import annotations

import numpy as np

from adunion.kernel.clock import generator

from ..chance import keys
from .rivals import KINDS
from .types import TICKS, Floats, Market, Period

CATEGORIES, EACH = 6, 8
ADVERTISERS = CATEGORIES * EACH
ROWS = 500_000
TARGETS = np.arange(60.0, 140.0, 10.0)  # each category holds one of each
BUDGET_WORTH = 280_000.0  # budget times target, about: the dearest conversions for the least money
VALUE = 5e-4  # mean chance of a conversion
SPREAD = 0.5  # standard deviation of values over their mean
SPREAD_LEAST = 0.1  # of any advertiser, at any tick; the most is 1
TRAFFIC = np.array(
    """2.3 1.1 .9 .5 .5 .3 .3 .3 .4 .5 1.1 1.2 1.9 1.7 2.6 2.4 3.6 3.3 3.8 3.2 3.7 3.3 3.4 2.5
    2.4 2.2 2.6 2.0 2.2 2.0 2.3 2.1 2.4 2.1 2.0 1.6 1.7 1.7 2.0 2.0 2.5 2.5 3.1 2.9 3.0 2.6 2.5
    2.5""".split(),
    float,
)
"""Percent of a day's opportunities by half an hour."""


def market(seed: int, rows: int = ROWS, common: float = 0.0, spread: float = SPREAD) -> Market:
    """Advertisers of a seed; budgets shrink with `rows`, prices do not.

    `common` is how far the values of a category's advertisers go together, from 0 to 1; `spread`
    the standard deviation of an advertiser's values over their mean, about.
    """
    rng = generator(seed, 0xA0)
    target = np.concatenate([rng.permutation(TARGETS) for _ in range(CATEGORIES)])
    kind = np.concatenate([rng.permutation(len(KINDS)) for _ in range(CATEGORIES)])
    budget = BUDGET_WORTH / target * rng.lognormal(0.0, 0.07, ADVERTISERS)
    return Market(
        seed=seed,
        rows=rows,
        category=np.repeat(np.arange(CATEGORIES), EACH),
        target=target,
        budget=np.round(budget, -1) * rows / ROWS,
        kind=kind,
        style=rng.lognormal(0.0, 0.15, ADVERTISERS),
        sigma=np.clip(np.abs(rng.normal(0.15, 0.06, ADVERTISERS)), 0.0, 0.3),
        common=common,
        spread=spread,
    )


def period(of: Market, number: int) -> Period:
    """Day `number` of a market: traffic, values and rivals' moods of its own.

    The mean value moves with the day, by blocks of four hours: each category's by up to .7 either
    way, each advertiser's by up to .5 more.
    """
    rng = generator(of.seed, 0xA1, number)
    traffic = TRAFFIC * _blocks(rng, (), 4, 0.4)
    counts = (of.rows * traffic / traffic.sum()).astype(np.int64)
    mean = VALUE * _blocks(rng, (CATEGORIES,), 8, 0.7)[of.category]
    own = _blocks(rng, (ADVERTISERS,), 8, 0.5)
    own[::EACH] = 1
    mean = mean * own
    wide = np.clip(rng.normal(of.spread, 0.1, ADVERTISERS), SPREAD_LEAST, 1)[:, None]
    wide = np.clip(rng.normal(wide, 0.2 * wide, mean.shape), SPREAD_LEAST, 1)
    return Period(
        number=number,
        offsets=np.concatenate([[0], counts.cumsum()]),
        mean=np.ascontiguousarray(mean.T),
        std=np.ascontiguousarray((wide * mean).T),
        keys=keys(of.seed, number, int(counts.sum())),
        style=of.style * rng.lognormal(0.0, 0.2, len(of.style)),
    )


def _blocks(rng: np.random.Generator, shape: tuple[int, ...], window: int, by: float) -> Floats:
    """Factors by tick that change every `window` ticks, `by` either way; (*shape, TICKS)."""
    drawn = rng.uniform(1 - by, 1 + by, (*shape, TICKS // window))
    return np.repeat(drawn, window, axis=-1)
