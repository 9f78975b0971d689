from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from adunion.attribution import Credits, LastClick
from adunion.kernel.clock import generator
from adunion.tracking import FLAG_MOVED, NO_ID, EventBatch, EventType, concat, events

DAY = 86_400_000_000
T0 = 1_700_000_000_000_000


def ids(*names: str) -> npt.NDArray[np.void]:
    return np.frombuffer(b"".join(name.encode().ljust(16, b".") for name in names), "V16")


ITEMS, MERCHANTS = ids("i1", "i2", "i3"), np.array([0, 0, 1], np.int32)
P1, L1, L2 = ids("p1")[0], ids("l1")[0], ids("l2")[0]


def click(
    shopper: str, item: str, days: float, plan: np.void = NO_ID, link: np.void = NO_ID,
    *, moved: bool = True,
) -> EventBatch:  # fmt: skip
    return events(
        1, type=EventType.CLICK, at_us=T0 + int(days * DAY), item=ids(item), shopper=ids(shopper),
        plan=np.array([plan]), link=np.array([link]), placement=ids("search"),
        flags=FLAG_MOVED if moved and plan != NO_ID else 0, exposure=0.8, exposure_organic=0.3,
    )  # fmt: skip


def order(shopper: str, item: str, days: float, line: int = 1) -> EventBatch:
    return events(
        1, type=EventType.ORDER, at_us=T0 + int(days * DAY), item=ids(item), shopper=ids(shopper),
        order=ids("o"), line=line, quantity=1, amount_minor=500,
    )  # fmt: skip


def credit(*parts: EventBatch) -> Credits:
    return LastClick(ITEMS, MERCHANTS).credit(concat(list(parts)))


def test_a_moved_click_on_the_item_credits_its_plan() -> None:
    found = credit(click("s", "i1", 0, P1), order("s", "i1", 2))
    assert found.plan.tolist() == [P1.item()]
    assert found.click_at_us.tolist() == [T0]
    assert found.exposure[0] - found.exposure_organic[0] == pytest.approx(0.5)
    assert found.amount_minor.tolist() == [500]
    assert found.placement[0] == ids("search")[0]


@pytest.mark.parametrize(
    "parts",
    [
        [click("s", "i1", 0, P1), click("s", "i1", 1), order("s", "i1", 2)],
        [click("s", "i1", 0, P1), click("s", "i1", 1, P1, moved=False), order("s", "i1", 2)],
        [click("s", "i1", 0, P1), order("s", "i1", 7.01)],
        [click("s", "i1", 3, P1), order("s", "i1", 2)],
        [click("t", "i1", 0, P1), order("s", "i1", 2)],
        [click("s", "i2", 0, P1), order("s", "i1", 2)],
    ],
    ids=["organic later", "unmoved later", "too old", "after", "another shopper", "another item"],
)
def test_no_plan_is_credited(parts: list[EventBatch]) -> None:
    assert credit(*parts).plan[0] == NO_ID


def test_a_window_includes_its_last_moment() -> None:
    assert credit(click("s", "i1", 0, P1), order("s", "i1", 7)).plan[0] == P1
    assert credit(click("s", "i1", 0, link=L1), order("s", "i2", 15)).link[0] == L1


def test_a_link_is_credited_for_all_items_of_its_merchant_only() -> None:
    found = credit(click("s", "i1", 0, link=L1), order("s", "i2", 14), order("s", "i3", 14))
    assert found.link.tolist() == [L1.item(), NO_ID.item()]
    assert found.plan.tolist() == [NO_ID.item()] * 2


def test_the_last_link_wins_and_organic_clicks_do_not_count_against_it() -> None:
    parts = [click("s", "i1", 0, link=L1), click("s", "i2", 1, link=L2), click("s", "i1", 2)]
    assert credit(*parts, order("s", "i1", 3)).link[0] == L2
    assert credit(*parts, order("s", "i1", 0.5)).link[0] == L1


def test_a_link_click_takes_the_credit_from_a_plan() -> None:
    found = credit(click("s", "i1", 0, P1), click("s", "i1", 1, link=L1), order("s", "i1", 2))
    assert (found.plan[0], found.link[0]) == (NO_ID, L1)


def test_unknown_shoppers_and_items_are_owed_to_nobody() -> None:
    nobody = replace(order("s", "i1", 1), shopper=np.array([NO_ID]))
    strange = order("s", "zz", 1)
    parts = [click("s", "i1", 0, P1, L1), click("s", "zz", 0, P1, L1)]
    found = credit(*parts, nobody, strange)
    assert found.link.tolist() == [NO_ID.item()] * 2
    assert found.plan.tolist() == [NO_ID.item(), P1.item()]


def test_links_stay_with_their_merchant_when_the_catalog_is_renumbered() -> None:
    rule = LastClick(ITEMS, MERCHANTS)
    rule.observe(click("s", "i1", 0, link=L1))
    rule.set_items(ITEMS, np.array([5, 5, 0], np.int32))
    found = rule.credit(concat([order("s", "i2", 1), order("s", "i3", 1)]))
    assert found.link.tolist() == [L1.item(), NO_ID.item()]


def test_any_split_into_batches_gives_what_a_plain_loop_gives() -> None:
    rng = generator(11)
    count = 4_000
    shoppers, items = ids(*"abcdefghij"), ITEMS
    at_us = T0 + np.sort(rng.integers(0, 40 * DAY, count))
    batch = events(
        count,
        type=np.where(rng.random(count) < 0.7, EventType.CLICK, EventType.ORDER),
        at_us=at_us,
        shopper=shoppers[rng.integers(0, 10, count)],
        item=items[rng.integers(0, 3, count)],
        plan=np.where(rng.random(count) < 0.5, P1, NO_ID),
        link=np.where(rng.random(count) < 0.2, L1, NO_ID),
        flags=rng.integers(0, 2, count),
    )
    whole = LastClick(ITEMS, MERCHANTS).credit(batch)
    rule = LastClick(ITEMS, MERCHANTS)
    cuts = np.split(np.arange(count), np.sort(rng.integers(0, count, 60)))
    parts = [rule.credit(batch.take(cut)) for cut in cuts]
    plans = np.concatenate([part.plan for part in parts])
    links = np.concatenate([part.link for part in parts])
    plan, link = _by_loop(batch)
    assert whole.plan.tolist() == plans.tolist() == plan
    assert whole.link.tolist() == links.tolist() == link
    assert len(rule._items) < 4_000


def _by_loop(batch: EventBatch) -> tuple[list[bytes], list[bytes]]:
    merchant = dict(zip(ITEMS.tolist(), MERCHANTS.tolist(), strict=False))
    clicks: dict[tuple[bytes, bytes], tuple[int, bytes]] = {}
    linked: dict[tuple[bytes, int], tuple[int, bytes]] = {}
    plans, links = [], []
    for kind, at, who, item, plan, link, flags in zip(
        *(getattr(batch, n).tolist() for n in ("type", "at_us", "shopper", "item", "plan", "link")),
        batch.flags.tolist(),
        strict=False,
    ):
        shop = merchant[item]
        if kind == EventType.CLICK:
            clicks[who, item] = (at, plan if flags & FLAG_MOVED else NO_ID.item())
            if link != NO_ID.item():
                linked[who, shop] = (at, link)
            continue
        clicked, owed = clicks.get((who, item), (-(10**18), NO_ID.item()))
        plans.append(owed if at - clicked <= 7 * DAY else NO_ID.item())
        clicked, owed = linked.get((who, shop), (-(10**18), NO_ID.item()))
        links.append(owed if at - clicked <= 15 * DAY else NO_ID.item())
    return plans, links
