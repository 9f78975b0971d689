"""Order lines of a file become orders, their lines, and what became of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from .types import OrderLines, Problem

LINES_MAX = 32_000
"""Lines of one order; the number of a line is a 16-bit integer."""


class Line(NamedTuple):
    """One line of an order; `row` is its row among the file's order lines."""

    order: int
    line: int  # from 1
    item: str
    quantity: int
    amount_minor: int
    row: int


class Step(NamedTuple):
    """A payment (of line 0) or a refund of one line."""

    order: int
    line: int
    step: str
    number: int
    amount_minor: int
    at: datetime


@dataclass
class Assembled:
    """Orders by number 0.., each with the row that began it; lines and steps name the number."""

    first_row: list[int] = field(default_factory=list)
    total_minor: list[int] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    returns: int = 0
    unmatched_returns: int = 0


def assemble(rows: OrderLines) -> Assembled:
    """Group lines into orders and match returns to what was bought.

    A return belongs to the same customer's latest earlier lines of the same item that have not all
    come back yet; it is spread over several where one is too small. What it gives back is at most
    what the line cost. A return of an unknown customer, or of more than was bought in the file, is
    counted as unmatched and changes nothing.
    """
    out = Assembled()
    numbers: dict[tuple[str, str], int] = {}
    lines_of: list[int] = []  # of each order, so far
    for row in range(len(rows)):
        if not rows.returned[row]:
            _add_line(out, rows, row, numbers, lines_of)
    for number, row in enumerate(out.first_row):
        if (paid_at := rows.paid_at[row]) is not None:
            out.steps.append(Step(number, 0, "payment", 0, out.total_minor[number], paid_at))
    refunds: defaultdict[tuple[int, int], int] = defaultdict(int)
    out.steps.extend(_refunds_of_lines(out, rows, refunds))
    _match_returns(out, rows, refunds)
    return out


def _add_line(
    out: Assembled,
    rows: OrderLines,
    row: int,
    numbers: dict[tuple[str, str], int],
    lines_of: list[int],
) -> None:
    key = (rows.merchant[row], rows.order[row])
    number = numbers.setdefault(key, len(out.first_row))
    if number == len(out.first_row):
        out.first_row.append(row)
        out.total_minor.append(0)
        lines_of.append(0)
    else:
        first = out.first_row[number]
        if rows.currency[first] != rows.currency[row]:
            said = f"order {key[1]!r} has two currencies: see line {rows.line[first]}."
            out.problems.append(Problem(rows.line[row], "currency", said))
            return
    line = lines_of[number] + 1
    if line > LINES_MAX:
        said = f"order {key[1]!r} has more than {LINES_MAX} lines."
        out.problems.append(Problem(rows.line[row], "order", said))
        return
    lines_of[number] = line
    amount = rows.amount_minor[row]
    out.total_minor[number] += amount
    out.lines.append(Line(number, line, rows.item[row], rows.quantity[row], amount, row))


def _refunds_of_lines(
    out: Assembled, rows: OrderLines, refunds: defaultdict[tuple[int, int], int]
) -> Iterator[Step]:
    """Refunds that stand in the line's own row; without a time of their own, at the payment's."""
    for line in out.lines:
        if amount := rows.refund_minor[line.row]:
            at = rows.paid_at[line.row] or rows.placed_at[line.row]
            refunds[line.order, line.line] += 1
            yield Step(line.order, line.line, "refund", 0, amount, at)


def _match_returns(
    out: Assembled, rows: OrderLines, refunds: defaultdict[tuple[int, int], int]
) -> None:
    returns = [row for row, returned in enumerate(rows.returned) if returned]
    if not returns:
        return
    out.returns = len(returns)
    bought: defaultdict[tuple[str, str, str], list[Line]] = defaultdict(list)
    for line in out.lines:
        if rows.shopper[line.row] and line.item:
            bought[rows.merchant[line.row], rows.shopper[line.row], line.item].append(line)
    for lines in bought.values():  # the earliest last, to be taken off the end
        lines.sort(key=lambda line: rows.placed_at[line.row])
        lines.reverse()
    earlier: defaultdict[tuple[str, str, str], list[Line]] = defaultdict(list)
    left: dict[tuple[int, int], tuple[int, int]] = {}  # quantity and amount not yet given back
    for row in sorted(returns, key=rows.placed_at.__getitem__):
        customer = (rows.merchant[row], rows.shopper[row], rows.item[row])
        later, known = bought.get(customer, []), earlier[customer]
        while later and rows.placed_at[later[-1].row] <= rows.placed_at[row]:
            known.append(later.pop())
        wanted = rows.quantity[row]
        unit = rows.amount_minor[row] // max(wanted, 1)
        while wanted and known:
            line = known[-1]
            key = (line.order, line.line)
            quantity, amount = left.get(key, (line.quantity, line.amount_minor))
            taken = min(wanted, quantity)
            given = min(taken * unit, amount)
            left[key] = (quantity - taken, amount - given)
            out.steps.append(Step(*key, "refund", refunds[key], given, rows.placed_at[row]))
            refunds[key] += 1
            wanted -= taken
            if taken == quantity:
                known.pop()
        out.unmatched_returns += wanted > 0
