"""The receding controller on curves whose answer is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from adunion.decision.bidding.memory import LandscapeMemory
from adunion.decision.bidding.receding import receding
from adunion.decision.bidding.types import GRID, Landscape, Outlook, Results

HOUR_US = 3_600_000_000
UNLIMITED = 1 << 61


def landscape(plans: int = 1) -> Landscape:
    """Of 1,000 requests: GMV 100 a of each multiplier a, spend 10 a^2; so ROI is 10 / a."""
    curve = np.tile(GRID, (plans, 1)) * 1e6
    return Landscape(
        np.full(plans, 1_000.0), 10 * GRID * curve, 100 * curve, 50 * curve, curve / 1e6
    )


def nothing_yet() -> Results:
    none = np.zeros(1, np.int64)
    return Results(none, none, none, np.zeros(1), np.zeros(1))


def outlook(target: float = 4.0, alpha: float = 1.0, **more: object) -> Outlook:
    given = Outlook(
        np.array([target]), np.array([alpha]), np.array([UNLIMITED]), np.array([np.inf]),
        np.array([1e6]),
    )  # fmt: skip
    return replace(given, **more)  # type: ignore[arg-type]


def settle(results: Results, start: Outlook, ticks: int = 40) -> list[float]:
    """Multipliers tick by tick, the landscape and results as they are."""
    path, view = [], start
    for _ in range(ticks):
        alpha = receding(landscape(), results, view)
        path.append(float(alpha[0]))
        view = replace(view, alpha=alpha)
    return path


@pytest.mark.parametrize("start", [0.02, 1.0, 20.0])
def test_it_settles_where_the_return_meets_the_target(start: float) -> None:
    path = settle(nothing_yet(), outlook(alpha=start))
    assert path[-1] == pytest.approx(10 / 4 / 1.01, rel=0.06)
    steps = np.sign(np.round(np.diff(path), 9))
    assert len(set(steps[steps != 0])) <= 1  # straight there, never past it


def test_a_higher_target_bids_lower() -> None:
    ends = [settle(nothing_yet(), outlook(target=target))[-1] for target in (2, 4, 8, 16)]
    assert ends == sorted(ends, reverse=True)


def test_a_deficit_is_won_back_and_a_surplus_spent() -> None:
    none = np.zeros(1, np.int64)
    spent = np.array([200_000_000_000])
    even = settle(nothing_yet(), outlook())[-1]
    behind = Results(spent, 3 * spent, none + 900, 3.0 * spent, 3.0 * spent)
    ahead = Results(spent, 5 * spent, none + 900, 5.0 * spent, 5.0 * spent)
    assert settle(behind, outlook())[-1] < 0.9 * even
    assert settle(ahead, outlook())[-1] > 1.1 * even


def test_predictions_that_sell_half_are_halved() -> None:
    spent, orders = np.array([100_000_000_000]), np.array([4_000])
    sold = Results(spent, np.array([404_000_000_000]), orders, 8.08 * spent, 8.08 * spent)
    assert settle(sold, outlook())[-1] == pytest.approx(10 / 4 / 2, rel=0.15)


def test_a_budget_is_spread_over_the_traffic_to_its_end() -> None:
    # One request costs 10,000 a^2 micros; 1e6 are to come; the budget lasts for a = 0.5.
    tight = outlook(budget_left_micros=np.array([2_500_000_000]), traffic_to_end=np.array([1e6]))
    assert settle(nothing_yet(), tight)[-1] == pytest.approx(0.5, rel=0.06)


def test_a_plan_never_observed_keeps_its_multiplier() -> None:
    blank = landscape() * 0.0
    assert receding(blank, nothing_yet(), outlook(alpha=1.7))[0] == 1.7


def test_memory_fades_by_the_day_and_follows_plans_across_books() -> None:
    memory = LandscapeMemory()
    memory.fold(["cmp_a", "cmp_b"], landscape(2), HOUR_US)
    memory.fold(["cmp_b", "cmp_c"], landscape(2), 25 * HOUR_US)
    seen = memory.recall(["cmp_a", "cmp_b", "cmp_c", "cmp_d"])
    np.testing.assert_allclose(seen.traffic, [500, 1500, 1000, 0])
    np.testing.assert_allclose(seen.moved[:, 0], landscape().moved[0, 0] * seen.traffic / 1000)
