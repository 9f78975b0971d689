"""A funnel from its sums: quantiles of gaps, and the word for what stands in the way."""

from __future__ import annotations

import pytest

from adunion.decision.waterfall import SUMS
from adunion.insight.funnel import funnel_of, obstacle, whole_of

GOOD = dict.fromkeys(SUMS, 0) | {
    "requests": 1_000, "in_time": 900, "funded": 890, "retrieved": 300, "bidding": 280,
    "lost_organic": 60, "lost_plan": 20, "shown": 200, "moved": 190,
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({}, "none"),
        ({"requests": 0}, "no_traffic"),
        ({"in_time": 300}, "hours"),
        ({"funded": 500}, "budget"),
        ({"retrieved": 1, "bidding": 1, "shown": 1}, "not_retrieved"),
        ({"bidding": 100, "shown": 20}, "no_bid"),
        ({"lost_own": 100, "lost_cap": 60, "shown": 40}, "own_items"),
        ({"lost_plan": 200, "shown": 20}, "outbid"),
        ({"lost_load": 123, "lost_organic": 0, "lost_plan": 0, "shown": 157}, "load"),
    ],
)
def test_the_first_step_that_loses_most_is_named(changes: dict[str, int], word: str) -> None:
    assert obstacle(funnel_of("all", GOOD | changes), clicks=9, orders=2) == word


def test_after_the_showing_it_is_the_shoppers() -> None:
    whole = funnel_of("all", GOOD)
    assert obstacle(whole, clicks=0, orders=0) == "no_clicks"
    assert obstacle(whole, clicks=5, orders=0) == "no_orders"
    assert obstacle(whole, clicks=5, orders=0, out_of_reach=True) == "target"


def test_a_plan_of_few_requests_in_a_busy_market_is_too_new_to_tell() -> None:
    for requests in (0, 99):
        few = funnel_of("all", GOOD | {"requests": requests})
        assert obstacle(few, 0, 0, market_requests=29_640) == "too_new"
        assert obstacle(few, 0, 0, market_requests=29_640, active=False) == "not_running"
    quiet = funnel_of("all", GOOD | {"requests": 60, "in_time": 60, "funded": 60})
    assert obstacle(quiet, 0, 0, market_requests=60) == "no_clicks"


def test_gaps_are_read_off_their_bins() -> None:
    found = funnel_of("feed", GOOD | {"gap_110": 50, "gap_200": 50, "gap_micros": 7_000})
    assert found.gap is not None
    assert found.gap["p25"] == pytest.approx(1.05)
    assert found.gap["p50"] == pytest.approx(1.1)
    assert found.gap["p75"] == pytest.approx(1.75)
    assert found.gap_micros == 70
    assert funnel_of("feed", GOOD).gap is None


def test_kinds_add_up() -> None:
    assert whole_of([("feed", GOOD), ("search", GOOD)])["shown"] == 400
    assert whole_of([]) == {}
