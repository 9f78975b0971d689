"""Budgets that plans share: equal marginal returns, within targets and money."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from adunion.decision.bidding.curves import at_alpha, fine
from adunion.decision.bidding.shared import shared_alphas
from adunion.decision.bidding.types import GRID, Landscape


def landscape(sizes: np.ndarray) -> Landscape:
    spend = sizes[:, None] * GRID[None, :] ** 1.5
    columns = (spend, 3 * sizes[:, None] * GRID[None, :] ** 0.5, spend, spend)
    return Landscape(np.full(len(sizes), 1_000.0), *columns)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    sizes=st.lists(st.floats(10, 1e6), min_size=2, max_size=6),
    left=st.floats(1, 1e8),
    data=st.data(),
)
def test_the_money_lasts_and_marginal_returns_are_equal(
    sizes: list[float], left: float, data: st.DataObject
) -> None:
    count = len(sizes)
    floats = st.lists(st.floats(1, 8), min_size=count, max_size=count)
    target, wanted = np.array(data.draw(floats)), np.array(data.draw(floats))
    seen, ahead = landscape(np.array(sizes)), np.full(count, 5_000.0)
    pool = np.ones(count, np.int32)
    money = np.array([1 << 61, int(left)])
    alpha = shared_alphas(wanted, target, seen, ahead, pool, money)
    assert (alpha <= wanted + 1e-12).all()  # each stays within its own target
    spend = at_alpha(fine(seen.spend) / 1_000 * ahead[:, None], alpha).sum()
    floor = at_alpha(fine(seen.spend) / 1_000 * ahead[:, None], np.zeros(count)).sum()
    assert spend <= max(left, floor) * (1 + 1e-9)
    held = alpha < wanted * (1 - 1e-9)
    bids = (alpha / target)[held]
    assert np.allclose(bids, bids[:1])  # equal marginal returns of all that are held back
    assert held.any() == bool((alpha < wanted * (1 - 1e-9)).any())


def test_a_plan_that_shares_nothing_or_has_no_end_keeps_its_multiplier() -> None:
    wanted, seen = np.array([3.0, 4.0]), landscape(np.array([1e5, 1e5]))
    target, money = np.full(2, 2.0), np.array([1 << 61, 10])
    alpha = shared_alphas(
        wanted, target, seen, np.array([1e4, np.inf]), np.array([0, 1], np.int32), money
    )
    assert alpha.tolist() == [3.0, 4.0]
