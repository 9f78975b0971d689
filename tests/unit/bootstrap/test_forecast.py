"""What the forecast says of a response: sane at every target, honest about chance."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from adunion.bootstrap.forecast import RATIO, TARGETS, Response, points, sales_ratio
from adunion.decision.bidding.types import GRID, Results

SHARE = GRID / (1 + GRID)
BUSY = Response(
    spend=300_000 * SHARE**2, gmv=600_000 * SHARE, orders=60 * SHARE, reached=2_500, spread=1.5
)
RARE = replace(BUSY, spend=BUSY.spend / 100, gmv=BUSY.gmv / 100, orders=BUSY.orders / 100)


def results(gmv: int, matured: float, orders: int) -> Results:
    one = np.array([gmv], np.int64)
    told = np.array([matured])
    return Results(one, one, np.array([orders], np.int64), told, told)


@pytest.mark.parametrize("response", [BUSY, RARE])
@pytest.mark.parametrize("budget", [None, 30_000])
def test_a_higher_target_never_spends_or_sells_more(response: Response, budget: int | None) -> None:
    made = points(response, budget)
    assert [one.target for one in made] == list(TARGETS)
    for below, above in pairwise(made):
        for name in ("spend_minor", "gmv_minor", "low", "high"):
            assert getattr(above, name) <= getattr(below, name), name
    assert all(one.low <= one.gmv_minor <= one.high for one in made)


def test_each_point_meets_its_target_and_the_largest_multiplier_is_taken() -> None:
    for one in points(BUSY, None):
        assert one.gmv_minor >= one.target * one.spend_minor * 0.999
    by_target = {one.target: one for one in points(BUSY, None)}
    # gmv / spend = 2 / share, so a target of 4 is met exactly at a share of one half.
    assert by_target[4.0].gmv_minor == pytest.approx(300_000, rel=0.02)
    assert by_target[4.0].spend_minor == pytest.approx(75_000, rel=0.04)


def test_a_budget_caps_the_spend_and_takes_sales_with_it() -> None:
    free, capped = points(BUSY, None)[0], points(BUSY, 50_000)[0]
    assert capped.spend_minor == 50_000
    assert capped.gmv_minor / capped.spend_minor == pytest.approx(
        free.gmv_minor / free.spend_minor, rel=0.01
    )


def test_few_orders_make_a_wide_range_and_many_a_narrow_one() -> None:
    rare, busy = points(RARE, None)[0], points(BUSY, None)[0]
    assert rare.low < 0.1 * rare.gmv_minor
    assert busy.low > 0.4 * busy.gmv_minor
    assert busy.high < 2 * busy.gmv_minor


def test_the_range_holds_eight_of_ten_days() -> None:
    one = points(replace(BUSY, spread=1.0), None)[2]
    rng = np.random.default_rng(7)
    level = rng.gamma(1 / 0.25**2, 0.25**2, 20_000)  # predictions err by a quarter
    days = rng.poisson(one.orders * level) * (one.gmv_minor / one.orders)
    inside = np.mean((days >= one.low) & (days <= one.high))
    assert 0.75 < inside < 0.86


def test_what_no_multiplier_meets_brings_nothing() -> None:
    dear = replace(BUSY, spend=BUSY.gmv * 2)
    assert all(one.gmv_minor == one.high == 0 for one in points(dear, None))


def test_sales_correct_predictions_once_there_are_some() -> None:
    assert sales_ratio(results(0, 0.0, 0)) == pytest.approx(1.0)
    assert sales_ratio(results(1_000_000, 2_000_000.0, 2)) > 0.9
    assert sales_ratio(results(10**9, 2e9, 2_000)) == pytest.approx(0.5, abs=0.01)
    assert sales_ratio(results(10**9, 2e10, 2_000)) == RATIO[0]
