"""The price of the next step, off landscapes whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from adunion.decision.bidding.types import GRID
from adunion.insight.steps import Seen, best_step, out_of_reach, steps


def seen(hours: int = 48, ratio: float = 1.0, noise: float = 0.0) -> Seen:
    """GMV = 100 a^.5 and spend = 10 a^1 an hour: at target T the multiplier is (10/T)^2."""
    rng = np.random.default_rng(1)
    size = 1 + noise * rng.standard_normal((hours, 1))
    moved, spend = 100 * GRID**0.5 * size, 10 * GRID * size
    curves = np.stack([spend, moved, moved / 50], axis=1)
    return Seen(np.full(hours, 100.0), curves, alpha=1.0, ratio=ratio, orders=10**9)


def test_a_lower_target_brings_what_the_landscape_says() -> None:
    found = {step.target_roi: step for step in steps(seen(), 4.0)}
    assert sorted(found) == [3.0, 3.5, 4.5, 5.0]
    # a = (10 / T)^2, GMV = 1,000 / T, spend = 1,000 / T^2
    assert found[3.5].gmv == pytest.approx(4 / 3.5 - 1, abs=0.03)
    assert found[3.5].spend == pytest.approx((4 / 3.5) ** 2 - 1, abs=0.06)
    assert found[5.0].gmv == pytest.approx(4 / 5 - 1, abs=0.03)
    assert found[5.0].orders == pytest.approx(found[5.0].gmv, abs=1e-9)
    best = best_step(list(found.values()))
    assert best is not None
    assert best.target_roi == 3.5


def test_a_target_is_out_of_reach_where_another_would_have_the_orders() -> None:
    few = seen()
    curves = few.curves.copy()
    curves[:, 0] += 20  # even the least bid costs: nothing returns 40 and more
    dear = Seen(few.traffic, curves, alpha=1.0, ratio=1.0)
    assert not out_of_reach(dear, 2.0)
    assert out_of_reach(dear, 40.0)
    curves[:, 2] /= 100  # fewer than 20 orders a week at any target
    assert not out_of_reach(Seen(few.traffic, curves, alpha=1.0, ratio=1.0), 40.0)
    assert not out_of_reach(seen(hours=3), 40.0)


def test_what_cannot_grow_says_so() -> None:
    found = steps(seen(ratio=100.0), 4.0)
    assert all(step.gmv == 0 and step.most for step in found)
    assert best_step(found) is None


def test_the_interval_widens_where_few_orders_say_what_a_click_sells() -> None:
    sure, unsure = seen(noise=0.2), seen(noise=0.2)
    unsure = Seen(unsure.traffic, unsure.curves, 1.0, 1.0, orders=5)

    def width(one: Seen) -> float:
        step = steps(one, 4.0)[0]
        assert step.gmv_low <= step.gmv <= step.gmv_high
        return step.gmv_high - step.gmv_low

    assert width(unsure) > width(sure)


def test_the_interval_covers_what_the_further_orders_turn_out_to_be() -> None:
    few = seen(noise=0.3)
    few.curves[:, 2] /= 40  # at target 4 about 6 orders in these hours
    step = steps(few, 4.0)[1]
    assert step.gmv_low < 0 < step.gmv < step.gmv_high
    step = steps(seen(noise=0.3), 4.0)[1]  # 240 orders: the step to 3.5 brings 34 more
    came = (4 / 3.5 - 1) * np.random.default_rng(3).poisson(34, 2_000) / 34
    covered = ((step.gmv_low <= came) & (came <= step.gmv_high)).mean()
    assert 0.72 <= covered <= 0.9


@pytest.mark.parametrize("found", [None, seen(hours=5)])
def test_with_less_than_six_hours_nothing_is_claimed(found: Seen | None) -> None:
    assert steps(found, 4.0) == []
