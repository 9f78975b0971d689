"""Order lines of a file as plain columns, to learn from without a market."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from adunion.catalog.feeds import FeedFile, SkipReport, load_mapping, read_orders
from adunion.kernel.errors import invalid

DAY_S = 86_400


@dataclass
class OrderColumns:
    """What was bought, returns left out; all of one length."""

    order: list[str] = field(default_factory=list)
    shopper: list[str] = field(default_factory=list)  # "" where not known
    item: list[str] = field(default_factory=list)
    title: list[str] = field(default_factory=list)
    _day: list[float] = field(default_factory=list)

    @property
    def day(self) -> npt.NDArray[np.float64]:
        """Days since 1970, with their fraction."""
        return np.array(self._day, np.float64)

    def read(self, file: Path, mapping: str, merchant: str | None = None) -> OrderColumns:
        """Add the lines of a file; raises AdUnionError at a bad row."""
        if not file.is_file():
            raise invalid("orders", f"{file}: no such file.", "Check the path.")
        found = load_mapping(mapping)
        section = found.section("orders")
        report = SkipReport(file.name, file.with_suffix(".skipped.csv"))
        for part in read_orders(FeedFile(file, found.hints), section, report, merchant or "file"):
            kept = [row for row, back in enumerate(part.returned) if not back]
            self.order += [part.order[row] for row in kept]
            self.shopper += [part.shopper[row] or "" for row in kept]
            self.item += [part.item[row] or "" for row in kept]
            self.title += [part.title[row] or "" for row in kept]
            self._day += [part.placed_at[row].timestamp() / DAY_S for row in kept]
        return self
