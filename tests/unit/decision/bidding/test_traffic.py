"""Forecasts of the requests still to come."""

from __future__ import annotations

import numpy as np
import pytest

from adunion.decision.bidding.traffic import TrafficForecast, hour_counts

HOUR_US = 3_600_000_000
MONDAY = (4 * 24) * HOUR_US  # 1970-01-05 00 UTC
ALL = np.ones((1, 168), np.bool_)


def weeks(count: int, rate: object) -> TrafficForecast:
    """A forecast that has seen whole weeks of `rate(hour of week)` requests."""
    traffic = TrafficForecast()
    for hour in range(168 * count):
        traffic.observe([(MONDAY // HOUR_US + hour, rate(hour % 168))])  # type: ignore[operator]
    return traffic


def to_come(traffic: TrafficForecast, now: int, end: int, dayparts: np.ndarray = ALL) -> float:
    return float(traffic.to_come(now, np.array([end]), dayparts)[0])


def test_hours_are_counted_wherever_they_fall() -> None:
    at = np.array([0, 1, HOUR_US, 3 * HOUR_US, 3 * HOUR_US + 5])
    assert hour_counts(at) == [(0, 2), (1, 1), (3, 2)]
    assert hour_counts(at[:2]) == [(0, 2)]


def test_steady_traffic_is_expected_to_go_on() -> None:
    traffic, now = weeks(1, lambda _: 50), MONDAY + 168 * HOUR_US
    assert to_come(traffic, now, now + 10 * HOUR_US) == pytest.approx(500)
    assert to_come(traffic, now, now + 500 * HOUR_US) == pytest.approx(25_000)
    assert to_come(traffic, now + HOUR_US // 2, now + 2 * HOUR_US) == pytest.approx(75)
    assert to_come(traffic, now, now - HOUR_US) == 0


def test_the_rhythm_of_the_day_is_learned_in_a_few_days() -> None:
    traffic = TrafficForecast()
    for hour in range(72):
        traffic.observe([(MONDAY // HOUR_US + hour, 100 if hour % 24 < 12 else 10)])
    now = MONDAY + 72 * HOUR_US
    day, night = to_come(traffic, now, now + 12 * HOUR_US), traffic.rates(now)[72 + 12 : 96].sum()
    assert day == pytest.approx(1200, rel=0.2)
    assert night == pytest.approx(120, rel=0.6)


def test_only_a_plans_own_hours_count() -> None:
    traffic, now = weeks(2, lambda _: 60), MONDAY + 336 * HOUR_US
    mornings = np.zeros((1, 168), np.bool_)
    mornings[0, 8:12] = True  # Monday only
    assert to_come(traffic, now, now + 168 * HOUR_US, mornings) == pytest.approx(240)
    assert to_come(traffic, now + 12 * HOUR_US, now + 100 * HOUR_US, mornings) == 0


def test_the_first_minutes_are_drawn_out() -> None:
    traffic = TrafficForecast()
    traffic.observe([(MONDAY // HOUR_US, 100)])
    now = MONDAY + HOUR_US // 4
    assert to_come(traffic, now, now + HOUR_US) == pytest.approx(400)


def test_quiet_hours_lower_the_forecast() -> None:
    traffic = TrafficForecast()
    first = MONDAY // HOUR_US
    traffic.observe([(first, 100)])
    traffic.observe([(first + 9, 100)])
    assert traffic.rates(MONDAY + 10 * HOUR_US).mean() == pytest.approx(20, rel=0.3)


def test_a_busy_saturday_is_not_taken_for_a_busy_week() -> None:
    """Days seen for the first time: their own weight is told apart from the market's level."""
    weekly = np.array([0.96, 0.95, 0.95, 0.97, 1.02, 1.09, 1.06])
    traffic = TrafficForecast()
    for hour in range(144):
        traffic.observe([(MONDAY // HOUR_US + hour, round(4_000 * weekly[hour // 24]))])
    now = MONDAY + 144 * HOUR_US
    came = 24 * 4_000 * (weekly[6] + weekly[:3].sum())
    assert to_come(traffic, now, now + 96 * HOUR_US) == pytest.approx(came, rel=0.03)


def test_traffic_that_halves_is_followed_within_a_day() -> None:
    traffic = TrafficForecast()
    for hour in range(192):
        traffic.observe([(MONDAY // HOUR_US + hour, 1_000 if hour < 172 else 500)])
    now = MONDAY + 192 * HOUR_US
    assert to_come(traffic, now, now + 24 * HOUR_US) == pytest.approx(12_000, rel=0.3)
