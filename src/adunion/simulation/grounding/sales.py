"""The file's sales as numbers: which item, order and customer each line is of."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from adunion.simulation.world.types import F64, I64, Flags

from .orders import OrderColumns


@dataclass(frozen=True)
class Sold:
    """The file's sales as rows; n lines."""

    codes: list[str]  # distinct items
    order: I64
    item: I64
    shopper: I64  # -1 unknown
    customers: int
    quantity: I64
    at_us: I64


def sales(lines: OrderColumns) -> Sold:
    """The sold lines of a file; returns are left out."""
    rows = np.flatnonzero(~lines.returned)
    codes, item = _numbered([lines.item[row] for row in rows])
    order = _numbered([lines.order[row] for row in rows])[1]
    named, shopper = _numbered([lines.shopper[row] for row in rows])
    if named[0] == "":
        shopper -= 1
    return Sold(
        codes=codes,
        order=order,
        item=item,
        shopper=shopper,
        customers=int(shopper.max()) + 1,
        quantity=lines.quantity[rows],
        at_us=lines.at_us[rows],
    )


def titles_of(lines: OrderColumns, sold: Sold) -> list[str]:
    """The title each item has most often."""
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    for code, title in zip(lines.item, lines.title, strict=True):
        seen[code][title] += 1
    return [
        max(sorted(seen[code]), key=lambda title, code=code: (bool(title), seen[code][title]))  # type: ignore[misc]
        or code
        for code in sold.codes
    ]


def prices(lines: OrderColumns, sold: Sold) -> I64:
    """Median of what a piece was sold for, minor units."""
    rows = np.flatnonzero(~lines.returned)
    each = np.maximum(lines.amount_minor[rows] // lines.quantity[rows], 1)
    ranked = np.lexsort((each, sold.item))
    start = np.searchsorted(sold.item[ranked], np.arange(len(sold.codes)))
    size = np.bincount(sold.item, minlength=len(sold.codes))
    price: I64 = each[ranked][start + (size - 1) // 2]
    return price


def return_rates(lines: OrderColumns, sold: Sold) -> F64:
    """Share of an item's sold lines that came back, shrunk towards the file's mean."""
    rows = {code: row for row, code in enumerate(sold.codes)}
    back: Flags = lines.returned | (lines.refund_minor > 0)
    which = [rows[lines.item[row]] for row in np.flatnonzero(back) if lines.item[row] in rows]
    count = np.bincount(np.array(which, np.int64), minlength=len(rows)).astype(np.float64)
    lines_sold = np.bincount(sold.item, minlength=len(rows)).astype(np.float64)
    mean = count.sum() / lines_sold.sum()
    return np.asarray(np.clip((count + 30.0 * mean) / (lines_sold + 30.0), 0.0, 0.6))


def _numbered(texts: Sequence[str]) -> tuple[list[str], I64]:
    """Distinct texts in order, and the row of each text among them."""
    distinct = sorted(set(texts))
    rows = {text: row for row, text in enumerate(distinct)}
    return distinct, np.array([rows[text] for text in texts], np.int64)
