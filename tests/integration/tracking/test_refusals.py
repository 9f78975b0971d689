"""What was refused when the log was applied can be read back, by its owner and by the operator."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import Engine, text

from adunion.catalog import Catalog
from adunion.catalog.types import ItemRecord
from adunion.kernel.clock import ManualClock, micros
from adunion.kernel.ids import IdFactory, decode
from adunion.tracking import EventBatch, EventType, contradictions, events, order_step_keys, record
from adunion.tracking.refusals import list_refusals, list_waiting, refusal_id

pytestmark = pytest.mark.integration
AT = datetime(2026, 11, 1, tzinfo=UTC)
ORDER = b"1" * 16


def event(kind: EventType, item: str, amount: int, number: int = 0, line: int = 1) -> EventBatch:
    types, orders = np.array([kind], np.uint8), np.frombuffer(ORDER, "V16")
    lines, numbers = np.array([line], np.int16), np.array([number], np.int32)
    return events(
        1, type=types, order=orders, line=lines, number=numbers, amount_minor=amount, quantity=1,
        at_us=micros(AT + timedelta(minutes=number)),
        key=order_step_keys(types, orders, lines, numbers),
        item=np.frombuffer(decode(item[4:]), "V16"), text=np.array(["A-1"], object),
    )  # fmt: skip


@pytest.fixture
def items(engine: Engine, clock: ManualClock, ids: IdFactory) -> list[tuple[str, str]]:
    """(item, merchant) of one item for each of two merchants."""
    records = [ItemRecord(m, "sku", "Milk", 100, "CNY") for m in ("m1", "m2")]
    Catalog(engine, clock, ids).upsert_items(records)
    with engine.connect() as conn:
        rows = conn.execute(text("select id, merchant_id from items order by merchant_id"))
        return [(row.id, row.merchant_id) for row in rows]


def write(engine: Engine, *batches: EventBatch) -> int:
    with engine.begin() as conn:
        return sum(record(conn, batch).rejected for batch in batches)


def test_refusals_are_listed_newest_first_for_the_merchant_they_belong_to(
    engine: Engine, items: list[tuple[str, str]]
) -> None:
    (mine, merchant), (theirs, other) = items
    order, over = event(EventType.ORDER, mine, 100), event(EventType.REFUND, mine, 101, 1)
    foreign = event(EventType.ORDER, theirs, 5, 2, line=2)
    assert write(engine, order, over, foreign) == 2
    with engine.connect() as conn:
        rows, more = list_refusals(conn)
        assert [row.reason for row in rows] == ["item_of_another_merchant", "exceeds_line"]
        assert {row.merchant_id for row in rows} == {merchant}
        assert {row.external_id for row in rows} == {"A-1"}
        assert not more
        assert list_refusals(conn, other) == ([], False)
        first, more = list_refusals(conn, merchant, limit=1)
        assert (first, more) == (rows[:1], True)
        assert list_refusals(conn, starting_after=first[0].id) == (rows[1:], False)
        assert list_refusals(conn, ending_before=rows[1].id) == (rows[:1], False)


def test_the_log_applied_again_refuses_under_the_same_id(
    engine: Engine, items: list[tuple[str, str]]
) -> None:
    order, over = (
        event(EventType.ORDER, items[0][0], 100),
        event(EventType.REFUND, items[0][0], 101, 1),
    )
    write(engine, order, over)
    with engine.connect() as conn:
        before = list_refusals(conn)
    write(engine, order, over)
    with engine.connect() as conn:
        assert list_refusals(conn) == before
    (row,) = before[0]
    assert row.id == refusal_id(row.order_id, 1, "refund", 1, row.at)


def test_a_refund_before_its_order_waits_and_is_seen_to_wait(
    engine: Engine, items: list[tuple[str, str]]
) -> None:
    write(engine, event(EventType.REFUND, items[0][0], 30))
    with engine.connect() as conn:
        (waiting,) = list_waiting(conn)
    assert (waiting.step, waiting.line, waiting.amount_minor) == ("refund", 1, 30)
    write(engine, event(EventType.ORDER, items[0][0], 100))
    with engine.connect() as conn:
        assert list_waiting(conn) == []


def test_contradictions_are_known_before_a_refund_is_accepted(
    engine: Engine, items: list[tuple[str, str]]
) -> None:
    item = items[0][0]
    with engine.connect() as conn:
        assert contradictions(conn, event(EventType.REFUND, item, 999)) == {}  # no order yet
    write(engine, event(EventType.ORDER, item, 100), event(EventType.REFUND, item, 60))
    with engine.connect() as conn:
        assert contradictions(conn, event(EventType.REFUND, item, 60)) == {}  # seen before
        assert contradictions(conn, event(EventType.REFUND, item, 40, 1)) == {}
        too_much = contradictions(conn, event(EventType.REFUND, item, 41, 1))
        assert too_much == {0: ("exceeds_line", "41 is more than the 40 left of 100 minor units.")}
        nowhere = contradictions(conn, event(EventType.REFUND, item, 1, 1, line=7))
        assert nowhere[0][0] == "no_such_line"
