"""The correction between trainings: it finds a change of level, and leaves a level alone."""

from __future__ import annotations

import numpy as np
import pytest

from adunion.kernel.clock import generator
from adunion.prediction import Drift, Models
from adunion.prediction.delay import ARRIVAL_HOURS
from adunion.prediction.models import BANDS

HOUR_US = 3_600_000_000
FIRST = 400_000


def hours(drift: Drift, count: int, clicks: float, orders: float, seed: int = 1) -> None:
    """Impressions whose true rates are `clicks` and `orders` times the models' own."""
    rng = generator(seed)
    waiting: list[tuple[int, int]] = []
    for hour in range(FIRST, FIRST + count):
        pctr = rng.uniform(0.02, 0.1, 2_000)
        cell = rng.integers(0, 2 * BANDS, 2_000)  # of two kinds of placement
        clicked = rng.random(2_000) < pctr * clicks
        pcvr = np.full(int(clicked.sum()), 0.2)
        drift.seen(hour, cell, pctr * np.exp(drift.shifts[0].ravel()[cell]))
        drift.clicked(hour, cell[clicked], pcvr * np.exp(drift.shifts[1].ravel()[cell[clicked]]))
        bought = np.flatnonzero(rng.random(len(pcvr)) < pcvr * orders)
        delay = rng.exponential(8 * HOUR_US, len(bought)).astype(int)
        waiting += [(hour * HOUR_US, hour * HOUR_US + int(late)) for late in delay]
        due = [each for each in waiting if each[1] < (hour + 1) * HOUR_US]
        waiting = [each for each in waiting if each[1] >= (hour + 1) * HOUR_US]
        if due:
            drift.ordered(np.zeros(len(due), int), *np.array(due).T)


def test_it_finds_that_people_click_less_and_buy_more() -> None:
    drift = Drift()
    hours(drift, 48, clicks=0.7, orders=1.5)
    assert drift.shifts[0][:2] == pytest.approx(np.full((2, BANDS), np.log(0.7)), abs=0.12)
    # cells without evidence go with the rest of the market
    assert drift.shifts[0][2:] == pytest.approx(np.full((3, BANDS), np.log(0.7)), abs=0.03)


def test_a_price_band_that_leaves_the_rest_is_followed_by_itself() -> None:
    drift, rng = Drift(), generator(3)
    for hour in range(FIRST, FIRST + 48):
        cell = np.arange(8_000) % (2 * BANDS)
        pctr = np.full(8_000, 0.05)
        clicked = rng.random(8_000) < pctr * np.where(cell == 1, 1.4, 1.0)
        drift.seen(hour, cell, pctr * np.exp(drift.shifts[0].ravel()[cell]))
        drift.clicked(hour, cell[clicked], np.full(int(clicked.sum()), 0.1))
    assert drift.shifts[0][0, 1] == pytest.approx(np.log(1.4), abs=0.12)
    others = np.delete(drift.shifts[0][:2].ravel(), 1)
    assert np.abs(others).max() < 0.12


def test_it_leaves_right_predictions_alone() -> None:
    drift = Drift()
    hours(drift, 48, clicks=1, orders=1)
    assert np.abs(drift.shifts[0]).max() < 0.06


@pytest.mark.parametrize("hours_late", [2, 6, 15])
def test_late_orders_are_no_drift_nor_are_earlier_or_later_ones(hours_late: float) -> None:
    hours_after = np.array(ARRIVAL_HOURS)
    drift = Drift(arrived=(1 - np.exp(-hours_after / 6)).tolist())  # six hours, in training
    rng = generator(5)
    waiting: list[tuple[int, float]] = []
    shifts = []
    for hour in range(FIRST, FIRST + 144):
        drift.seen(hour, np.zeros(400, int), np.full(400, 0.1))
        drift.clicked(hour, np.zeros(40, int), np.full(40, 0.25) * np.exp(drift.shifts[1][0, 0]))
        waiting += [(hour, hour + rng.random() + late) for late in rng.exponential(hours_late, 10)]
        due = [each for each in waiting if each[1] < hour + 1]
        waiting = [each for each in waiting if each[1] >= hour + 1]
        clicked, ordered = np.array(due, np.float64).reshape(-1, 2).T.astype(np.int64)
        drift.ordered(np.zeros(len(due), int), clicked * HOUR_US, ordered * HOUR_US)
        shifts.append(drift.shifts[1][0, 0])
    assert abs(np.mean(shifts[96:])) < 0.09


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
