"""Past orders from files: lines, payments, returns; idempotent, all or nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from sqlalchemy import Engine, text

from adunion.kernel.clock import ManualClock
from adunion.kernel.errors import AdUnionError
from adunion.kernel.ids import IdFactory
from adunion.tracking.order_import import OrderImportReport, import_orders

pytestmark = pytest.mark.integration

MAPPING = """
[orders]
returns = { column = "order", matches = "C.*" }
[orders.fields]
order = "order"
merchant = { constant = "m" }
item = "item"
title = "title"
quantity = "quantity"
unit_price = "price"
currency = { constant = "GBP" }
shopper = "shopper"
placed_at = "at"
paid_at = "at"
"""
HEAD = "order,item,title,quantity,price,shopper,at"
ROWS = (
    "1,a,Tea,5,2.00,s,2026-01-01",
    "1,b,Pot,1,9.50,s,2026-01-01",
    "2,a,Tea,2,2.00,s,2026-01-02",
    "C3,a,Tea,-3,2.00,s,2026-01-03",  # two of order 2, one of order 1
    "C4,b,Pot,-2,9.50,s,2026-01-04",  # only one was bought
    "C5,b,Pot,-1,9.50,,2026-01-04",  # whose?
)


@pytest.fixture
def run(
    engine: Engine, clock: ManualClock, ids: IdFactory, tmp_path: Path
) -> Callable[..., OrderImportReport]:
    def run(*rows: str, **options: Any) -> OrderImportReport:
        (tmp_path / "mine.toml").write_text(MAPPING)
        path = tmp_path / "orders.csv"
        path.write_text("\n".join((HEAD, *rows)))
        return import_orders(engine, clock, ids, path, str(tmp_path / "mine.toml"), **options)

    return run


def steps(engine: Engine) -> list[tuple[Any, ...]]:
    with engine.connect() as conn:
        found = conn.execute(
            text(
                "select external_id, line, step, number, amount_minor from order_steps s "
                "join orders o on o.id = s.order_id order by 1, 2, 3, 4"
            )
        )
        return [tuple(row) for row in found]


def test_returns_go_to_the_latest_earlier_purchases(
    run: Callable[..., OrderImportReport], engine: Engine
) -> None:
    report = run(*ROWS)
    assert (report.orders, report.lines, report.items_created) == (2, 3, 2)
    assert (report.returns, report.unmatched_returns) == (3, 2)
    assert steps(engine) == [
        ("1", 0, "payment", 0, 1950),
        ("1", 1, "refund", 1001, 200),
        ("1", 2, "refund", 1001, 950),
        ("2", 0, "payment", 0, 400),
        ("2", 1, "refund", 1001, 400),
    ]


def test_a_second_import_changes_nothing_and_a_changed_order_is_replaced(
    run: Callable[..., OrderImportReport], engine: Engine
) -> None:
    run(*ROWS)
    before = steps(engine)
    again = run(*ROWS)
    assert (again.inserted, again.updated, again.unchanged, again.items_created) == (0, 0, 2, 0)
    assert steps(engine) == before
    changed = run(ROWS[0], ROWS[1], "2,a,Tea,3,2.00,s,2026-01-02", "6,a,Tea,1,2,t,2026-01-05")
    assert (changed.inserted, changed.updated, changed.unchanged) == (1, 2, 0)
    assert ("2", 0, "payment", 0, 600) in steps(engine)
    assert not [step for step in steps(engine) if step[2] == "refund"]


def test_a_bad_line_imports_nothing(run: Callable[..., OrderImportReport], engine: Engine) -> None:
    with pytest.raises(AdUnionError, match=r"orders.csv:3: field 'quantity': -1 is not positive"):
        run(ROWS[0], "7,a,Tea,-1,2.00,s,2026-01-01")
    with engine.connect() as conn:
        assert conn.execute(text("select count(*) from orders")).scalar() == 0
    assert run(ROWS[0], "7,a,Tea,-1,2.00,s,2026-01-01", skip_bad=True).skipped == 1


def test_an_order_the_market_took_itself_is_not_overwritten(
    run: Callable[..., OrderImportReport], engine: Engine
) -> None:
    run(*ROWS)
    with engine.begin() as conn:
        conn.execute(text("update orders set source = 'live' where external_id = '2'"))
    with pytest.raises(AdUnionError, match="'2' was taken by this market"):
        run(*ROWS)


def test_optional_columns_that_are_absent_or_empty_mean_one_piece_and_no_refund(
    engine: Engine, clock: ManualClock, ids: IdFactory, tmp_path: Path
) -> None:
    mapping = MAPPING.replace('unit_price = "price"', 'amount = "price"').replace(
        'quantity = "quantity"', 'quantity = { column = "quantity", optional = true }'
    )
    (tmp_path / "mine.toml").write_text(mapping + 'refund = { column = "back", optional = true }')
    for head, rest in (("", ""), (",back", ",")):
        path = tmp_path / f"orders{len(head)}.csv"
        path.write_text(f"order,item,title,price,shopper,at{head}\n1,a,Tea,5,s,2026-01-01{rest}\n")
        import_orders(engine, clock, ids, path, str(tmp_path / "mine.toml"))
        assert steps(engine) == [("1", 0, "payment", 0, 500)]


@pytest.mark.parametrize(
    ("name", "mapping", "orders", "lines", "paid", "refunded_minor"),
    [
        ("tmall_orders.csv", "tmall_orders", 28010, 28010, 24087, 57233592),
    ],
)
def test_real_orders_import_whole(
    engine: Engine, clock: ManualClock, ids: IdFactory, data: Path,
    name: str, mapping: str, orders: int, lines: int, paid: int, refunded_minor: int,
) -> None:  # fmt: skip
    report = import_orders(engine, clock, ids, data / "orders" / name, mapping)
    assert (report.inserted, report.lines) == (orders, lines)
    with engine.connect() as conn:
        found = conn.execute(
            text(
                "select count(*) filter (where step = 'payment'), "
                "coalesce(sum(amount_minor) filter (where step = 'refund'), 0) from order_steps"
            )
        ).one()
    assert found[0] == paid
    assert found[1] == refunded_minor


def test_a_month_of_online_retail_imports_with_its_returns_and_items(
    engine: Engine, clock: ManualClock, ids: IdFactory, data: Path, tmp_path: Path
) -> None:
    path = tmp_path / "month.parquet"
    whole = pq.read_table(data / "orders" / "online_retail.parquet")
    pq.write_table(whole.slice(0, 40_000), path)
    report = import_orders(engine, clock, ids, path, "online_retail")
    again = import_orders(engine, clock, ids, path, "online_retail")
    assert 0 < report.unmatched_returns < report.returns
    assert (report.inserted, report.items_created) == (again.unchanged, report.items_created)
    assert (again.inserted, again.updated, again.items_created) == (0, 0, 0)
