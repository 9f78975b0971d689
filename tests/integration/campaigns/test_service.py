"""Plans in a real PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, update

from adunion.campaigns import PlanDraft, Plans, Selector
from adunion.catalog.tables import items
from adunion.kernel.clock import ManualClock
from adunion.kernel.errors import AdUnionError
from adunion.kernel.ids import IdFactory

pytestmark = pytest.mark.integration
Make = Callable[..., Any]


def draft(shop: Any, **changes: Any) -> PlanDraft:
    given: dict[str, Any] = {
        "merchant_id": shop.merchant_id, "target_roi": 4, "item_ids": tuple(shop.items),
    }  # fmt: skip
    return PlanDraft(**{**given, **changes})


def refused(call: Callable[[], Any]) -> AdUnionError:
    with pytest.raises(AdUnionError) as caught:
        call()
    return caught.value


def test_a_plan_is_read_back_as_it_was_made(plans: Plans, shop: Make, clock: ManualClock) -> None:
    made = plans.create(draft(shop(), target_roi="3.5", budget_minor=50_000, dayparts=(9, 8, 9)))
    plan = plans.get(made.id)
    assert plan == made
    assert (plan.target_roi, plan.budget_minor, plan.dayparts) == (Decimal("3.500"), 50_000, (8, 9))
    assert (plan.status, plan.stage, plan.item_count, plan.spend_minor) == (
        "active", "learning", 4, 0,
    )  # fmt: skip
    assert (plan.start_at, plan.end_at, plan.currency) == (clock.now(), None, "CNY")
    assert plan.name == "Milk 0"


BAD = [
    ({"target_roi": 0}, "target_roi"),
    ({"target_roi": -1}, "target_roi"),
    ({"target_roi": float("nan")}, "target_roi"),
    ({"target_roi": "1e400"}, "target_roi"),
    ({"target_roi": 10_000}, "target_roi"),
    ({"target_roi": "four"}, "target_roi"),
    ({"target_roi": "4.0001"}, "target_roi"),
    ({"budget_minor": 0}, "budget"),
    ({"budget_minor": 249}, "budget"),
    ({"budget_minor": 10**18}, "budget"),
    ({"budget_minor": 12.5}, "budget"),
    ({"item_ids": ()}, "item_ids"),
    ({"item_ids": ("itm_nothing",)}, "item_ids"),
    ({"item_ids": (), "selector": Selector(brand="None")}, "selector"),
    ({"dayparts": ()}, "dayparts"),
    ({"dayparts": (168,)}, "dayparts"),
    ({"name": "x" * 201}, "name"),
    ({"name": "a\x00b"}, "name"),
    ({"name": "a\ud800b"}, "name"),
    ({"item_ids": (), "selector": Selector(text="\x00")}, "text"),
]


def test_hours_that_never_come_are_refused(plans: Plans, shop: Make, clock: ManualClock) -> None:
    mine, now = shop(), clock.now()
    hour = now.weekday() * 24 + now.hour
    end = now + timedelta(hours=5)
    for never in ((hour - 1) % 168, (hour + 5) % 168):
        error = refused(lambda n=never: plans.create(draft(mine, end_at=end, dayparts=(n,))))
        assert (error.status, error.field) == (422, "dayparts")
        assert "never run" in error.message
    last = plans.create(draft(mine, end_at=end, dayparts=((hour + 4) % 168,)))
    edit = {"end_at": end - timedelta(hours=1)}
    assert refused(lambda: plans.update(last.id, edit)).field == "dayparts"
    assert plans.get(last.id).end_at == end
    assert plans.update(last.id, {"end_at": now + timedelta(days=7)}).status == "active"


def test_a_bad_field_is_refused_by_name(plans: Plans, shop: Make) -> None:
    mine = shop()
    for changes, field in BAD:
        chosen = draft(mine, **changes)
        error = refused(lambda chosen=chosen: plans.create(chosen))
        assert (error.status, error.field) == (422, field), changes
    assert plans.list().rows == []


def test_the_least_budget_is_one_click(plans: Plans, shop: Make) -> None:
    assert plans.create(draft(shop(), budget_minor=250)).budget_minor == 250


def test_an_end_before_the_start_or_now_is_refused(
    plans: Plans, shop: Make, clock: ManualClock
) -> None:
    start = clock.now() + timedelta(days=2)
    for changes in (
        {"start_at": start, "end_at": start - timedelta(days=1)},
        {"end_at": clock.now() - timedelta(hours=1)},
        {"end_at": start.replace(tzinfo=None)},
    ):
        chosen = draft(shop(), **changes)
        error = refused(lambda chosen=chosen: plans.create(chosen))
        assert (error.status, error.field) == (422, "end_at")


def test_items_of_another_merchant_are_refused(plans: Plans, shop: Make) -> None:
    mine, other = shop(), shop()
    error = refused(lambda: plans.create(draft(mine, item_ids=tuple(other.items[:1]))))
    assert (error.code, error.extra["items"]) == ("item_not_found", other.items[:1])


def test_withdrawn_items_are_refused(plans: Plans, shop: Make, engine: Engine, clock: Any) -> None:
    mine = shop()
    with engine.begin() as conn:
        conn.execute(
            update(items).where(items.c.id == mine.items[2]).values(withdrawn_at=clock.now())
        )
    error = refused(lambda: plans.create(draft(mine)))
    assert (error.code, error.extra["items"]) == ("item_withdrawn", [mine.items[2]])
    chosen = plans.create(draft(mine, item_ids=(), selector=Selector()))
    assert chosen.item_count == 3


def test_a_selector_takes_what_matches_and_reads_no_patterns(plans: Plans, shop: Make) -> None:
    mine = shop()
    for selector, count in (
        (Selector(), 4),
        (Selector(category="food"), 4),
        (Selector(category="food > milk", brand="moo"), 4),
        (Selector(text="milk 1"), 1),
        (Selector(text="牛奶 2"), 1),
    ):
        plan = plans.create(draft(mine, item_ids=(), selector=selector))
        assert plan.item_count == count, selector
        plans.end(plan.id)
    for selector in (Selector(category="foo"), Selector(text="%"), Selector(text="Milk_1")):
        chosen = draft(mine, item_ids=(), selector=selector)
        assert refused(lambda chosen=chosen: plans.create(chosen)).field == "selector"


def test_an_item_joins_one_active_plan_only_until_it_ends(plans: Plans, shop: Make) -> None:
    mine = shop()
    first = plans.create(draft(mine, item_ids=tuple(mine.items[:2]), name="First"))
    error = refused(lambda: plans.create(draft(mine)))
    assert (error.status, error.code) == (409, "item_in_other_plan")
    assert (error.extra["plan_id"], error.extra["plan_name"]) == (first.id, "First")
    assert error.extra["items"] == mine.items[:2]
    assert plans.other_plans(mine.items) == dict.fromkeys(mine.items[:2], (first.id, "First"))
    plans.pause(first.id)
    assert refused(lambda: plans.create(draft(mine))).code == "item_in_other_plan"
    plans.end(first.id)
    assert plans.create(draft(mine)).item_count == 4


def test_two_plans_made_at_once_cannot_both_take_an_item(
    plans: Plans, shop: Make, engine: Engine, clock: ManualClock
) -> None:
    mine = shop(40)
    start, outcomes = threading.Barrier(4), []

    def make(row: int) -> None:
        service = Plans(engine, clock, IdFactory(clock, seed=10 + row))
        start.wait()
        try:
            outcomes.append(service.create(draft(mine)).id)
        except AdUnionError as error:
            outcomes.append(error.code)

    threads = [threading.Thread(target=make, args=(row,)) for row in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes)[1:] == ["item_in_other_plan"] * 3
    assert len(plans.list().rows) == 1


def test_a_small_edit_keeps_the_stage_and_a_large_one_adjusts_for_a_day(
    plans: Plans, shop: Make, engine: Engine, clock: ManualClock
) -> None:
    plan = plans.create(draft(shop(), budget_minor=100_000))
    clock.advance(timedelta(hours=1))
    assert plans.update(plan.id, {"target_roi": "4.8"}).stage == "learning"
    assert plans.update(plan.id, {"budget_minor": 150_000}).stage == "learning"
    changed = plans.update(plan.id, {"target_roi": "3.8"})
    assert (changed.stage, changed.stage_since) == ("adjusting", clock.now())
    assert [edit.large for edit in plans.edits(plan.id)] == [True, False, False, False]
    assert plans.edits(plan.id)[0].changes == {"target_roi": ["4.800", "3.800"]}
    many = {plan.id: 30}
    for hours, stage in ((23, "adjusting"), (1, "stable")):
        clock.advance(timedelta(hours=hours))
        with engine.begin() as conn:
            plans.advance(conn, clock.now(), many)
        assert plans.get(plan.id).stage == stage


def test_small_edits_add_up_over_a_day(plans: Plans, shop: Make, clock: ManualClock) -> None:
    plan = plans.create(draft(shop()))
    for target in ("4.7", "5.5", "6.5"):
        plans.update(plan.id, {"target_roi": target})
    assert [edit.large for edit in plans.edits(plan.id)] == [True, True, False, False]
    assert plans.update(plan.id, {"name": "Other"}).stage == "adjusting"
    assert not plans.edits(plan.id)[0].large
    clock.advance(timedelta(hours=24))
    plans.update(plan.id, {"target_roi": "7.5"})
    assert not plans.edits(plan.id)[0].large


def test_learning_becomes_stable_with_twenty_orders(
    plans: Plans, shop: Make, engine: Engine, clock: ManualClock
) -> None:
    plan = plans.create(draft(shop()))
    for orders, stage in ((19, "learning"), (20, "stable"), (3, "stable")):
        with engine.begin() as conn:
            plans.advance(conn, clock.now(), {plan.id: orders})
        assert plans.get(plan.id).stage == stage


def test_a_plan_ends_by_the_clock_and_frees_its_items(
    plans: Plans, shop: Make, engine: Engine, clock: ManualClock
) -> None:
    mine = shop()
    plan = plans.create(draft(mine, end_at=clock.now() + timedelta(days=1)))
    with engine.begin() as conn:
        assert [live.id for live in plans.live(conn, "CNY", clock.now())] == [plan.id]
        assert plans.live(conn, "USD", clock.now()) == []
    clock.advance(timedelta(days=1))
    with engine.begin() as conn:
        assert plans.live(conn, "CNY", clock.now()) == []
        assert plans.advance(conn, clock.now(), {}).ended == [plan.id]
    assert plans.get(plan.id).status == "ended"
    assert plans.create(draft(mine)).status == "active"
    assert refused(lambda: plans.resume(plan.id)).code == "plan_ended"
    assert refused(lambda: plans.update(plan.id, {"name": "x"})).code == "plan_ended"


def test_every_edit_can_be_undone_as_a_new_edit(
    plans: Plans, shop: Make, clock: ManualClock
) -> None:
    mine = shop()
    plan = plans.create(draft(mine, item_ids=tuple(mine.items[:3]), budget_minor=90_000))
    later = clock.now() + timedelta(days=9)
    edited = plans.update(
        plan.id,
        {"end_at": later, "budget_minor": None, "item_ids": mine.items[1:], "name": "New"},
        by="ann",
    )
    assert (edited.end_at, edited.budget_minor, edited.name) == (later, None, "New")
    assert plans.item_ids(plan.id) == tuple(mine.items[1:])
    clock.advance(timedelta(minutes=1))
    undone = plans.undo(plans.edits(plan.id)[0].id, by="bob")
    assert (undone.end_at, undone.budget_minor, undone.name) == (None, 90_000, "Milk 0")
    assert plans.item_ids(plan.id) == tuple(mine.items[:3])
    assert [edit.by for edit in plans.edits(plan.id)] == ["bob", "ann", "merchant"]


def test_an_end_can_be_undone_unless_the_items_went_elsewhere(plans: Plans, shop: Make) -> None:
    mine = shop()
    plan = plans.create(draft(mine))
    plans.end(plan.id)
    ending = plans.edits(plan.id)[0].id
    assert plans.undo(ending).status == "active"
    plans.end(plan.id)
    other = plans.create(draft(mine, item_ids=(mine.items[0],), name="Other"))
    error = refused(lambda: plans.undo(ending))
    assert (error.code, error.extra["plan_id"]) == ("item_in_other_plan", other.id)
    assert plans.get(plan.id).status == "ended"


def test_what_is_already_so_is_no_edit(plans: Plans, shop: Make) -> None:
    plan = plans.create(draft(shop()))
    plans.update(plan.id, {"target_roi": 4, "name": plan.name})
    plans.resume(plan.id)
    assert len(plans.edits(plan.id)) == 1


def test_another_merchant_finds_nothing(plans: Plans, shop: Make) -> None:
    plan, stranger = plans.create(draft(shop())), shop().merchant_id
    for call in (
        lambda: plans.get(plan.id, stranger),
        lambda: plans.update(plan.id, {"name": "x"}, merchant_id=stranger),
        lambda: plans.end(plan.id, merchant_id=stranger),
        lambda: plans.undo(plans.edits(plan.id)[0].id, merchant_id=stranger),
        lambda: plans.get("cmp_none"),
    ):
        assert refused(call).status == 404


def test_pages_go_both_ways_without_gap_or_repeat(plans: Plans, shop: Make) -> None:
    mine = shop(5)
    made = [plans.create(draft(mine, item_ids=(id_,))).id for id_ in mine.items]
    newest = sorted(made, reverse=True)
    first = plans.list(limit=2)
    second = plans.list(limit=2, starting_after=first.rows[-1].id)
    third = plans.list(limit=2, starting_after=second.rows[-1].id)
    pages = [first, second, third]
    assert [plan.id for page in pages for plan in page.rows] == newest
    assert [page.has_more for page in pages] == [True, True, False]
    back = plans.list(limit=2, ending_before=third.rows[0].id)
    assert ([plan.id for plan in back.rows], back.has_more) == (newest[2:4], True)
    assert refused(lambda: plans.list(limit=0)).field == "limit"


def test_a_budget_below_what_is_spent_is_refused(plans: Plans, shop: Make, engine: Engine) -> None:
    plan = plans.create(draft(shop(), budget_minor=100_000))
    with engine.begin() as conn:
        plans.charge(conn, {plan.id: 600_000_000}, "a")
    error = refused(lambda: plans.update(plan.id, {"budget_minor": 59_999}))
    assert error.field == "budget"
    assert plans.update(plan.id, {"budget_minor": 60_000}).spend_minor == 60_000
