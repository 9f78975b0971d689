"""What plans spent and sold in the last 7 days."""

from __future__ import annotations

import numpy as np
import pytest

from adunion.decision.bidding import Outcomes
from adunion.kernel.clock import generator

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


@pytest.mark.parametrize("slow", ["none", "exponential", "lognormal"])
def test_late_orders_are_taken_neither_for_lost_nor_for_more_sales(slow: str) -> None:
    part = (np.arange(200) + 0.5) / 200
    quantiles = np.quantile(generator(1).normal(size=100_000), part)
    late = {
        "none": part,
        "exponential": -18 * np.log(1 - part),
        "lognormal": 20 * np.exp(1.1 * quantiles),
    }[slow]
    delay = (np.concatenate([part, late]) * HOUR_US).astype(np.int64)  # half within the hour
    apart = []
    for until in (24, 30, 36, 48, 72):
        outcomes = Outcomes()
        for hour in range(until):
            at_us = NOW + hour * HOUR_US
            click_us = at_us + np.arange(400) * 7 % 400 * HOUR_US // 400
            outcomes.shown(IDS, ints(0), ints(at_us), ints(1), np.array([400.0]))
            come = click_us + delay < NOW + until * HOUR_US
            outcomes.sold(
                IDS, np.zeros(come.sum(), np.int64), (click_us + delay)[come], click_us[come],
                np.ones(come.sum(), np.int64),
            )  # fmt: skip
        results = outcomes.results(IDS, NOW + until * HOUR_US)
        apart.append(results.gmv_micros[0] / results.matured_micros[0] - 1)
    assert np.abs(apart).max() < 0.09
