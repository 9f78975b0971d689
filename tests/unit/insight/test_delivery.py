"""The delivery rate and what chance alone allows."""

import pytest

from adunion.insight.delivery import delivery_shares, poisson_floor
from adunion.insight.types import PlanResult, Result


def plan(spend: int, gmv: int, orders: int, target: float = 2.0) -> PlanResult:
    result = Result("CNY", spend_minor=spend, gmv_minor=gmv, orders=orders)
    return PlanResult("cmp_1", "mer_1", "plan", "active", "stable", target, result)


@pytest.mark.parametrize(
    ("orders", "threshold", "expected"), [(20, 0.9, 0.703), (100, 0.9, 0.852), (0, 0.9, 0.0)]
)
def test_the_poisson_floor_is_the_known_one(orders: int, threshold: float, expected: float) -> None:
    assert poisson_floor(orders, threshold) == pytest.approx(expected, abs=0.006)


def test_shares_are_of_plans_and_of_spend_by_group() -> None:
    shares = delivery_shares(
        [plan(100, 250, 40), plan(300, 560, 40), plan(50, 10, 1), plan(0, 0, 0)]
    )
    by = {(s.group, s.threshold): s for s in shares}
    assert by["many", 1.0].plans == 2
    assert by["many", 1.0].share_plans == 0.5
    assert by["many", 1.0].share_spend == 0.25
    assert by["many", 0.9].share_plans == 1.0
    assert by["few", 0.8].share_plans == 0.0
    assert by["few", 0.8].plans == 1  # the plan that spent nothing was promised nothing
