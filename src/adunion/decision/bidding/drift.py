"""How far sales have moved away from predictions lately: a level by hour, over all plans together.

A promotion day, a shop that is down, a model a week old: all plans' sales then leave their
predictions at once, and together they tell it within hours, where one plan would need days. The
logarithm of sold over predicted is followed as a local level (Harvey 1989), filtered and smoothed;
where the last hours together contradict it, it jumps to what they say.
"""

from __future__ import annotations

import numpy as np

from .types import Floats

STEP_SD = 0.008  # of the level, an hour
FIRST_SD = 0.3
SURPRISE = 3.7  # standard deviations of what the last hours say together
SURPRISE_HOURS = 4
ORDERS_LEAST = 5.0  # times their spread: hours of fewer are taken together with the next


def levels(expected: Floats, sold: Floats, orders: Floats, spread: float) -> Floats:
    """Sold over expected by hour, (h,), smoothed; 1 where nothing is known.

    Args:
        expected: value predicted of the hour's impressions whose orders have had their time.
        sold: value of the orders that came of them.
        orders: those expected, by number.
        spread: variance of one order's value over its squared mean, plus 1.
    """
    logs, variances = _observations(expected, sold, orders, spread)
    smooth: Floats = np.exp(_smooth(*_filter(logs, variances)))
    return smooth


def _observations(
    expected: Floats, sold: Floats, orders: Floats, spread: float
) -> tuple[Floats, Floats]:
    """(log ratio, variance) by hour; infinite variance where an hour says nothing of its own."""
    logs, variances = np.zeros(len(expected)), np.full(len(expected), np.inf)
    waiting = np.zeros(3)
    for hour in range(len(expected)):
        waiting += expected[hour], sold[hour], orders[hour]
        if waiting[2] >= ORDERS_LEAST * spread:
            counts = waiting[2] / spread  # equal orders that would tell as much
            ratio = (waiting[1] / waiting[0] * counts + 0.5) / (counts + 0.5)
            logs[hour], variances[hour] = np.log(ratio), 1 / counts
            waiting[:] = 0
    return logs, variances


def _filter(logs: Floats, variances: Floats) -> tuple[Floats, Floats, Floats]:
    """The level, its variance, and how far it may have moved since the hour before."""
    means, spans = np.zeros(len(logs)), np.zeros(len(logs))
    steps = np.full(len(logs), STEP_SD**2)
    mean, span = 0.0, FIRST_SD**2
    recent: list[tuple[float, float]] = []
    for hour in range(len(logs)):
        noise = _noise(logs[hour] - mean, variances[hour] / np.exp(mean))
        span += STEP_SD**2
        if np.isfinite(noise):
            recent = [*recent[1 - SURPRISE_HOURS :], (logs[hour] - mean, noise)]
            apart, doubt = _together(recent, span)
            if abs(apart) > SURPRISE * np.sqrt(span + doubt):
                steps[hour] = apart**2
                mean, span, recent = mean + apart, doubt, []
            else:
                gain = span / (span + noise)
                mean, span = mean + gain * (logs[hour] - mean), (1 - gain) * span
        means[hour], spans[hour] = mean, span
    return means, spans, steps


def _noise(apart: float, variance: float) -> float:
    """Variance of a logarithm of few orders: at most as surprising as Poisson's law has it.

    The logarithm of next to none is far away, but not rare: its distance counts by the deviance.
    """
    if not np.isfinite(variance) or abs(apart) < 1e-6:
        return variance
    deviance = 2 * (1 - np.exp(apart) + apart * np.exp(apart)) / variance
    return float(max(variance, apart**2 / deviance))


def _together(recent: list[tuple[float, float]], span: float) -> tuple[float, float]:
    """The last one, two ... hours' distance from the level and its variance, where it is most."""
    apart, noise = np.array(recent[::-1]).T
    weight = (1 / noise).cumsum()
    pooled, doubt = (apart / noise).cumsum() / weight, 1 / weight
    most = int(np.argmax(np.abs(pooled) / np.sqrt(span + doubt)))
    return float(pooled[most]), float(doubt[most])


def _smooth(means: Floats, spans: Floats, steps: Floats) -> Floats:
    """What later hours tell of earlier ones (Rauch, Tung and Striebel 1965)."""
    out = means.copy()
    for hour in range(len(means) - 2, -1, -1):
        gain = spans[hour] / (spans[hour] + steps[hour + 1])
        out[hour] = means[hour] + gain * (out[hour + 1] - means[hour])
    return out
