"""Order lines as columns, read from a file through the mappings of the catalog room."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from adunion.catalog.feeds.mapping import load_mapping
from adunion.catalog.feeds.orders import read_orders
from adunion.catalog.feeds.skipped import SkipReport
from adunion.catalog.feeds.types import FeedFile, OrderLines
from adunion.kernel.clock import micros
from adunion.kernel.errors import AdUnionError, invalid
from adunion.simulation.world.types import I64, Flags

LINES_MIN = 200
"""Fewer sold lines than this say too little about a market."""


@dataclass(frozen=True)
class OrderColumns:
    """n order lines of one currency; row i of every column is the same line."""

    source: str  # the file's name
    currency: str
    merchant: list[str]
    order: list[str]
    shopper: list[str]  # "" where unknown
    item: list[str]
    title: list[str]
    quantity: I64  # positive, of returns too
    amount_minor: I64
    at_us: I64
    returned: Flags  # the line tells what came back
    refund_minor: I64  # of the line itself

    def __len__(self) -> int:
        return len(self.order)


def columns(source: str, parts: Iterable[OrderLines]) -> OrderColumns:
    """Join parts of a file; only lines of a known item and of the file's main currency are kept.

    Raises:
        AdUnionError: too few lines to ground a world in.
    """
    whole = OrderLines()
    for part in parts:
        for name, column in vars(part).items():
            getattr(whole, name).extend(column)
    currency = max(sorted(set(whole.currency)), key=whole.currency.count, default="")
    keep = [
        row
        for row, (item, code) in enumerate(zip(whole.item, whole.currency, strict=True))
        if item and code == currency and whole.quantity[row] > 0 and whole.amount_minor[row] > 0
    ]
    if len(keep) < LINES_MIN:
        raise AdUnionError(
            "too_few_orders",
            f"{source}: {len(keep)} order lines name an item, its quantity and amount.",
            422,
            hint=f"A world needs at least {LINES_MIN}; choose a file of order lines.",
        )

    def text(column: list[str]) -> list[str]:
        return [column[row] for row in keep]

    def number(column: list[int]) -> I64:
        return np.array([column[row] for row in keep], np.int64)

    return OrderColumns(
        source=source,
        currency=currency,
        merchant=text(whole.merchant),
        order=text(whole.order),
        shopper=text(whole.shopper),
        item=text(whole.item),
        title=text(whole.title),
        quantity=number(whole.quantity),
        amount_minor=number(whole.amount_minor),
        at_us=np.array([micros(whole.placed_at[row]) for row in keep], np.int64),
        returned=np.array([whole.returned[row] for row in keep], np.bool_),
        refund_minor=number(whole.refund_minor),
    )


def read(
    path: Path, mapping: str, progress: Callable[[int, int], None] | None = None
) -> OrderColumns:
    """Read an order file; bad rows are refused, `progress` is told bytes read and in all.

    Raises:
        AdUnionError: no such file or mapping, a bad row, or too few lines.
    """
    if not path.is_file():
        raise invalid("orders", f"{path}: no such file.", "Give the path of an order file.")
    mapped = load_mapping(mapping)
    file = FeedFile(path, mapped.hints, progress)
    skips = SkipReport(path.name, path.with_suffix(".skipped.csv"))
    return columns(path.name, read_orders(file, mapped.section("orders"), skips))
