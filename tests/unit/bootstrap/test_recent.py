"""The sample of recent requests: of known size, of chance, and the same from any batches."""

from __future__ import annotations

import numpy as np
import pytest

from adunion.bootstrap.recent import DAY_US, DAYS_KEPT, RecentRequests
from adunion.tracking import EventBatch, EventType, events


def requests(day: int, count: int, seed: int = 1) -> EventBatch:
    """Requests spread over a day."""
    rng = np.random.default_rng([seed, day])
    return events(
        count,
        type=np.full(count, EventType.REQUEST, np.uint8),
        at_us=day * DAY_US + np.sort(rng.integers(0, DAY_US, count)),
        request=rng.integers(0, 1 << 62, (count, 2)).view("V16").reshape(-1),
    )


def test_nothing_is_known_of_nothing() -> None:
    recent = RecentRequests()
    recent.learn(requests(0, 0))
    assert recent.logged() is None


def test_weights_add_up_to_what_was_logged() -> None:
    recent = RecentRequests(kept_a_day=100)
    for day, count in enumerate((50, 400, 1_000)):
        recent.learn(requests(day, count))
    logged = recent.logged()
    assert logged is not None
    assert len(logged.events) <= 250
    assert logged.weight.sum() == pytest.approx(logged.count)
    assert 1_350 < logged.count <= 1_450  # the part of a first day that is out of whole days


def test_the_sample_hangs_on_no_batch() -> None:
    whole, pieces = RecentRequests(kept_a_day=64), RecentRequests(kept_a_day=64)
    batch = requests(3, 1_000)
    whole.learn(batch)
    for first in range(0, 1_000, 37):
        pieces.learn(batch.take(np.arange(first, min(first + 37, 1_000))))
    one, other = whole.logged(), pieces.logged()
    assert one is not None
    assert other is not None
    assert np.array_equal(one.events.request, other.events.request)
    assert one.count == other.count


def test_old_days_are_let_go_and_a_copy_lives_on_its_own() -> None:
    recent = RecentRequests()
    recent.learn(requests(0, 10))
    twin = recent.copy()
    recent.learn(requests(DAYS_KEPT + 5, 10))
    later, before = recent.logged(), twin.logged()
    assert later is not None
    assert before is not None
    assert later.events.at_us.min() > DAYS_KEPT * DAY_US
    assert before.events.at_us.max() < DAY_US


def test_orders_tell_who_bought_what() -> None:
    recent = RecentRequests()
    shopper = np.frombuffer(bytes(range(16)), "V16")
    recent.learn(
        events(2, type=np.array([EventType.ORDER, EventType.CLICK], np.uint8),
               shopper=np.repeat(shopper, 2), item=np.zeros(2, "V16"))
    )  # fmt: skip
    buyers, items = recent.bought()
    assert buyers.tolist() == shopper.tolist()
    assert len(items) == 1
