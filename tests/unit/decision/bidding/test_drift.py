"""The common level of sales over predictions: still in calm, quick after a shock."""

from __future__ import annotations

import numpy as np

from adunion.decision.bidding.drift import levels
from adunion.kernel.clock import generator


def market(true: np.ndarray, orders: float, seed: int = 1) -> tuple[np.ndarray, ...]:
    """(expected, sold, orders expected) by hour of orders worth 1 each."""
    expected = np.full(len(true), orders)
    return expected, generator(seed).poisson(orders * true).astype(float), expected


def test_in_a_calm_market_the_level_stays_near_what_it_is() -> None:
    for true in (0.7, 1.0, 1.5):
        for seed in range(10):
            found = levels(*market(np.full(168, true), 100, seed), 1.0)
            assert abs(found[-24:] / true - 1).max() < 0.1


def test_a_shock_is_followed_within_hours_and_not_seen_before_it() -> None:
    true = np.where(np.arange(168) < 100, 1.0, 0.7)
    found = np.array(
        [levels(*(part[:104] for part in market(true, 100, seed)), 1.0) for seed in range(10)]
    )
    assert (abs(found[:, 103] / 0.7 - 1) < 0.15).mean() >= 0.9
    assert (found[:, 97] > 0.93).all()


def test_few_orders_move_it_slowly_and_none_not_at_all() -> None:
    assert levels(np.zeros(20), np.zeros(20), np.zeros(20), 1.0).tolist() == [1.0] * 20
    one = levels(np.full(5, 0.1), np.zeros(5), np.full(5, 0.1), 1.6)
    assert (one == 1).all()
    few = levels(np.full(24, 1.0), np.zeros(24), np.full(24, 1.0), 1.6)
    assert 0.05 < few[-1] < 0.9


def test_night_hours_without_traffic_do_no_harm() -> None:
    expected = np.tile(np.concatenate([np.full(12, 100.0), np.zeros(12)]), 4)
    found = levels(expected, expected * 0.9, expected, 1.0)
    assert abs(found[-1] - 0.9) < 0.03


def test_few_orders_of_very_unequal_worth_are_no_shock() -> None:
    """Worths with a spread of 6: an hour of ten such orders is half or twice another by chance."""
    rng, alarms = generator(4), 0
    for _ in range(20):
        count = rng.poisson(10, 168)
        sold = np.array([rng.gamma(0.2, 5.0, each).sum() for each in count])
        found = levels(np.full(168, 10.0), sold, np.full(168, 10.0), 6.0)
        alarms += bool((np.abs(np.diff(np.log(found))) > 0.25).any())
    assert alarms <= 2
