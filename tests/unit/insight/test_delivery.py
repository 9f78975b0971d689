"""The delivery rate and what chance alone allows."""

from datetime import UTC, datetime

import pytest

from adunion.insight.delivery import band_of, come_of, delivery_days, delivery_shares, poisson_floor
from adunion.insight.types import PlanWindow

AT = datetime(2026, 11, 11, tzinfo=UTC)


def window(spend: int, gmv: int, orders: int, target: float = 2.0, come: float = 1.0) -> PlanWindow:
    return PlanWindow("cmp_1", AT, target, spend, gmv, orders, come)


@pytest.mark.parametrize(
    ("orders", "threshold", "expected"), [(20, 0.9, 0.703), (100, 0.9, 0.852), (0, 0.9, 0.0)]
)
def test_the_poisson_floor_is_the_known_one(orders: int, threshold: float, expected: float) -> None:
    assert poisson_floor(orders, threshold) == pytest.approx(expected, abs=0.006)


def test_shares_are_of_plans_and_of_spend_by_orders() -> None:
    windows = [window(100, 250, 40), window(300, 560, 40), window(50, 10, 1), window(50, 85, 900)]
    by = {(s.band, s.threshold): s for s in delivery_shares(windows, 7)}
    assert (by["20-49", 1.0].windows, by["20-49", 1.0].share_plans) == (2, 0.5)
    assert by["20-49", 1.0].share_spend == 0.25
    assert by["20-49", 0.9].share_plans == 1.0
    assert by["0-19", 0.8].share_plans == 0.0
    assert by["200+", 0.8].share_plans == 1.0
    assert by["50-199", 0.8].windows == 0
    assert (by["all", 0.8].windows, by["all", 0.8].share_spend) == (4, 0.9)
    floors = [by[band, 0.9].poisson_floor for band in ("0-19", "20-49", "200+")]
    assert floors == sorted(floors)


@pytest.mark.parametrize(
    ("orders", "band"),
    [(0, "0-19"), (19, "0-19"), (20, "20-49"), (50, "50-199"), (199, "50-199"), (200, "200+")],
)
def test_a_band_begins_at_its_least(orders: int, band: str) -> None:
    assert band_of(orders) == band


def test_a_day_weighs_plans_by_what_their_targets_asked() -> None:
    [day] = delivery_days([window(100, 200, 5), window(300, 900, 5, target=4.0)])
    assert (day.plans, day.spend_minor) == (2, 400)
    assert day.attainment == pytest.approx(1_100 / 1_400)


def test_orders_still_to_come_are_counted_in_beside_what_came() -> None:
    windows = [window(100, 150, 30, come=0.75), window(300, 600, 30)]
    by = {s.threshold: s for s in delivery_shares(windows, 7) if s.band == "all"}
    assert (by[1.0].share_plans, by[1.0].share_plans_due) == (0.5, 1.0)
    assert (by[1.0].share_spend, by[1.0].share_spend_due) == (0.75, 1.0)
    assert come_of(windows) == pytest.approx(0.9375)
    [day] = delivery_days(windows)
    assert day.attainment_due == pytest.approx(day.attainment / 0.9375)
    assert come_of([]) == 1.0


def test_a_window_of_minutes_promises_no_more_than_tenfold() -> None:
    assert window(100, 20, 1, come=0.001).attainment_due == pytest.approx(1.0)
