from __future__ import annotations

from datetime import timedelta

from adunion.kernel.clock import ManualClock
from adunion.trust import TokenBuckets
from adunion.trust.limits import CALLERS_MAX


def test_a_burst_is_allowed_then_refused_then_refilled_evenly(clock: ManualClock) -> None:
    buckets = TokenBuckets(clock, burst=3, refill_s=60)
    assert [buckets.take("a").allowed for _ in range(4)] == [True, True, True, False]
    refused = buckets.take("a")
    assert (refused.remaining, refused.retry_after_s, refused.reset_s) == (0, 20, 60)
    clock.advance(timedelta(seconds=19))
    assert not buckets.take("a").allowed
    clock.advance(timedelta(seconds=1))
    assert buckets.take("a").allowed
    assert not buckets.take("a").allowed


def test_callers_do_not_share_and_looking_costs_nothing(clock: ManualClock) -> None:
    buckets = TokenBuckets(clock, burst=1, refill_s=60)
    assert buckets.take("a", 0).allowed
    assert buckets.take("a", 0).remaining == 1
    assert buckets.take("a").allowed
    assert not buckets.take("a", 0).allowed
    assert buckets.take("b").allowed


def test_a_bucket_never_holds_more_than_the_burst(clock: ManualClock) -> None:
    buckets = TokenBuckets(clock, burst=2, refill_s=1)
    buckets.take("a")
    clock.advance(timedelta(days=1))
    assert buckets.take("a").remaining == 1


def test_the_number_of_callers_is_bounded(clock: ManualClock) -> None:
    buckets = TokenBuckets(clock, burst=1, refill_s=60)
    buckets.take("first")
    for number in range(CALLERS_MAX):
        buckets.take(str(number))
    assert buckets.take("first").allowed  # forgotten, so it starts anew
