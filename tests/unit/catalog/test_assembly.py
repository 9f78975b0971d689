"""Order lines put together: scattered orders, returns over many lines, no time lost on either."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from time import process_time

from adunion.catalog.feeds import OrderLines
from adunion.catalog.feeds.assembly import LINES_MAX, assemble

START = datetime(2026, 1, 1, tzinfo=UTC)


def lines_of(
    orders: list[str], *, quantity: int = 1, returned: bool = False, minute: int = 0
) -> OrderLines:
    count = len(orders)
    at = [START + timedelta(minutes=minute + n) for n in range(count)]
    return OrderLines(
        line=list(range(2, count + 2)), merchant=["m"] * count, order=orders, item=["tea"] * count,
        title=["Tea"] * count, quantity=[quantity] * count, amount_minor=[200 * quantity] * count,
        currency=["GBP"] * count, shopper=["s"] * count, region=[""] * count, placed_at=at,
        paid_at=[None] * count, refund_minor=[0] * count, returned=[returned] * count,
    )  # fmt: skip


def joined(first: OrderLines, second: OrderLines) -> OrderLines:
    columns = vars(first).keys()
    return OrderLines(**{name: getattr(first, name) + getattr(second, name) for name in columns})


def test_an_order_scattered_through_the_file_keeps_its_lines_in_order_and_is_quick() -> None:
    started = process_time()
    made = assemble(lines_of([str(n % 2) for n in range(2 * 30_000)]))
    assert process_time() - started < 5
    assert len(made.first_row) == 2
    assert [line.line for line in made.lines if line.order == 1] == list(range(1, 30_001))
    assert made.total_minor == [6_000_000, 6_000_000]


def test_an_order_of_too_many_lines_is_refused_at_the_first_that_is_too_many() -> None:
    made = assemble(lines_of(["one"] * (LINES_MAX + 1)))
    assert [problem.line for problem in made.problems] == [LINES_MAX + 2]


def test_many_returns_of_one_item_take_the_latest_purchases_first_and_are_quick() -> None:
    count = 30_000
    bought = lines_of([str(n) for n in range(count)])
    back = lines_of(["back"] * count, returned=True, minute=count)
    started = process_time()
    made = assemble(joined(bought, back))
    assert process_time() - started < 5
    assert [step.order for step in made.steps] == list(reversed(range(count)))
    assert made.unmatched_returns == 0


def test_a_return_never_belongs_to_a_later_purchase_and_is_spread_over_earlier_ones() -> None:
    bought = lines_of(["a", "b", "c"], quantity=2)  # at minutes 0, 1, 2
    back = lines_of(["back"], quantity=3, returned=True, minute=1)
    made = assemble(joined(bought, back))
    assert [(step.order, step.amount_minor) for step in made.steps] == [(1, 400), (0, 200)]
    again = joined(joined(bought, back), lines_of(["x"], quantity=9, returned=True, minute=9))
    later = assemble(again)
    assert [(s.order, s.amount_minor) for s in later.steps[2:]] == [(2, 400), (0, 200)]
    assert later.unmatched_returns == 1
