"""How far a plan reached what its goal asks for."""

import pytest

from adunion.insight.types import PlanResult, Result

SPENT = Result("CNY", spend_minor=1_000, gmv_minor=4_000, refunds_minor=1_000, orders=10)


@pytest.mark.parametrize(
    ("goal", "target", "cost", "expected"),
    [
        ("target_roi", 2.0, None, 2.0),
        ("net_roi", 2.0, None, 1.5),
        ("cost_per_order", 1.0, 80, 0.8),
        ("volume", 1.0, None, None),
    ],
)
def test_each_goal_is_judged_by_what_it_asks_for(
    goal: str, target: float, cost: int | None, expected: float | None
) -> None:
    one = PlanResult("cmp_1", "mer_1", "plan", "active", "stable", target, SPENT, goal, cost)
    assert one.attainment == expected


def test_nothing_spent_attains_nothing() -> None:
    none = PlanResult("cmp_1", "mer_1", "plan", "active", "stable", 2.0, Result("CNY"))
    assert none.attainment is None
