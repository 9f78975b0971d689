from __future__ import annotations

from itertools import count, permutations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from adunion.kernel.clock import ManualClock
from adunion.kernel.ids import decode, encode
from adunion.tracking import (
    EventBatch,
    EventType,
    Recorded,
    concat,
    events,
    order_step_keys,
    position,
    record,
    set_position,
)

pytestmark = pytest.mark.integration
MERCHANTS = [f"mer_{encode(bytes(15) + bytes([n]))}" for n in range(2)]
ITEMS = [f"itm_{encode(bytes(15) + bytes([n]))}" for n in range(3)]  # the last is merchant 1's
O1, O2 = b"1" * 16, b"2" * 16


@pytest.fixture
def shop(engine: Engine, clock: ManualClock) -> Engine:
    with engine.begin() as conn:
        for merchant in MERCHANTS:
            conn.execute(
                text("insert into merchants (id, external_id, name, created_at)"
                     " values (:m, :m, 'm', :t)"), {"m": merchant, "t": clock.now()},
            )  # fmt: skip
        for item, merchant in zip(ITEMS, [MERCHANTS[0], MERCHANTS[0], MERCHANTS[1]], strict=True):
            conn.execute(
                text("insert into items (id, merchant_id, external_id, title, price_minor,"
                     " currency, content_hash, created_at, updated_at)"
                     " values (:i, :m, :i, 't', 100, 'CNY', '', :t, :t)"),
                {"i": item, "m": merchant, "t": clock.now()},
            )  # fmt: skip
    return engine


AT = 1_793_491_200_000_000  # 2026-11-01


def event(
    kind: EventType, order: bytes, line: int = 0, amount: int = 0, number: int = 0,
    item: str | None = None, name: str = "",
) -> EventBatch:  # fmt: skip
    types, orders = np.array([kind], np.uint8), np.frombuffer(order, "V16")
    lines, numbers = np.array([line], np.int16), np.array([number], np.int32)
    return events(
        1, type=types, order=orders, line=lines, number=numbers, amount_minor=amount, quantity=1,
        at_us=AT, key=order_step_keys(types, orders, lines, numbers),
        item=np.frombuffer(decode((item or ITEMS[0])[4:]), "V16"),
        text=np.array([name], object),
    )  # fmt: skip


def order(order_: bytes, line: int = 1, amount: int = 100, **options: str) -> EventBatch:
    return event(EventType.ORDER, order_, line, amount, **options)


def refund(order_: bytes, amount: int, number: int = 0, line: int = 1) -> EventBatch:
    return event(EventType.REFUND, order_, line, amount, number)


def write(engine: Engine, *parts: EventBatch) -> Recorded:
    with engine.begin() as conn:
        return record(conn, concat(list(parts)))


def rows(engine: Engine, query: str) -> list[tuple[object, ...]]:
    with engine.connect() as conn:
        return [tuple(row) for row in conn.execute(text(query))]


FRESH = count(1)
REJECTED = "select number, amount_minor, reason, detail from rejected_events order by number"
STEPS = "select step, line, number, amount_minor from order_steps order by step, line, number"


def test_an_order_with_lines_is_written_once(shop: Engine) -> None:
    parts = [order(O1, 1, 100, name="A-1"), order(O1, 2, 50, item=ITEMS[1], name="A-1")]
    assert len(write(shop, *parts).applied) == 2
    assert len(write(shop, *parts, parts[0]).applied) == 0
    assert rows(
        shop, "select external_id, merchant_id, source, currency, total_minor from orders"
    ) == [("A-1", MERCHANTS[0], "live", "CNY", 150)]
    assert rows(shop, "select line, item_id, amount_minor from order_lines order by line") == [
        (1, ITEMS[0], 100), (2, ITEMS[1], 50),
    ]  # fmt: skip


def test_lines_of_one_order_may_come_apart(shop: Engine) -> None:
    assert len(write(shop, order(O1, 1, 100)).applied) == 1
    assert write(shop, order(O1, 1, 100), order(O1, 2, 50)).applied.line.tolist() == [2]
    assert rows(shop, "select total_minor from orders") == [(150,)]


def test_a_line_sent_twice_in_one_batch_counts_once_as_it_came_first(shop: Engine) -> None:
    assert len(write(shop, order(O1, 1, 100), order(O1, 1, 70)).applied) == 1
    assert rows(shop, "select total_minor from orders") == [(100,)]
    assert rows(shop, "select amount_minor from order_lines") == [(100,)]


STORY = {
    "order": order(O1, 1, 100),
    "payment": event(EventType.PAYMENT, O1),
    "receipt": event(EventType.RECEIPT, O1),
    "refund": refund(O1, 30),
}


@pytest.mark.parametrize("names", list(permutations(STORY)))
def test_events_in_any_order_end_alike_and_apply_once(shop: Engine, names: tuple[str, ...]) -> None:
    applied = concat([write(shop, STORY[name]).applied for name in names])
    assert sorted(applied.type.tolist()) == [6, 7, 8, 9]
    assert applied.type.tolist()[0] == EventType.ORDER
    amounts = dict(zip(applied.type.tolist(), applied.amount_minor.tolist(), strict=True))
    assert amounts == {6: 100, 7: 100, 8: 100, 9: 30}
    assert rows(shop, STEPS) == [("payment", 0, 0, 0), ("receipt", 0, 0, 0), ("refund", 1, 0, 30)]
    assert rows(shop, "select * from waiting_steps") == []
    assert len(write(shop, *STORY.values()).applied) == 0


def test_refunds_never_exceed_their_line_and_the_refusal_is_kept(shop: Engine) -> None:
    write(shop, order(O1, 1, 100), order(O1, 2, 1_000))
    first = write(shop, refund(O1, 60), refund(O1, 41, 1), refund(O1, 40, 2))
    assert (first.applied.number.tolist(), first.rejected) == ([0, 2], 1)
    assert write(shop, refund(O1, 1, 3)).rejected == 1
    assert write(shop, refund(O1, 60)).rejected == 0
    assert rows(shop, REJECTED) == [
        (1, 41, "exceeds_line", "41 is more than the 40 left of 100 minor units."),
        (3, 1, "exceeds_line", "1 is more than the 0 left of 100 minor units."),
    ]  # fmt: skip


def test_a_refund_of_no_line_is_refused(shop: Engine) -> None:
    write(shop, order(O1))
    assert write(shop, refund(O1, 5, line=7), refund(O1, 5, line=0), refund(O1, 0)).rejected == 3
    assert rows(shop, "select line, reason from rejected_events order by line") == [
        (0, "no_such_line"), (1, "not_positive"), (7, "no_such_line"),
    ]  # fmt: skip


def test_lines_that_find_no_place_are_refused_and_the_rest_written(shop: Engine) -> None:
    strange = f"itm_{encode(b'z' * 16)}"
    parts = [order(O1), order(O1, 2, item=ITEMS[2]), order(O1, 3, item=strange)]
    done = write(shop, *parts, order(O2, item=strange))
    assert (done.applied.line.tolist(), done.rejected) == ([1], 3)
    assert rows(shop, "select line, reason from rejected_events order by order_id, line") == [
        (2, "item_of_another_merchant"), (3, "unknown_item"), (1, "unknown_item"),
    ]  # fmt: skip
    assert rows(shop, "select total_minor from orders") == [(100,)]


def test_an_order_number_known_by_another_id_is_refused(shop: Engine) -> None:
    write(shop, order(O1, name="A-1"))
    assert write(shop, order(O2, name="A-1")).rejected == 1
    assert rows(shop, "select reason from rejected_events") == [("order_known_by_another_id",)]


def test_nothing_is_applied_of_beacons(shop: Engine) -> None:
    done = write(shop, events(3, type=EventType.CLICK))
    assert (len(done.applied), done.rejected) == (0, 0)


def test_a_position_is_kept_by_consumer(shop: Engine) -> None:
    with shop.begin() as conn:
        assert position(conn, "a") == 0
        set_position(conn, "a", 70)
        assert (position(conn, "a"), position(conn, "b")) == (70, 0)


@settings(
    max_examples=10, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(st.data())
def test_any_replay_of_any_chunks_refunds_no_more_than_was_paid(
    shop: Engine, data: st.DataObject
) -> None:
    who = next(FRESH).to_bytes(16)
    amounts = data.draw(st.lists(st.integers(1, 80), min_size=1, max_size=6))
    story = [order(who, 1, 100), event(EventType.RECEIPT, who)]
    story += [refund(who, amount, number) for number, amount in enumerate(amounts)]
    order_of = data.draw(st.permutations(range(2 * len(story))))
    story = [story[i % len(story)] for i in order_of]
    applied = [write(shop, *story[:5]).applied, write(shop, *story[5:]).applied]
    write(shop, *story)
    whole = concat(applied)
    refunded = whole.amount_minor[whole.type == EventType.REFUND]
    assert refunded.sum() <= 100
    assert len(set(whole.key.tolist())) == len(whole)
    with shop.connect() as conn:
        kept = conn.execute(
            text("select coalesce(sum(amount_minor), 0) from order_steps"
                 " where order_id = :o and step = 'refund'"), {"o": f"ord_{encode(who)}"},
        )  # fmt: skip
        assert int(kept.scalar_one()) == int(refunded.sum())
