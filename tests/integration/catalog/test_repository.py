"""The catalog as stored: upsert, search, pages, snapshot."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import Engine

from adunion.catalog import Catalog, ItemQuery, ItemRecord, repository
from adunion.kernel.clock import ManualClock
from adunion.kernel.errors import AdUnionError
from adunion.kernel.ids import IdFactory, decode

pytestmark = pytest.mark.integration

RECORDS = [
    ItemRecord("shop a", "1", "Phone case 手机壳", 1500, "CNY", {"en": "Phone case"},
               category="Phones > Cases", brand="Casey", item_group="g", rating=4.0,
               attributes={"colour": 'r"e\\d\t'}),
    ItemRecord("shop a", "2", "Phone stand\t\\N", 2500, "CNY", category="Phones > Stands"),
    ItemRecord("shop a", "3", "手机壳 蓝", 1600, "CNY", category="Phones > Cases", item_group="g"),
    ItemRecord("shop b", "1", "Kettle", 9900, "USD", category="Home"),
]  # fmt: skip


@pytest.fixture
def catalog(engine: Engine, clock: ManualClock, ids: IdFactory) -> Catalog:
    return Catalog(engine, clock, ids)


def test_upsert_counts_inserts_updates_and_unchanged_apart(catalog: Catalog) -> None:
    first = catalog.upsert_items(RECORDS)
    again = catalog.upsert_items([*RECORDS[:3], replace(RECORDS[3], price_minor=9800)])
    assert (first.inserted, first.updated, first.unchanged) == (4, 0, 0)
    assert (again.inserted, again.updated, again.unchanged, again.withdrawn) == (0, 1, 3, 0)


def test_withdraw_missing_touches_only_merchants_in_the_load(catalog: Catalog) -> None:
    catalog.upsert_items(RECORDS)
    merged = catalog.upsert_items(RECORDS[:1], withdraw_missing=True)
    assert (merged.unchanged, merged.withdrawn) == (1, 2)
    back = catalog.upsert_items(RECORDS, withdraw_missing=True)
    assert (back.inserted, back.updated, back.unchanged, back.withdrawn) == (0, 2, 2, 0)


def test_snapshot_is_sorted_by_id_and_finds_rows(catalog: Catalog) -> None:
    catalog.upsert_items(RECORDS)
    snapshot = catalog.snapshot("CNY")
    assert len(snapshot) == 3
    assert [bytes(raw) for raw in snapshot.raw] == [decode(i[4:]) for i in snapshot.ids]
    assert snapshot.ids == sorted(snapshot.ids)
    row = snapshot.titles.index("Phone stand\t\\N")
    assert snapshot.price_minor[row] == 2500
    assert snapshot.categories[snapshot.category[row]] == "Phones > Stands"
    assert snapshot.rating.tolist() == [4.0, 4.0, 4.0]
    cases = [i for i, title in enumerate(snapshot.titles) if "壳" in title]
    assert len(set(snapshot.item_group[cases])) == 1
    assert snapshot.item_group[row] not in snapshot.item_group[cases]
    unknown = np.zeros(1, "V16")
    assert snapshot.rows(np.concatenate([snapshot.raw[::-1], unknown])).tolist() == [2, 1, 0, -1]


def test_snapshot_of_an_empty_market_is_empty(catalog: Catalog) -> None:
    snapshot = catalog.snapshot("CNY")
    assert len(snapshot) == 0
    assert snapshot.rows(np.zeros(2, "V16")).tolist() == [-1, -1]


def test_search_needs_every_word_and_takes_signs_literally(
    catalog: Catalog, engine: Engine
) -> None:
    catalog.upsert_items(RECORDS)
    with engine.connect() as conn:

        def titles(text: str) -> list[str]:
            return sorted(i.title for i in repository.list_items(conn, ItemQuery(text)).items)

        assert titles("phone CASE") == ["Phone case 手机壳"]
        assert titles("手机壳") == ["Phone case 手机壳", "手机壳 蓝"]
        assert titles("%") == []
        assert titles("casey") == ["Phone case 手机壳"]
        below = repository.list_items(conn, ItemQuery(category="Phones")).items
        assert len(below) == 3


def test_pages_meet_without_gap_in_both_directions(catalog: Catalog, engine: Engine) -> None:
    catalog.upsert_items(ItemRecord("m", str(n), f"item {n}", 100, "CNY") for n in range(7))
    with engine.connect() as conn:
        first = repository.list_items(conn, ItemQuery(limit=3))
        second = repository.list_items(conn, ItemQuery(limit=3, starting_after=first.items[-1].id))
        back = repository.list_items(conn, ItemQuery(limit=3, ending_before=second.items[0].id))
        last = repository.list_items(conn, ItemQuery(limit=3, starting_after=second.items[-1].id))
    assert back.items == first.items
    assert [len(p.items) for p in (first, second, last)] == [3, 3, 1]
    assert [p.has_more for p in (first, second, last, back)] == [True, True, False, False]


def test_a_price_set_by_hand_is_decided_again_by_the_next_load(catalog: Catalog) -> None:
    catalog.upsert_items(RECORDS)
    item_id = catalog.snapshot("USD").ids[0]
    assert catalog.set_price(item_id, 5000).price_minor == 5000
    assert catalog.upsert_items(RECORDS).updated == 1
    assert catalog.snapshot("USD").price_minor.tolist() == [9900]
    with pytest.raises(AdUnionError, match="positive"):
        catalog.set_price(item_id, 0)
    with pytest.raises(AdUnionError, match="No item"):
        catalog.withdraw("itm_none")


def test_a_withdrawn_item_leaves_the_snapshot_and_can_come_back(catalog: Catalog) -> None:
    catalog.upsert_items(RECORDS)
    item_id = catalog.snapshot("USD").ids[0]
    catalog.withdraw(item_id)
    assert len(catalog.snapshot("USD")) == 0
    assert catalog.withdraw(item_id, withdrawn=False).withdrawn_at is None
    assert len(catalog.snapshot("USD")) == 1
