"""A log of real auctions: one line each, `click clearing-price predicted-CTR`, in order of time.

The format of the iPinYou logs as Ren et al. prepared them ("Bidding machine", 2018); prices are
second prices of won auctions.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from adunion.kernel.errors import AdUnionError

LINES_MIN = 1_000
CLICKS_MIN = 20

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
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise AdUnionError("no_file", f"{path}: {error.strerror}.", 404) from None
    except UnicodeDecodeError:
        raise _bad(path, 1, "is not text") from None
    rows = np.empty((len(lines), 3))
    for number, line in enumerate(lines):
        try:
            rows[number] = line.split()
        except ValueError:
            raise _bad(path, number + 1, "is not three numbers") from None
    click, price, pctr = rows.T
    for wrong, what in (
        (~np.isin(click, (0, 1)), "has a click that is neither 0 nor 1"),
        (~(np.isfinite(price) & (price >= 0)), "has a price below 0"),
        (~((pctr > 0) & (pctr < 1)), "has a predicted CTR that is not between 0 and 1"),
    ):
        if wrong.any():
            raise _bad(path, int(np.argmax(wrong)) + 1, what)
    if len(rows) < LINES_MIN:
        raise AdUnionError(
            "log_too_short", f"{path}: {len(rows):,} auctions are too few to fit on.", 422,
            hint=f"Give {LINES_MIN:,} or more.",
        )  # fmt: skip
    return AuctionLog(click.copy(), price.copy(), pctr.copy())


def _bad(path: Path, line: int, what: str) -> AdUnionError:
    return AdUnionError(
        "bad_log", f"{path}, line {line}: it {what}.", 422,
        hint="Each line holds a click (0 or 1), the clearing price and the predicted CTR.",
    )  # fmt: skip
