"""All SQL of the room: orders and their steps from events, set by set, any number of times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Connection

from adunion.engines.direct import ask, ask_plain, run
from adunion.kernel.clock import from_micros

from . import statements
from .keys import id_texts, order_step_keys, raw_ids
from .refusals import refusal_id
from .types import EventBatch, EventType, concat, events

_STEP = {
    int(EventType.ORDER): "order",
    int(EventType.PAYMENT): "payment",
    int(EventType.RECEIPT): "receipt",
    int(EventType.REFUND): "refund",
}
_TYPE = {name: number for number, name in _STEP.items()}
_NAMES = ("order_id", "line", "step", "number", "amount_minor", "at")


@dataclass(frozen=True, slots=True)
class Step:
    """One payment, receipt or refund, as in the tables."""

    order_id: str
    line: int
    step: str
    number: int
    amount_minor: int
    at_us: int


@dataclass(frozen=True)
class Recorded:
    """What a batch changed.

    `applied` holds the ORDER, PAYMENT, RECEIPT and REFUND events that took effect now, orders
    first; those that had waited for their order are among them, those seen before are not. Later
    rooms act on these. `rejected` counts the events refused, which `rejected_events` explains.
    """

    applied: EventBatch
    rejected: int


def record(conn: Connection, batch: EventBatch) -> Recorded:
    """Write a batch's orders and steps; idempotent, and tolerant of any order of arrival.

    A step whose order is not there waits for it. Refunds never exceed their line: one that would
    is refused whole and kept in `rejected_events`.
    """
    orders, refused = _record_orders(conn, batch.take(batch.type == EventType.ORDER))
    steps = _released(conn, orders) + _steps_of(batch.take(batch.type > EventType.ORDER))
    if not steps:
        return Recorded(orders, refused)
    amounts = _lines(conn, sorted({step.order_id for step in steps}))
    taken, rejected = _sift(conn, steps, amounts)
    written = _insert_steps(conn, taken)
    _insert_rejected(conn, [_rejected_step(*refusal) for refusal in rejected])
    return Recorded(concat([orders, _as_events(written, amounts)]), refused + len(rejected))


def contradictions(conn: Connection, refunds: EventBatch) -> dict[int, tuple[str, str]]:
    """Row -> (reason, detail) of the refunds that the orders known so far contradict."""
    steps = _steps_of(refunds)
    lines = _lines(conn, sorted({step.order_id for step in steps}))
    found: dict[int, tuple[str, str]] = {}
    for row, step in enumerate(steps):
        if (step.order_id, 0) not in lines:
            continue  # it may be on its way
        line = lines.get((step.order_id, step.line))
        if reason := _refusal(step, line):
            found[row] = reason
        elif line is not None:
            _refund(line, step)
    return found


def release(conn: Connection, order_ids: list[str]) -> None:
    """Write the steps that had waited for orders which did not come as events."""
    if not order_ids:
        return
    steps = [Step(*row) for row in ask(conn, statements.RELEASE_ALL, {"order": order_ids})]
    taken, rejected = _sift(conn, steps, _lines(conn, order_ids))
    _insert_steps(conn, taken)
    _insert_rejected(conn, [_rejected_step(*refusal) for refusal in rejected])


def position(conn: Connection, consumer: str) -> int:
    """How many rows of the event log a consumer has applied; held until the transaction ends."""
    name = {"c": consumer}
    found = ask(conn, statements.POSITION, name)
    if not found:
        run(conn, statements.START, name)
        found = ask(conn, statements.POSITION, name)
    return int(found[0].position)


def set_position(conn: Connection, consumer: str, position: int) -> None:
    """Say, in the transaction that applied the rows, how far the consumer has come."""
    run(conn, statements.MOVE, {"c": consumer, "p": position})


def _record_orders(conn: Connection, rows: EventBatch) -> tuple[EventBatch, int]:
    """Insert orders and lines; the events of new lines, and how many were refused."""
    if not len(rows):
        return rows, 0
    order_ids = id_texts("ord", rows.order)
    lines = rows.line.tolist()
    columns = {
        "order": order_ids,
        "external": [t or o for t, o in zip(rows.text.tolist(), order_ids, strict=True)],
        "shopper": id_texts("shp", rows.shopper),
        "item": id_texts("itm", rows.item),
        "line": lines,
        "quantity": rows.quantity.tolist(),
        "amount": rows.amount_minor.tolist(),
        "at": [from_micros(at) for at in rows.at_us.tolist()],
    }
    made = {id_ for (id_,) in ask_plain(conn, statements.INSERT_ORDERS, columns)}
    names = ("order", "item", "line", "quantity", "amount")
    new = ask_plain(conn, statements.INSERT_LINES, {name: columns[name] for name in names})
    sums: dict[str, int] = {}  # what orders that were there before have gained
    for order_id, _, amount in new:
        if order_id not in made:
            sums[order_id] = sums.get(order_id, 0) + amount
    if sums:
        run(conn, statements.ADD_TOTALS, {"order": list(sums), "amount": list(sums.values())})
    inserted = {(order_id, line) for order_id, line, _ in new}
    fresh = np.array([pair in inserted for pair in zip(order_ids, lines, strict=True)], np.bool_)
    all_new = bool(fresh.all())  # then each line found its place
    _, first = np.unique(rows.key, return_index=True)
    fresh &= np.isin(np.arange(len(rows)), first)
    refused = 0 if all_new else _refuse_lines(conn, columns)
    return rows.take(fresh), refused


def _refuse_lines(conn: Connection, columns: dict[str, list[object]]) -> int:
    """Note the lines that found no place: their item is unknown, or is another merchant's."""
    names = ("order", "item", "line", "amount", "at")
    rows = ask(conn, statements.HOMELESS_LINES, {name: columns[name] for name in names})
    return _insert_rejected(conn, [row._asdict() for row in rows])


def _steps_of(rows: EventBatch) -> list[Step]:
    return [
        Step(*values)
        for values in zip(
            id_texts("ord", rows.order),
            rows.line.tolist(),
            [_STEP[kind] for kind in rows.type.tolist()],
            rows.number.tolist(),
            rows.amount_minor.tolist(),
            rows.at_us.tolist(),
            strict=True,
        )
    ]


def _released(conn: Connection, orders: EventBatch) -> list[Step]:
    """The steps that had waited for these new order lines."""
    if not len(orders):
        return []
    columns = {"order": id_texts("ord", orders.order), "line": orders.line.tolist()}
    rows = ask_plain(conn, statements.RELEASE, columns)
    steps = [Step(o, line, s, n, amount, at_us) for o, line, s, n, amount, at_us in rows]
    return sorted(steps, key=lambda step: (step.at_us, step.order_id, step.line, step.number))


@dataclass
class _Line:
    item_id: str | None
    amount_minor: int
    refunded_minor: int
    numbers: set[int]


def _lines(conn: Connection, order_ids: list[str]) -> dict[tuple[str, int], _Line]:
    """Every line of the orders, with what was refunded; line 0 is the whole order."""
    found: dict[tuple[str, int], _Line] = {}
    for order_id, line, item_id, amount, refunded, numbers in ask_plain(
        conn, statements.LINES, {"order": order_ids}
    ):
        found[order_id, line] = _Line(item_id, amount, refunded, set(numbers or ()))
        whole = found.setdefault((order_id, 0), _Line(None, 0, 0, set()))
        whole.amount_minor += amount
    return found


def _sift(
    conn: Connection, steps: list[Step], lines: dict[tuple[str, int], _Line]
) -> tuple[list[Step], list[tuple[Step, str, str]]]:
    """Steps to write and refunds to refuse; those whose order is not here are put to wait."""
    taken, waiting = [], []
    rejected: list[tuple[Step, str, str]] = []
    for step in steps:
        if (step.order_id, 0) not in lines:
            waiting.append(step)
        elif step.step != "refund":
            taken.append(step)
        elif reason := _refusal(step, lines.get((step.order_id, step.line))):
            rejected.append((step, *reason))
        else:
            if _refund(lines[step.order_id, step.line], step):
                taken.append(step)
    _insert(conn, "waiting_steps", waiting)
    return taken, rejected


def _refund(line: _Line, step: Step) -> bool:
    """Count a refund of a line; False where it was counted before."""
    if step.number in line.numbers:
        return False
    line.numbers.add(step.number)
    line.refunded_minor += step.amount_minor
    return True


def _refusal(step: Step, line: _Line | None) -> tuple[str, str] | None:
    if line is None or step.line < 1:
        return "no_such_line", f"The order has no line {step.line}."
    if step.number in line.numbers:
        return None  # seen before
    if step.amount_minor <= 0:
        return "not_positive", "A refund is of a positive amount."
    left = line.amount_minor - line.refunded_minor
    if step.amount_minor > left:
        return (
            "exceeds_line",
            f"{step.amount_minor} is more than the {left} left of {line.amount_minor} minor units.",
        )
    return None


def _insert_steps(conn: Connection, steps: list[Step]) -> list[Step]:
    """Write steps; those that were not there before, once each."""
    new = _insert(conn, "order_steps", steps)
    written = []
    for step in steps:
        identity = (step.order_id, step.line, step.step, step.number)
        if identity in new:
            new.remove(identity)
            written.append(step)
    return written


def _insert(conn: Connection, table: str, steps: list[Step]) -> set[tuple[str, int, str, int]]:
    if not steps:
        return set()
    columns = {
        "order_id": [step.order_id for step in steps],
        "line": [step.line for step in steps],
        "step": [step.step for step in steps],
        "number": [step.number for step in steps],
        "amount_minor": [step.amount_minor for step in steps],
        "at": [from_micros(step.at_us) for step in steps],
    }
    rows = ask_plain(conn, statements.INSERT_STEPS[table], columns)
    return {(row[0], row[1], row[2], row[3]) for row in rows}


def _insert_rejected(conn: Connection, rejected: list[dict[str, Any]]) -> int:
    """Keep refused events; how many were not kept before."""
    if not rejected:
        return 0
    identity = ("order_id", "line", "step", "number", "at")
    columns = {name: [row[name] for row in rejected] for name in rejected[0]}
    columns["id"] = [refusal_id(*(row[name] for name in identity)) for row in rejected]
    return run(conn, statements.INSERT_REJECTED, columns)


def _rejected_step(step: Step, reason: str, detail: str) -> dict[str, Any]:
    return {
        "order_id": step.order_id, "line": step.line, "step": step.step, "number": step.number,
        "amount_minor": step.amount_minor, "at": from_micros(step.at_us),
        "reason": reason, "detail": detail, "merchant_id": None,
    }  # fmt: skip


def _as_events(steps: list[Step], lines: dict[tuple[str, int], _Line]) -> EventBatch:
    """Steps back to events, with the line's item and, where none was given, the whole amount."""
    of = [lines[step.order_id, step.line] for step in steps if (step.order_id, step.line) in lines]
    amounts = [s.amount_minor or line.amount_minor for s, line in zip(steps, of, strict=True)]
    order = raw_ids([step.order_id for step in steps])
    types = np.array([_TYPE[step.step] for step in steps], np.uint8)
    places = np.array([step.line for step in steps], np.int16)
    numbers = np.array([step.number for step in steps], np.int32)
    return events(
        len(steps),
        type=types,
        at_us=np.array([step.at_us for step in steps], np.int64),
        key=order_step_keys(types, order, places, numbers),
        item=raw_ids([line.item_id for line in of]),
        order=order,
        line=places,
        number=numbers,
        amount_minor=np.array(amounts, np.int64),
    )
