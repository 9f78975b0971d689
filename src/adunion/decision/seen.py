"""What plans would have had at other multipliers, hour by hour, to answer why later."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np

from .auction.batch import HOUR_US
from .bidding.types import GRID, Floats, Landscape, Results
from .book import PlanBook

CURVES = ("spend", "moved", "orders")
TRUST_ORDERS = 20.0  # predictions count like this many orders when judged by sales
RATIO = (0.4, 10.0)  # how far sales may correct predictions: orders of many pieces, too


@dataclass
class HourlyLandscape:
    """A plan's landscape of an hour: `curves` (3, g) are `CURVES` at the multipliers of `GRID`."""

    traffic: float = 0.0
    alpha: float = 1.0  # at the end
    curves: Floats = field(default_factory=lambda: np.zeros((len(CURVES), len(GRID))))


class HourlyLandscapes:
    """Adds up what each tick saw, by plan and hour, until it is drained."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, int], HourlyLandscape] = defaultdict(HourlyLandscape)

    def add(self, now_us: int, book: PlanBook, seen: Landscape) -> None:
        """Add what was seen of a book's plans up to now."""
        hour = max(now_us - 1, 0) // HOUR_US  # a tick on the hour tells of the one before
        for row in np.flatnonzero(seen.traffic > 0).tolist():
            kept = self._kept[book.ids[row], hour]
            kept.traffic += float(seen.traffic[row])
            kept.alpha = float(book.alpha[row])
            kept.curves += [getattr(seen, name)[row] for name in CURVES]

    def drain(self, now_us: int) -> dict[tuple[str, int], HourlyLandscape]:
        """The hours that are over and were not drained, by plan id and hour since the epoch."""
        this = now_us // HOUR_US
        over = {key: seen for key, seen in self._kept.items() if key[1] < this}
        for key in over:
            del self._kept[key]
        return over


def sales_ratios(results: Results) -> list[float]:
    """Sales per predicted sale of each plan, shrunk to 1 while it has few orders."""
    ratio = results.gmv_micros / np.maximum(results.matured_micros, 1.0)
    trust = results.orders / (results.orders + TRUST_ORDERS)
    found: list[float] = np.clip(1 + (ratio - 1) * trust, *RATIO).tolist()
    return found
