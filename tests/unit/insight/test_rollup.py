"""Sums of events and credits: exact, by hour and kind, each counted once."""

import numpy as np

from adunion.attribution.types import Credits
from adunion.insight.rollup import roll_up
from adunion.insight.types import Dimensions, Sums, prefixed_ids, raw_id
from adunion.kernel.id_columns import IdTable
from adunion.tracking.types import FLAG_MOVED, NO_ID, EventBatch, EventType, concat, events

HOUR = 3_600_000_000
ITEM, OTHER, PLAN, LINK, SEARCH, FEED, ORDER = (
    np.frombuffer(bytes([n]) * 16, "V16")[0] for n in range(1, 8)
)
DIMENSIONS = Dimensions(
    placements=IdTable(np.array([SEARCH, FEED])),
    kinds=("search", "feed"),
    items=IdTable(np.array([ITEM, OTHER])),
    item_plan=np.array([PLAN, NO_ID]),
    experience=np.array([0.5, 1.0], np.float32),
)


def ids(value: np.void, count: int) -> np.ndarray:
    return np.full(count, value)


def impressions(count: int, *, moved: bool, at_us: int = 0, slot: int = 0) -> EventBatch:
    return events(
        count, type=EventType.IMPRESSION, at_us=at_us, item=ids(ITEM, count), plan=ids(PLAN, count),
        placement=ids(SEARCH, count), slot=slot, price_micros=2_500 if moved else 0,
        flags=FLAG_MOVED if moved else 0,
    )  # fmt: skip


def credit(amounts: list[int], *, plan: np.void = PLAN, item: np.void = ITEM) -> Credits:
    count = len(amounts)
    return Credits(
        order=ids(ORDER, count), line=np.arange(1, count + 1, dtype=np.int16),
        item=ids(item, count), shopper=ids(NO_ID, count),
        at_us=np.full(count, HOUR + 5, np.int64), quantity=np.ones(count, np.int32),
        amount_minor=np.array(amounts, np.int64), plan=ids(plan, count), link=ids(LINK, count),
        placement=ids(FEED, count), exposure=np.full(count, 0.8, np.float32),
        exposure_organic=np.full(count, 0.2, np.float32), click_at_us=np.zeros(count, np.int64),
        link_click_at_us=np.zeros(count, np.int64),
    )  # fmt: skip


NONE = credit([])
NO_MONEY = np.zeros(0, np.int64)


def row(sums: Sums, *, kind: str) -> dict[str, int]:
    """The one row of a placement kind."""
    at = [i for i, found in enumerate(sums.keys["placement_kind"]) if found == kind]
    assert len(at) == 1, sums.keys
    return {name: int(values[at[0]]) for name, values in sums.sums.items()}


def test_only_moved_impressions_are_spend() -> None:
    batch = concat([impressions(3, moved=True), impressions(2, moved=False, slot=4)])
    found = row(roll_up(batch, NONE, NONE, NO_MONEY, DIMENSIONS).plan_hours, kind="search")
    assert found["impressions"] == 5
    assert found["moved_impressions"] == 3
    assert found["first_slot"] == 3
    assert found["spend_micros"] == 7_500


def test_hours_are_kept_apart() -> None:
    batch = concat([impressions(1, moved=True), impressions(1, moved=True, at_us=HOUR)])
    sums = roll_up(batch, NONE, NONE, NO_MONEY, DIMENSIONS).plan_hours
    assert [hour.hour for hour in sums.keys["hour"]] == [0, 1]  # type: ignore[attr-defined]
    assert sums.sums["spend_micros"].tolist() == [2_500, 2_500]


def test_an_order_of_two_lines_counts_once_and_its_added_part_is_by_exposure() -> None:
    rollup = roll_up(events(0), credit([1_000, 500]), NONE, NO_MONEY, DIMENSIONS)
    found = row(rollup.plan_hours, kind="feed")
    assert found["orders"] == 1
    assert found["gmv_minor"] == 1_500
    assert found["gmv_added_minor"] == 1_125  # (0.8 - 0.2) / 0.8 of each line
    assert found["gmv_item_minor"] == 1_500
    assert row(rollup.market_hours, kind="feed")["orders"] == 1


def test_an_organic_sale_of_a_plans_item_is_not_counted_gmv() -> None:
    rollup = roll_up(events(0), credit([900], plan=NO_ID), NONE, NO_MONEY, DIMENSIONS)
    found = row(rollup.plan_hours, kind="feed")
    assert (found["gmv_minor"], found["gmv_item_minor"]) == (0, 900)
    assert row(rollup.market_hours, kind="feed")["gmv_organic_minor"] == 900


def test_a_refund_lands_on_the_hour_of_its_order() -> None:
    rollup = roll_up(events(0), NONE, credit([1_000]), np.array([400]), DIMENSIONS)
    assert row(rollup.plan_hours, kind="feed")["refunds_minor"] == 400
    assert rollup.plan_hours.keys["hour"][0].hour == 1  # type: ignore[attr-defined]
    assert rollup.link_days.sums["refunds_minor"].tolist() == [400]


def test_an_unknown_placement_is_direct_and_an_empty_chunk_adds_nothing() -> None:
    stray = events(1, type=EventType.CLICK, placement=ids(ITEM, 1))
    sums = roll_up(stray, NONE, NONE, NO_MONEY, DIMENSIONS).market_hours
    assert sums.keys["placement_kind"] == ["direct"]
    empty = roll_up(events(0), NONE, NONE, NO_MONEY, DIMENSIONS)
    assert all(len(values) == 0 for values in empty.plan_hours.sums.values())


def test_splitting_a_chunk_changes_no_sum() -> None:
    batch = concat([impressions(7, moved=True), impressions(5, moved=False)])
    whole = roll_up(batch, NONE, NONE, NO_MONEY, DIMENSIONS).plan_hours.sums
    parts = [
        roll_up(batch.take(np.arange(len(batch)) % 2 == k), NONE, NONE, NO_MONEY, DIMENSIONS)
        for k in (0, 1)
    ]
    for name, values in whole.items():
        assert values.sum() == sum(part.plan_hours.sums[name].sum() for part in parts), name


def test_ids_go_there_and_back() -> None:
    assert raw_id(prefixed_ids("cmp", np.array([PLAN]))[0]) == bytes(PLAN)
