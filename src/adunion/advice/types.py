"""Types of the room: what may be promoted, to whom, what is needed now, and what was chosen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from adunion.kernel.errors import invalid

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

TOP_MAX = 100


@dataclass(frozen=True)
class Goods:
    """n items; row i of every column is the same."""

    category: Ints
    """Row among `categories`."""
    categories: list[str]
    """Paths, "a > b"."""
    merchant: Ints
    group: Ints
    """Variants of one product share a number."""
    price_minor: Ints
    clicks: Floats
    """Expected clicks of a view."""
    orders: Floats
    """Expected orders of a click."""
    returned: Floats
    """Share of the money that goes back."""
    rate_bps: Ints
    """Commission of a sale, ten-thousandths."""
    experience: Floats
    """0..1 of stars, returns and delivery."""
    in_stock: Flags

    def __len__(self) -> int:
        return len(self.category)


@dataclass(frozen=True)
class Channel:
    """Who is advised."""

    interest: Floats
    """(categories,) how much likelier than the market's its audience wants one; 1 as much."""
    linked: Flags
    """(n,) whether it has a link to the item already."""


@dataclass(frozen=True)
class Needs:
    """(n,) each: how much the need for an item rises now, and by which topic or season."""

    rise: Floats
    """Factor, 1 where nothing is known."""
    source: Ints
    """Row of what it rises by, -1 none; the caller's numbering."""


@dataclass(frozen=True)
class Wish:
    """What a publisher asks for."""

    top: int = 20
    category: str = ""
    """This path and all below it; empty: all."""
    rate_min_bps: int = 0
    price_min_minor: int = 0
    price_max_minor: int | None = None
    rising_only: bool = False
    new_only: bool = False
    """Without what it has a link to."""

    def __post_init__(self) -> None:
        if not 1 <= self.top <= TOP_MAX:
            raise invalid("top", f"top is {self.top}.", f"Give 1 to {TOP_MAX}.")
        if not 0 <= self.rate_min_bps <= 10_000:
            raise invalid("rate_min_bps", f"{self.rate_min_bps}.", "Give 0 to 10000.")
        if self.price_min_minor < 0:
            raise invalid("price_min_minor", f"{self.price_min_minor}.", "Give 0 or more.")
        if self.price_max_minor is not None and self.price_max_minor < self.price_min_minor:
            raise invalid("price_max_minor", "It is below the least price.", "Give a larger one.")


@dataclass(frozen=True)
class Pick:
    """A chosen item, with what speaks for it."""

    row: int
    score: float
    earns_minor: float
    """Commission expected of a thousand views, before the need's rise."""
    factors: dict[str, float]
    """Of need, fit, appeal, orders, worth, commission, experience: against the middle item."""
    reasons: tuple[str, ...]
    """The names of the factors that lift it, the strongest first."""
    source: int
    """What its need rises by, -1 none."""


@dataclass(frozen=True)
class Left:
    """An item that would have earned a place, and why it has none."""

    row: int
    score: float
    why: str


@dataclass(frozen=True)
class Selection:
    """What is advised, best first; what was left out, best first; how many items were looked at."""

    picks: tuple[Pick, ...]
    left: tuple[Left, ...]
    looked: int
