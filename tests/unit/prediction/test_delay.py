"""How many orders are still to come: from a log that ends before they have."""

from __future__ import annotations

import numpy as np
import pytest

from adunion.kernel.clock import generator
from adunion.prediction.delay import arrival_curve, arrived_share

HOUR_US = 3_600_000_000
NOW_US = 1_000 * 24 * HOUR_US


def log(days: float, clicks: int = 400_000) -> tuple[np.ndarray, np.ndarray]:
    """Clicks of some days; a tenth buys: half at once, half after 30 hours in the mean."""
    rng = generator(5)
    click = NOW_US - (rng.random(clicks) * days * 24 * HOUR_US).astype(np.int64) - 1
    wait = np.where(rng.random(clicks) < 0.5, 0.3, 30.0) * rng.exponential(size=clicks)
    wait = np.minimum(wait, 160) * HOUR_US
    order = click + wait.astype(np.int64) + 1
    return click, np.where((rng.random(clicks) < 0.1) & (order < NOW_US), order, 0)


def come(hours: float) -> float:
    """Share of orders that have come by then."""
    return float(1 - 0.5 * np.exp(-hours / 0.3) - 0.5 * np.exp(-hours / 30))


@pytest.mark.parametrize("days", [3, 5, 14])
def test_what_a_short_log_cannot_show_is_told_by_the_tail(days: float) -> None:
    curve = arrival_curve(*log(days), NOW_US)
    for hours in (1, 6, 24, 48, 72):
        told = arrived_share(curve, np.array([NOW_US - hours * HOUR_US]), NOW_US)
        assert told[0] == pytest.approx(come(hours), abs=0.012)


def test_the_curve_rises_from_0_to_1() -> None:
    for days in (0.1, 1, 5, 30):
        curve = arrival_curve(*log(days, 5_000), NOW_US)
        assert curve[0] == 0
        assert curve[-1] == pytest.approx(1)
        assert (np.diff(curve) >= 0).all()


def test_without_orders_everything_counts_as_come() -> None:
    click, _ = log(5, 100)
    assert (arrival_curve(click, np.zeros(100, np.int64), NOW_US) == 1).all()
