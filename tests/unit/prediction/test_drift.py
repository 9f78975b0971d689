"""The correction between trainings: it finds a change of level, and leaves a level alone."""

from __future__ import annotations

import numpy as np
import pytest

from adunion.kernel.clock import generator
from adunion.prediction import Drift, Models
from adunion.prediction.models import BANDS

HOUR_US = 3_600_000_000
FIRST = 400_000


def hours(drift: Drift, count: int, clicks: float, orders: float, seed: int = 1) -> None:
    """Impressions whose true rates are `clicks` and `orders` times the models' own."""
    rng = generator(seed)
    waiting: list[tuple[int, int]] = []
    for hour in range(FIRST, FIRST + count):
        pctr = rng.uniform(0.02, 0.1, 2_000)
        kind = rng.integers(0, 2, 2_000)
        clicked = rng.random(2_000) < pctr * clicks
        pcvr = np.full(int(clicked.sum()), 0.2)
        drift.seen(hour, kind, pctr * np.exp(drift.shifts[0][kind]))
        drift.clicked(hour, kind[clicked], pcvr * np.exp(drift.shifts[1][kind[clicked]]))
        bought = np.flatnonzero(rng.random(len(pcvr)) < pcvr * orders)
        delay = rng.exponential(8 * HOUR_US, len(bought)).astype(int)
        waiting += [(hour * HOUR_US, hour * HOUR_US + int(late)) for late in delay]
        due = [each for each in waiting if each[1] < (hour + 1) * HOUR_US]
        waiting = [each for each in waiting if each[1] >= (hour + 1) * HOUR_US]
        if due:
            click_at, at = (np.array(column) for column in zip(*due, strict=True))
            drift.ordered(np.zeros(len(due), int), click_at, at)


def test_it_finds_that_people_click_less_and_buy_more() -> None:
    drift = Drift()
    hours(drift, 48, clicks=0.7, orders=1.5)
    assert drift.shifts[0][:2] == pytest.approx(np.log([0.7, 0.7]), abs=0.09)
    assert (drift.shifts[0][2:] == 0).all()


def test_it_leaves_right_predictions_alone() -> None:
    drift = Drift()
    hours(drift, 48, clicks=1, orders=1)
    assert np.abs(drift.shifts[0]).max() < 0.06


def test_late_orders_are_no_drift() -> None:
    drift = Drift()
    rng = generator(5)
    for hour in range(FIRST, FIRST + 60):
        drift.seen(hour, np.zeros(400, int), np.full(400, 0.1))
        drift.clicked(hour, np.zeros(40, int), np.full(40, 0.25) * np.exp(drift.shifts[1][0]))
        late = np.sort(rng.exponential(6, 10))
        at = hour * HOUR_US + (late * HOUR_US).astype(int)
        drift.ordered(np.zeros(10, int), np.full(10, hour * HOUR_US), at)
    assert abs(drift.shifts[1][0]) < 0.12  # the last hours' orders are counted early here


def test_what_was_before_the_training_does_not_count() -> None:
    drift = Drift(since_us=(FIRST + 1_000) * HOUR_US)
    hours(drift, 30, clicks=0.5, orders=0.5)
    assert (drift.shifts == 0).all()


def test_the_shift_is_bounded_and_moves_the_models() -> None:
    drift = Drift()
    hours(drift, 72, clicks=0.05, orders=0.05)
    assert drift.shifts.min() == pytest.approx(-0.7)
    moved = Models.prior().moved(drift.shifts)
    assert moved.click.shifts.shape == (5, BANDS)
    assert moved.click.shifts[0, 0] == pytest.approx(-0.7)
