"""The form of the delays' tail, from orders that have been late so far."""

from __future__ import annotations

import numpy as np
import pytest

from adunion.decision.bidding.tails import DELAY_ENDS, SLOW, tail

ENDS = DELAY_ENDS[SLOW]
BEGINS = DELAY_ENDS[SLOW.start - 1 : -1]
YOUNG = np.where(ENDS <= 24, 10_000.0, 0.0)  # value predicted: no click is older than a day


def slow(mean: float) -> np.ndarray:
    """Orders by bucket per prediction, .4 of them slow, exponentially."""
    share = np.exp((3 - BEGINS) / mean) - np.exp((3 - ENDS) / mean)
    share[-1] += np.exp((3 - ENDS[-1]) / mean)
    return 0.4 * share


@pytest.mark.parametrize("mean", [6.0, 18.0, 72.0])
def test_a_day_of_clicks_tells_how_many_orders_come_after_it(mean: float) -> None:
    true = slow(mean)
    late = true * YOUNG
    found = tail(late, YOUNG, 0.4, few=15.0, order=1.0)
    after = ENDS > 24
    assert found[after].sum() == pytest.approx(true[after].sum(), abs=0.1)


def test_nothing_seen_leaves_the_guess_and_nothing_late_takes_it_back() -> None:
    none = np.zeros(len(ENDS))
    assert tail(none, none, 0.4, few=15.0, order=1.0).sum() == pytest.approx(0.4)
    assert tail(none, YOUNG, 0.4, few=15.0, order=1.0).sum() < 0.01
