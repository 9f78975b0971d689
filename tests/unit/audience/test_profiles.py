from __future__ import annotations

from itertools import count

import numpy as np
import numpy.typing as npt
import pytest

from adunion.audience import CLICK, ORDER, ProfileStore
from adunion.audience.lookup import IdLookup
from adunion.catalog.snapshot import build_snapshot
from adunion.catalog.types import CatalogSnapshot
from adunion.kernel.clock import generator
from adunion.kernel.ids import encode

DAY_US = 86_400_000_000
NOW = 20_000 * DAY_US


def shop(categories: list[str], first: int = 0) -> CatalogSnapshot:
    numbers = count(first)
    return build_snapshot(
        "CNY",
        [
            (f"itm_{encode(n.to_bytes(16, 'big'))}", "t", "", "", c, "m", "", 100 * (n + 1), 4.0, 1)
            for c, n in zip(categories, numbers, strict=False)
        ],
    )


def who(*names: int) -> npt.NDArray[np.void]:
    return np.array([np.void(name.to_bytes(16, "big")) for name in names], "V16")


def observe(
    store: ProfileStore, shopper: int, items: list[int], kind: int = CLICK, at: int = NOW,
    consent: bool = True,
) -> None:  # fmt: skip
    size = len(items)
    store.observe(
        who(*[shopper] * size), np.array(items, np.int32), np.full(size, at, np.int64),
        np.full(size, kind, np.uint8), np.full(size, consent),
    )  # fmt: skip


def tastes(store: ProfileStore, shopper: int) -> dict[int, float]:
    row = store.rows(who(shopper))[0]
    pairs = zip(store.category[row].tolist(), store.taste[row].tolist(), strict=True)
    return {category: taste for category, taste in pairs if category >= 0}


def test_orders_weigh_more_than_clicks_and_old_ones_fade() -> None:
    store = ProfileStore(shop(["a", "b"]))
    observe(store, 1, [0], ORDER, NOW - 30 * DAY_US)
    observe(store, 1, [1])
    assert tastes(store, 1) == pytest.approx({0: 2.0, 1: 1.0}, rel=1e-3)


def test_shopper_without_consent_is_never_stored() -> None:
    store = ProfileStore(shop(["a"]))
    observe(store, 1, [0], consent=False)
    assert len(store) == 0
    assert store.rows(who(1)).tolist() == [-1]


def test_nobody_and_unknown_items_are_skipped() -> None:
    store = ProfileStore(shop(["a"]))
    observe(store, 0, [0])
    observe(store, 1, [-1])
    assert len(store) == 0


def test_recent_items_are_newest_first_without_repeats() -> None:
    store = ProfileStore(shop(["a"] * 12))
    observe(store, 1, [0, 1, 2, 1, 3, 4, 5, 6, 7, 8])
    assert store.recent[store.rows(who(1))[0]].tolist() == [8, 7, 6, 5, 4, 3, 1, 2]


def test_ninth_category_takes_the_place_of_the_weakest() -> None:
    store = ProfileStore(shop([str(n) for n in range(9)]))
    observe(store, 1, [*range(8), *range(1, 8), 8])
    assert 0 not in tastes(store, 1)
    assert 8 in tastes(store, 1)


def test_price_level_moves_towards_what_is_bought() -> None:
    store = ProfileStore(shop(["a"] * 9))
    observe(store, 1, [8] * 20, ORDER)
    observe(store, 2, [0] * 20, ORDER)
    dear, cheap = store.price_level[store.rows(who(1, 2))]
    assert dear == pytest.approx(np.log(900 / 500), rel=0.01)
    assert cheap == pytest.approx(np.log(100 / 500), rel=0.01)


def test_forgotten_shopper_stays_forgotten_when_events_are_replayed() -> None:
    store = ProfileStore(shop(["a", "b"]))
    observe(store, 1, [0, 0])
    observe(store, 2, [1])
    store.forget(who(1)[0].tobytes(), NOW)
    observe(store, 1, [0])
    assert store.rows(who(1)).tolist() == [-1]
    observe(store, 1, [1], at=NOW + 1)
    assert tastes(store, 1) == {1: 1.0}
    assert tastes(store, 2) == {1: 1.0}


def test_rebase_keeps_tastes_by_name_and_items_by_id() -> None:
    store = ProfileStore(shop(["b", "c", "c"]))
    observe(store, 1, [0, 1, 2])
    store.rebase(shop(["c", "a", "d"], first=1))  # items 1 and 2 stay, 0 is withdrawn
    row = store.rows(who(1))[0]
    assert store.recent[row].tolist() == [1, 0, -1, -1, -1, -1, -1, -1]
    assert tastes(store, 1) == {1: 2.0}


def test_batches_and_single_events_give_the_same_profiles() -> None:
    rng = generator(5)
    size = 3_000
    shopper, item = rng.integers(1, 400, size), rng.integers(0, 40, size).astype(np.int32)
    kind, at = rng.integers(0, 2, size).astype(np.uint8), NOW + np.arange(size, dtype=np.int64)
    whole, parts = (ProfileStore(shop([str(n % 11) for n in range(40)])) for _ in range(2))
    ids, consent = who(*shopper.tolist()), np.ones(size, bool)
    whole.observe(ids, item, at, kind, consent)
    for part in np.array_split(np.arange(size), 50):
        parts.observe(ids[part], item[part], at[part], kind[part], consent[part])
    left, right = whole.rows(ids), parts.rows(ids)
    assert len(whole) == len(parts) == len(set(shopper.tolist()))
    assert np.array_equal(whole.taste[left], parts.taste[right])
    assert np.array_equal(whole.recent[left], parts.recent[right])


def test_lookup_reuses_rows_of_removed_ids() -> None:
    lookup = IdLookup()
    first = lookup.add(who(*range(1, 5_001)))
    assert np.array_equal(np.sort(first), np.arange(5_000))
    row = lookup.remove(who(77)[0].tobytes())
    assert lookup.find(who(77)).tolist() == [-1]
    assert lookup.add(who(9_999)).tolist() == [row]
    assert np.array_equal(lookup.find(who(*range(78, 5_001))), first[77:])
    assert lookup.remove(who(123_456)[0].tobytes()) == -1
