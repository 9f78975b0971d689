"""Orders that are still to come: what a window has sold of what it will sell."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from adunion.insight.due import HOURS, come_by_hour, landed, laps

NOW = datetime(2026, 11, 11, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR_US = 3_600_000_000


def sales(days: int, scale_hours: float, count: int = 40_000) -> tuple[np.ndarray, np.ndarray]:
    """Clicks spread over the last days, and their orders that came in time, exponentially late."""
    rng = np.random.default_rng(3)
    click = rng.integers(0, days * 24 * HOUR_US, count)
    order = click + (rng.exponential(scale_hours, count) * HOUR_US).astype(np.int64)
    came = (order < days * 24 * HOUR_US) & (order - click < HOURS * HOUR_US)
    return click[came], order[came]


@pytest.mark.parametrize("days", [3, 14])
def test_the_share_that_has_come_is_that_of_the_delays(days: int) -> None:
    click, order = sales(days, 20.0)
    come = come_by_hour(click, order, days * 24 * HOUR_US)
    assert come[0] == 0
    assert come[HOURS] == pytest.approx(1, abs=0.02)
    for hours in (6, 24, 48):
        assert come[hours] == pytest.approx(1 - np.exp(-(hours - 0.5) / 20), abs=0.03)


def test_few_orders_tell_no_delay() -> None:
    click, order = sales(14, 20.0, 80)
    assert set(come_by_hour(click, order, 14 * 24 * HOUR_US)) == {1.0}


def test_a_plan_that_spends_alike_has_as_much_come_late_as_is_to_come() -> None:
    """Half come by the end of the day, nine tenths a day later, then all."""
    steady = {NOW - n * DAY: [50.0, 90.0, 100.0] for n in range(5)}
    assert landed(steady, NOW, DAY) == pytest.approx(1)
    assert landed(steady, NOW - 4 * DAY, DAY) == pytest.approx(0.5)  # its first
    assert landed(steady, NOW - 3 * DAY, DAY) == pytest.approx(0.9)
    falling = steady | {NOW: [5.0, 9.0, 10.0]}
    assert landed(falling, NOW, DAY) == pytest.approx((5 + 40 + 10) / 10)


def test_windows_after_which_all_has_come() -> None:
    assert (laps(DAY), laps(7 * DAY), laps(30 * DAY)) == (7, 1, 1)
