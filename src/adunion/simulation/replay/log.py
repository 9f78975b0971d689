"""A log of real auctions: one line each, `click clearing-price predicted-CTR`, in order of time.

The format of the iPinYou logs as Ren et al. prepared them ("Bidding machine", 2018); prices are
second prices of won auctions. Blanks, tabs, commas or semicolons part the columns; a heading may
name them, and without one their order is told from what they hold.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from adunion.kernel.errors import AdUnionError

LINES_MIN = 200
NAMES = {
    "click": "click", "clicks": "click", "clicked": "click", "clk": "click", "y": "click",
    "price": "price", "market_price": "price", "paying_price": "price", "payprice": "price",
    "clearing_price": "price", "winning_price": "price", "pay_price": "price",
    "pctr": "pctr", "ctr": "pctr", "predicted_ctr": "pctr", "prediction": "pctr",
}  # fmt: skip
"""Headings that are known."""
COLUMNS = ("click", "price", "pctr")
_PARTS = re.compile(r"[\s,;]+")

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class AuctionLog:
    """n auctions in order."""

    click: Floats  # (n,) 0 or 1
    price: Floats  # (n,) clearing price, what the best rival bid
    pctr: Floats  # (n,) the click rate that was predicted of it

    def __len__(self) -> int:
        return len(self.click)

    def part(self, first: int, last: int) -> AuctionLog:
        """Auctions first to last - 1."""
        return AuctionLog(self.click[first:last], self.price[first:last], self.pctr[first:last])


def read(path: Path) -> AuctionLog:
    """Read a log; raises AdUnionError naming the line and what is wrong with it."""
    rows, numbers, order = _rows(path)
    if len(rows) < LINES_MIN:
        raise AdUnionError(
            "log_too_short", f"{path}: {len(rows):,} auctions are too few to fit on.", 422,
            hint=f"Give {LINES_MIN:,} or more.",
        )  # fmt: skip
    columns = dict(zip(order or _guessed(rows), rows.T, strict=True))
    click, price, pctr = (columns[name].copy() for name in COLUMNS)
    for wrong, what in (
        (~np.isin(click, (0, 1)), "has a click that is neither 0 nor 1"),
        (~(np.isfinite(price) & (price >= 0)), "has a price below 0, or that is no number"),
        (~((pctr > 0) & (pctr < 1)), "has a predicted CTR that is not between 0 and 1"),
    ):
        if wrong.any():
            raise _bad(path, numbers[int(np.argmax(wrong))], what)
    if not price[:LINES_MIN].any():
        raise _bad(path, numbers[0], f"and the {LINES_MIN - 1:,} lines after it cost nothing")
    return AuctionLog(click, price, pctr)


def _rows(path: Path) -> tuple[Floats, list[int], tuple[str, ...] | None]:
    """(n, 3) numbers, the line of each, and the columns' names where a heading gives them.

    A heading may name other columns too; those are not read.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise AdUnionError("no_file", f"{path}: {error.strerror}.", 404) from None
    except UnicodeDecodeError:
        raise _bad(path, 1, "is not text") from None
    numbers = [number for number, line in enumerate(lines, 1) if line.strip()]
    order = _headed(path, lines[numbers[0] - 1]) if numbers else None
    numbers = numbers[1:] if order else numbers
    wide = len(order or COLUMNS)
    places = [order.index(name) for name in COLUMNS] if order else [0, 1, 2]
    rows = np.empty((len(numbers), len(COLUMNS)))
    for row, number in enumerate(numbers):
        parts = _PARTS.split(lines[number - 1].strip())
        try:
            if len(parts) != wide:
                raise ValueError
            rows[row] = [parts[place] for place in places]
        except ValueError:
            what = (
                "is not three numbers"
                if wide == len(COLUMNS)
                else f"is not {wide} columns of which three are numbers"
            )
            raise _bad(path, number, what) from None
    return rows, numbers, COLUMNS if order else None


def _headed(path: Path, line: str) -> tuple[str, ...] | None:
    """The columns' names where the first line holds words."""
    words = _PARTS.split(line.strip().lower())
    if not all(re.match(r"[a-z_]", word) for word in words) or "nan" in words:
        return None
    named = tuple(NAMES.get(word, "") for word in words)
    if any(named.count(name) != 1 for name in COLUMNS):
        raise _bad(
            path, 1, f"names the columns {', '.join(words)}; of {', '.join(COLUMNS)}, or another"
            " word for each, one column each is needed",
        )  # fmt: skip
    return named


def _guessed(rows: Floats) -> tuple[str, ...]:
    """The order in which the columns hold what they must, best in most rows; as documented first.

    Clicks are 0 or 1, predictions between them, prices anything from 0.
    """
    within = (rows > 0) & (rows < 1)
    fits = {
        "click": np.isin(rows, (0, 1)).mean(axis=0),
        "price": ((rows >= 0) & ~within).mean(axis=0) + 0.5 * within.mean(axis=0),
        "pctr": within.mean(axis=0),
    }
    orders = list(itertools.permutations(COLUMNS))
    scores = [sum(fits[name][at] for at, name in enumerate(order)) for order in orders]
    best = max(scores)
    return orders[0] if scores[0] >= best - 0.1 else orders[int(np.argmax(scores))]


def _bad(path: Path, line: int, what: str) -> AdUnionError:
    return AdUnionError(
        "bad_log", f"{path}, line {line}: it {what}.", 422,
        hint="Each line holds a click (0 or 1), the clearing price and the predicted CTR.",
    )  # fmt: skip
