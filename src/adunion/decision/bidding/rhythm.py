"""How busy, valuable and dear the ticks to come will be: what recurs, and today's departure.

Of earlier days a smooth trend is believed, and of what they show beyond it as much as they agree
on (the share of variance that recurs, as in Spearman and Brown). Today's departure from that is
followed as a Gaussian process with a part that stays all day and a part that passes
(kriging, Krige 1951): an hour that is out of the ordinary says little of the evening.
"""

from __future__ import annotations

import numpy as np

from adunion.kernel.clock import generator

from .types import Floats, Ints

PARTS = 64  # in which what is left of a long day is planned
LEVELS = 3  # log rows, log value a row, log price over value
RECURS = np.array([0.8, 0.3, 0.4])  # guess of what recurs, worth one pair of days
STAYS = 0.1  # share of a departure's variance that stays all day
PASSES = 0.1  # of the day: how long the rest takes to pass
MOVING = slice(1, LEVELS)  # value and price tell how fast time passes
MOVES_VARY = 2 * np.pi - 4  # variance of a normal move over its mean, squares' relative variance
NOISE = 0.03  # of a tick alone, over a departure's variance
TICKS_BACK = 240  # of today that are looked at
COUPLED, COUPLED_TRUST = -0.5, 1.2  # guess: price over value falls so much where values rise
SPREAD = np.array([0.3, 0.5, 0.35])  # guess of a departure's standard deviation ...
SPREAD_TRUST = 2.0  # ... worth so many passing times of it
COURSES = 16
DRAWN = 0.6  # of the spread, in courses: what comes is learnt bit by bit, not all at once
COLD_FALL = 0.8  # of the log price over a day, where no earlier day is known: rivals run out
DRAWS = generator(0xDA).standard_normal((LEVELS, COURSES // 2, PARTS))


class Rhythm:
    """Levels by tick, NaN where nothing was seen."""

    def __init__(self, ticks: int) -> None:
        self.ticks = ticks
        self._past: list[Floats] = []
        self._today = np.full((ticks, LEVELS), np.nan)

    def add_day(self, levels: Floats) -> None:
        """Take the levels of an earlier day, (ticks, 3)."""
        self._past.append(levels)

    def observe(self, tick: int, levels: Floats) -> None:
        """Take the levels of a tick of today, as far as they are known; (3,)."""
        self._today[tick] = levels

    def courses(self, tick: int, at: Ints) -> Floats:
        """Levels that the ticks `at`, (p,) from `tick` on, may have: equally likely, (c, p, 3)."""
        usual = self._usual()
        apart = self._today - usual
        slope = self._slope(usual)
        apart[:, 2] -= slope * apart[:, 1]
        spread = self._spread(usual, slope)
        clock = self._clock(usual, slope)
        come = np.stack(
            [
                self._krige(apart[:, level], clock, tick, at, spread[level] * draws)
                for level, draws in enumerate(_draws(len(at)))
            ],
            axis=-1,
        )
        come[..., 2] += slope * come[..., 1]
        levels: Floats = usual[at] + come
        return levels

    def _spread(self, usual: Floats, slope: float) -> Floats:
        """Standard deviation of departures, drawn to a guess where few were seen; (3,)."""
        apart = self._apart(usual, slope)
        square = np.nansum(apart**2, axis=(0, 1)) / (PASSES * self.ticks)
        seen = (~np.isnan(apart)).sum(axis=(0, 1)) / (PASSES * self.ticks)
        spread: Floats = np.sqrt((square + SPREAD_TRUST * SPREAD**2) / (seen + SPREAD_TRUST))
        return spread

    def _clock(self, usual: Floats, slope: float) -> Floats:
        """Time by tick, (ticks,), in ticks: it passes faster where levels were seen to move more.

        How much more is believed as far as it is beyond chance.
        """
        moved = np.abs(np.diff(self._apart(usual, slope)[..., MOVING], axis=1))
        seen = ~np.isnan(moved)
        count = seen.sum(axis=(0, 2))
        if not count.any():
            return np.arange(self.ticks, dtype=float)
        moved = np.where(seen, moved, 0)
        square = (moved**2).sum(axis=(0, 1)) / np.maximum(seen.sum(axis=(0, 1)), 1)
        moved /= np.maximum(np.sqrt(square), 1e-12)
        pace = (moved.sum(axis=(0, 2)) / np.maximum(count, 1)) ** 2
        usually = pace[count > 0].mean()
        pace = np.where(count > 0, pace / usually, 1.0) if usually > 0 else np.ones(len(pace))
        chance = MOVES_VARY / count[count > 0].mean()
        beyond = max(1 - chance / max(float(pace.var()), 1e-12), 0.0)
        clock: Floats = np.append(0, np.cumsum(1 + beyond * (pace - 1)))
        return clock

    def _apart(self, usual: Floats, slope: float) -> Floats:
        """Departures of all days, today last, prices beside what values explain; (d, ticks, 3)."""
        apart = np.stack([*self._past, self._today]) - usual
        apart[..., 2] -= slope * apart[..., 1]
        return apart

    def _usual(self) -> Floats:
        """What a day is like by tick, (ticks, 3)."""
        if not self._past:
            seen = ~np.isnan(self._today)
            mean = np.where(seen, self._today, 0).sum(axis=0) / np.maximum(seen.sum(axis=0), 1)
            falls = np.array([0, 0, COLD_FALL]) * np.arange(self.ticks)[:, None] / self.ticks
            at = np.where(seen[:, 2], falls[:, 2], 0).sum() / max(seen[:, 2].sum(), 1)
            level: Floats = mean - falls + np.array([0, 0, at])
            return level
        past = np.stack(self._past)
        seen = ~np.isnan(past)
        days = seen.sum(axis=0)
        mean = np.where(seen, past, 0).sum(axis=0) / np.maximum(days, 1)
        trend = np.stack([_trend(mean[:, at], days[:, at]) for at in range(LEVELS)], axis=1)
        beyond = np.where(seen, past - trend, 0)
        beyond -= np.where(seen, beyond.mean(axis=1, keepdims=True), 0)
        count = len(past)
        own = (beyond**2).mean(axis=(0, 1))
        pairs = count * (count - 1) / 2
        both = (beyond.sum(axis=0) ** 2 - (beyond**2).sum(axis=0)).mean(axis=0) / 2
        recurs = np.clip((both / np.maximum(own, 1e-12) + RECURS) / (pairs + 1), 0, 0.98)
        believed = count * recurs / (1 + (count - 1) * recurs)
        usual: Floats = trend + believed * np.where(days > 0, mean - trend, 0)
        return usual

    def _slope(self, usual: Floats) -> float:
        """How the price over value goes with the value a row, departures both."""
        apart = np.stack([*self._past, self._today]) - usual
        value, price = apart[..., 1].ravel(), apart[..., 2].ravel()
        both = ~np.isnan(value) & ~np.isnan(price)
        moved = float(value[both] @ price[both]) * 48 / self.ticks
        square = float(value[both] @ value[both]) * 48 / self.ticks
        return float(
            np.clip((moved + COUPLED_TRUST * COUPLED) / (square + COUPLED_TRUST), -1.5, 0.5)
        )

    def _krige(self, apart: Floats, clock: Floats, tick: int, to: Ints, draws: Floats) -> Floats:
        """Departures that may come at `to` (p,), given those seen so far, by draws; (c, p)."""
        at = np.flatnonzero(~np.isnan(apart[: tick + 1]))[-TICKS_BACK:]
        then, now = clock[to], clock[at]
        covary = self._covary(then, then) + NOISE * np.eye(len(to))
        inner = self._covary(now, now) + NOISE * np.eye(len(at))
        both = self._covary(now, then) + NOISE * (at[:, None] == to)
        weights = np.linalg.solve(inner, both)
        left = covary - both.T @ weights + 1e-9 * np.eye(len(to))
        come: Floats = apart[at] @ weights + draws @ np.linalg.cholesky(left).T
        return come

    def _covary(self, one: Floats, other: Floats) -> Floats:
        apart = np.abs(one[:, None] - other) / (PASSES * self.ticks)
        covary: Floats = STAYS + (1 - STAYS) * np.exp(-apart)
        return covary


def _draws(count: int) -> Floats:
    """Normal numbers for the last `count` ticks, the same each time, with their opposites."""
    half = DRAWS[:, :, :count][..., ::-1]
    return DRAWN * np.concatenate([half, -half], axis=1)


def _trend(level: Floats, weight: Floats) -> Floats:
    """A parabola through what was seen, a line or a level where that is little."""
    at = np.linspace(-1, 1, len(level))
    seen = int((weight > 0).sum())
    power = 2 if seen > 12 else 1 if seen > 4 else 0
    if not seen:
        return np.zeros(len(level))
    basis = np.stack([at**one for one in range(power + 1)], axis=1)
    root = np.sqrt(weight.astype(float))
    fitted, *_ = np.linalg.lstsq(basis * root[:, None], level * root, rcond=None)
    trend: Floats = basis @ fitted
    return trend
