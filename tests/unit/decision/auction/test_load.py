"""How many slots of a page bids may move: by page, by placement, and over a day."""

from __future__ import annotations

import numpy as np

from adunion.decision.auction.load import paid_slots, standing
from adunion.kernel.clock import generator


def asked(count: int, slots: int) -> tuple[np.ndarray, np.ndarray]:
    words = generator(3).integers(0, 1 << 62, (count, 2)).astype(np.uint64)
    return words.view("V16").reshape(-1), np.full(count, slots, np.int16)


def test_the_first_slot_and_a_share_of_the_others() -> None:
    most = [
        int(paid_slots(*asked(1, slots), np.array([5_000]), 10_000)[0])
        for slots in (1, 2, 3, 4, 8, 24)
    ]
    assert most == [1, 1, 2, 2, 4, 12]
    assert paid_slots(*asked(1, 8), np.array([0]), 10_000).tolist() == [1]
    assert paid_slots(*asked(1, 8), np.array([10_000]), 10_000).tolist() == [8]


def test_over_a_day_the_mean_is_the_share_and_a_request_is_always_allowed_alike() -> None:
    ids, slots = asked(20_000, 8)
    most = paid_slots(ids, slots, np.full(20_000, 5_000), 1_700)
    assert set(most.tolist()) == {1, 2}
    assert abs(most.sum() / slots.sum() - 0.17) < 0.0015
    again = paid_slots(ids[::-1], slots, np.full(20_000, 5_000), 1_700)
    assert (again[::-1] == most).all()
    single = paid_slots(*asked(20_000, 1), np.full(20_000, 5_000), 1_700)
    assert abs(single.mean() - 0.17) < 0.008


def test_what_another_has_to_beat_on_a_full_page_is_the_last_bid_that_counts() -> None:
    organic, bid = np.array([5, 3, 4, 2]), np.array([1, 2, 0, 1])
    assert standing([0, 1, 2], organic, bid, 2) == ({0: 6, 1: 5, 2: 4}, 5)
    assert standing([0, 1, 2], organic, bid, 3) == ({0: 6, 1: 5, 2: 4}, 4)
    assert standing([0, 2, 1], organic, bid, 1) == ({0: 6, 2: 4, 1: 3}, 6)
    assert standing([0, 2, 1], organic, bid, 0) == ({0: 5, 2: 4, 1: 3}, None)
