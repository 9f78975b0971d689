"""Rows of a file become order lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from adunion.kernel.errors import AdUnionError
from adunion.kernel.money import MINOR_MAX

from . import fields as fx
from .amounts import read_money, whole_numbers
from .fields import Rows, evaluate, label
from .formats import read_feed
from .mapping import FieldMap, Section
from .skipped import SkipReport
from .types import FeedFile, OrderLines

_CHARS_MAX = {
    "order": 200, "merchant": 200, "item": 200, "title": 1000, "shopper": 200, "region": 200,
}  # fmt: skip
_ONE = FieldMap(constant="1")


def read_orders(
    file: FeedFile, section: Section, report: SkipReport, merchant: str | None = None
) -> Iterator[OrderLines]:
    """The order lines of a file, validated, in its order; `merchant` overrides the mapping's.

    Raises AdUnionError at the first chunk with a bad row, unless the report takes bad rows.
    """
    for chunk in read_feed(file, section.wanted()):
        rows = Rows(fx.without_ignored(chunk, section, report.ignored))
        columns = _validate(rows, section, merchant)
        report.add(chunk.problems + [rows.bad[row] for row in sorted(rows.bad)])
        yield OrderLines(**{name: rows.keep(column) for name, column in columns.items()})


def _validate(rows: Rows, section: Section, merchant: str | None) -> dict[str, list[Any]]:
    specs = section.of_merchant(merchant).fields
    out: dict[str, list[Any]] = {"line": list(rows.chunk.lines)}
    out |= fx.texts(rows, specs, _CHARS_MAX, required=("order", "merchant"))
    for name in ("placed_at", "paid_at"):
        out[name] = _times(rows, name, specs.get(name), section.utc_offset)
    for row, at in enumerate(out["placed_at"]):
        if at is None:
            rows.refuse(row, label("placed_at", specs["placed_at"]), "is empty.")
    _amounts(rows, specs, out)
    returned = [False] * len(rows)
    if section.returns is not None:
        rule = section.returns
        returned = fx.matching(rows.chunk, rule.column, rule.matches).tolist()
    _signs(rows, specs, out, returned)
    return out


def _times(rows: Rows, name: str, spec: FieldMap | None, utc_offset: str) -> list[Any]:
    if spec is None:
        return [None] * len(rows)
    read = fx.time_reader(spec, utc_offset)
    return fx.convert(rows, label(name, spec), evaluate(rows, name, spec), read, None)


def _amounts(rows: Rows, specs: dict[str, FieldMap], out: dict[str, list[Any]]) -> None:
    quantity = specs.get("quantity", _ONE)
    if quantity.reads and rows.chunk.columns.keys().isdisjoint(quantity.reads):  # optional
        quantity = _ONE
    texts = evaluate(rows, "quantity", quantity)
    out["quantity"] = whole_numbers(rows, label("quantity", quantity), texts, 1).tolist()
    currencies = fx.changed(evaluate(rows, "currency", specs.get("currency")), str.upper)

    def money(name: str) -> tuple[list[int], list[str]]:
        minor, found = read_money(rows, name, specs[name], currencies)
        return minor.tolist(), found.to_pylist()

    if "amount" in specs:
        out["amount_minor"], out["currency"] = money("amount")
    elif "unit_price" in specs:
        prices, out["currency"] = money("unit_price")
        out["amount_minor"] = [p * q for p, q in zip(prices, out["quantity"], strict=True)]
    else:
        raise AdUnionError(
            "invalid", "The mapping's [orders.fields] has neither amount nor unit_price.", 422,
            field="mapping", hint="See docs/import.md.",
        )  # fmt: skip
    out["refund_minor"] = [0] * len(rows)
    if "refund" in specs:
        of_amount = pa.array(out["currency"], pa.string())
        refunds, _ = read_money(rows, "refund", specs["refund"], of_amount, empty="0")
        out["refund_minor"] = refunds.tolist()


def _signs(
    rows: Rows, specs: dict[str, FieldMap], out: dict[str, list[Any]], returned: list[bool]
) -> None:
    """Returns get positive quantities and amounts; anything else below zero is refused."""
    quantities, amounts, refunds = out["quantity"], out["amount_minor"], out["refund_minor"]
    money = "amount" if "amount" in specs else "unit_price"
    for row, (quantity, amount, refund) in enumerate(
        zip(quantities, amounts, refunds, strict=True)
    ):
        if quantity > 0 and 0 <= refund <= amount <= MINOR_MAX and not returned[row]:
            continue
        if returned[row]:
            quantities[row], amounts[row] = abs(quantity), abs(amount)
        elif quantity <= 0:
            said = f"{quantity} is not positive, and the row is no return."
            rows.refuse(row, label("quantity", specs.get("quantity")), said)
        elif amount < 0:
            rows.refuse(row, label(money, specs[money]), "is negative, and the row is no return.")
        elif amount > MINOR_MAX:
            rows.refuse(row, label(money, specs[money]), "is too large.")
        else:
            said = "is negative or more than the line's amount."
            rows.refuse(row, label("refund", specs.get("refund")), said)
    out["returned"] = returned
