"""What plans spent and sold in the last 7 days."""

from __future__ import annotations

import numpy as np
import pytest

from adunion.decision.bidding import Outcomes

HOUR_US = 3_600_000_000
NOW = 500_000 * HOUR_US
IDS = ["cmp_a", "cmp_b"]


def ints(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


def test_sums_are_by_plan_and_in_the_order_asked() -> None:
    outcomes = Outcomes()
    outcomes.shown(IDS, ints(0, 1, 1), ints(NOW, NOW, NOW), ints(5, 7, 9), np.array([1.0, 2, 3]))
    outcomes.sold(IDS, ints(1), ints(NOW + 5), ints(NOW), ints(400))
    results = outcomes.results(["cmp_b", "cmp_new", "cmp_a"], NOW + HOUR_US)
    assert results.spend_micros.tolist() == [16, 0, 5]
    assert results.expected_micros.tolist() == [5, 0, 1]
    assert results.gmv_micros.tolist() == [400, 0, 0]
    assert results.orders.tolist() == [1, 0, 0]


def test_what_is_over_a_week_old_is_forgotten() -> None:
    outcomes = Outcomes()
    for day in range(10):
        at = ints(NOW + day * 24 * HOUR_US)
        outcomes.shown(IDS, ints(0), at, ints(1), np.ones(1))
    results = outcomes.results(IDS, NOW + 9 * 24 * HOUR_US)
    assert results.spend_micros[0] == 8  # days 2 to 9, both ends of the window
    outcomes.shown(IDS, ints(0), ints(NOW), ints(1), np.ones(1))  # too late to count
    assert outcomes.results(IDS, NOW + 9 * 24 * HOUR_US).spend_micros[0] == 8
    assert outcomes.results(IDS, NOW + 90 * 24 * HOUR_US).spend_micros[0] == 0


def test_predicted_sales_mature_with_age() -> None:
    outcomes = Outcomes()
    outcomes.shown(IDS, ints(0), ints(NOW), ints(1), np.array([100.0]))
    parts = [
        outcomes.results(IDS, NOW + hours * HOUR_US).matured_micros[0] for hours in (0, 1, 12, 167)
    ]
    assert parts == sorted(parts)
    assert parts[0] == 0
    assert 30 < parts[1] < parts[2] < 90
    assert parts[3] == pytest.approx(100, abs=1)


def test_slow_buyers_make_young_predictions_count_less() -> None:
    outcomes = Outcomes()
    outcomes.shown(IDS, ints(0), ints(NOW), ints(1), np.array([100.0]))
    before = outcomes.results(IDS, NOW + 6 * HOUR_US).matured_micros[0]
    many = np.full(500, NOW)
    outcomes.sold(IDS, np.zeros(500, np.int64), many, many - 40 * HOUR_US, np.ones(500, np.int64))
    after = outcomes.results(IDS, NOW + 6 * HOUR_US).matured_micros[0]
    assert after < before / 3
