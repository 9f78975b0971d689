"""Orders from files and events of them: one order, whoever tells of it first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Engine, text

from adunion.engines.eventlog import EventLog
from adunion.kernel.clock import ManualClock
from adunion.kernel.ids import IdFactory
from adunion.tracking import Intake, Tracker, concat
from adunion.tracking.arrow import EVENT_SCHEMA
from adunion.tracking.order_import import OrderImportReport, import_orders
from adunion.tracking.repository import record
from adunion.trust.token import TokenSigner

pytestmark = pytest.mark.integration

MAPPING = """
[orders.fields]
order = "order"
merchant = { constant = "m" }
item = "item"
amount = "amount"
refund = "refund"
currency = { constant = "CNY" }
placed_at = "at"
paid_at = "at"
"""
ROWS = ("1,a,20.00,0,2026-01-01", "1,b,9.50,0,2026-01-01", "2,a,4.00,0,2026-01-02")
_AS_IT_WAS = (  # ids by chance, refunds counted from 0
    """
insert into orders select 'ord_chance', '1!', merchant_id, source, shopper, currency, total_minor,
  region, placed_at from orders where id = :right
""",
    "update order_lines set order_id = 'ord_chance' where order_id = :right",
    "update order_steps set order_id = 'ord_chance', number = 0 where order_id = :right",
    "delete from orders where id = :right",
    "update orders set external_id = '1' where id = 'ord_chance'",
)
Import = Callable[..., OrderImportReport]
Tell = Callable[..., list[str]]


@pytest.fixture
def load(engine: Engine, clock: ManualClock, ids: IdFactory, tmp_path: Path) -> Import:
    (tmp_path / "mine.toml").write_text(MAPPING)

    def load(*rows: str) -> OrderImportReport:
        path = tmp_path / "orders.csv"
        path.write_text("\n".join(("order,item,amount,refund,at", *rows)) + "\n")
        return import_orders(engine, clock, ids, path, str(tmp_path / "mine.toml"))

    return load


@pytest.fixture
def tell(engine: Engine, clock: ManualClock, tmp_path: Path) -> Iterator[Tell]:
    """Sends events with the merchant's key through the real intake, and applies the log."""

    def merchant_of_key(_secret: str) -> str:
        with engine.connect() as conn:
            return str(conn.execute(text("select id from merchants")).scalar_one())

    port: Any = SimpleNamespace(
        clock=clock, signer=TokenSigner({1: b"k" * 32}), merchant_of_key=merchant_of_key
    )
    log = EventLog(tmp_path / "events", EVENT_SCHEMA)
    tracker = Tracker(log, clock)
    intake = Intake(port, tracker)

    def tell(*events: dict[str, Any]) -> list[str]:
        before = tracker.rows
        answers = intake.accept({"events": list(events)}, "key")
        with engine.begin() as conn:
            record(conn, concat([batch for _, batch in tracker.read(before)]))
        return [answer.get("order", answer["status"]) for answer in answers]

    yield tell
    log.close()


def refund(order: str, minor: int, line: int = 1, number: int = 0) -> dict[str, Any]:
    return {
        "type": "refund", "order_id": order, "line": line, "number": number, "amount_minor": minor,
    }  # fmt: skip


def steps(engine: Engine) -> list[tuple[Any, ...]]:
    with engine.connect() as conn:
        query = (
            "select external_id, line, step, number, amount_minor from order_steps s "
            "join orders o on o.id = s.order_id where step <> 'payment' order by 1, 2, 3, 4"
        )
        return [tuple(row) for row in conn.execute(text(query))]


def order_id(engine: Engine, external_id: str) -> str:
    with engine.connect() as conn:
        query = text("select id from orders where external_id = :e")
        return str(conn.execute(query, {"e": external_id}).scalar_one())


def test_a_refund_and_a_receipt_of_an_imported_order_find_it(
    load: Import, tell: Tell, engine: Engine
) -> None:
    load(*ROWS)
    said = tell(refund("1", 500, line=2), {"type": "receipt", "order_id": "2"})
    assert said == [order_id(engine, "1"), order_id(engine, "2")]
    assert steps(engine) == [("1", 2, "refund", 0, 500), ("2", 0, "receipt", 0, 0)]


def test_reading_the_file_again_leaves_what_events_said(
    load: Import, tell: Tell, engine: Engine
) -> None:
    load(*ROWS)
    tell(refund("1", 500), {"type": "receipt", "order_id": "1"})
    before = steps(engine)
    again = load(*ROWS)
    assert (again.inserted, again.updated, again.unchanged) == (0, 0, 2)
    assert steps(engine) == before
    changed = load("1,a,30.00,0,2026-01-01", *ROWS[1:])
    assert (changed.inserted, changed.updated, changed.unchanged) == (0, 1, 1)
    assert steps(engine) == before


def test_a_refund_that_file_and_event_both_tell_counts_once(
    load: Import, tell: Tell, engine: Engine
) -> None:
    load(*ROWS)
    tell(refund("1", 500))
    rows = ("1,a,20.00,8.00,2026-01-01", *ROWS[1:])
    assert load(*rows).updated == 1
    assert steps(engine) == [("1", 1, "refund", 0, 500), ("1", 1, "refund", 1001, 300)]
    assert load(*rows).unchanged == 2


def test_refunds_that_come_before_the_file_wait_for_it(
    load: Import, tell: Tell, engine: Engine
) -> None:
    load(ROWS[2])
    tell(refund("1", 950, line=2), refund("1", 5000, number=1))
    assert steps(engine) == []
    load(*ROWS)
    assert steps(engine) == [("1", 2, "refund", 0, 950)]  # the other is more than its line
    with engine.connect() as conn:
        assert conn.execute(text("select count(*) from waiting_steps")).scalar() == 0
        assert conn.execute(text("select reason from rejected_events")).scalar() == "exceeds_line"


def test_an_order_that_an_earlier_version_imported_gets_the_id_of_its_events(
    load: Import, tell: Tell, engine: Engine
) -> None:
    load("1,a,20.00,8.00,2026-01-01", *ROWS[1:])
    right = order_id(engine, "1")
    with engine.begin() as conn:
        for statement in _AS_IT_WAS:
            conn.execute(text(statement), {"right": right})
    again = load("1,a,20.00,8.00,2026-01-01", *ROWS[1:])
    assert (again.inserted, again.updated, again.unchanged) == (0, 1, 1)
    assert order_id(engine, "1") == right
    assert steps(engine) == [("1", 1, "refund", 1001, 800)]
    assert tell(refund("1", 100)) == [right]
