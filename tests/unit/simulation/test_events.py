"""Events that are still to happen."""

from __future__ import annotations

import numpy as np

from adunion.simulation.events import Later, in_time
from adunion.tracking import EventBatch, events


def _batch(rng: np.random.Generator, count: int, from_us: int, span_us: int) -> EventBatch:
    at_us = np.sort(from_us + rng.integers(0, span_us, count))
    return events(count, at_us=at_us, key=rng.integers(0, 2**63, count).astype("u8"))


def test_many_batches_come_back_once_in_time_and_ties_in_the_order_they_were_kept() -> None:
    rng = np.random.default_rng(4)
    later, kept, came = Later(), [], []
    for tick in range(40):
        kept.append(_batch(rng, 50, tick * 10, 400))  # many fall on the same microsecond
        later.add(kept[-1])
        came.append(later.due(tick * 10 + 10))
        assert (came[-1].at_us < tick * 10 + 10).all()
    came.append(later.due(1_000))
    expected = in_time(kept)
    assert np.concatenate([each.key for each in came]).tolist() == expected.key.tolist()


def test_a_twin_gives_out_the_same_on_its_own() -> None:
    rng = np.random.default_rng(5)
    later = Later()
    for start in range(20):
        later.add(_batch(rng, 10, start, 100))
    later.due(30)
    twin = later.copy()
    assert later.due(200).key.tolist() == twin.due(200).key.tolist()
