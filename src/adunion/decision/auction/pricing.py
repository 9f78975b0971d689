"""What a moved slot costs: one function a strategy, vectorised over any number of slots.

@pricing.register("half")
def half(facts: Facts) -> Micros: ...
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import vectorize

from adunion.kernel.registry import Registry

EXPOSURE_ONE = 10_000
"""Exposures are integers, ten-thousandths of certain sight, so that prices are exact."""

Micros = npt.NDArray[np.int64]


class Facts(NamedTuple):
    """Slots won with a bid above 0, and what the same auction gives at bid 0; one shape for all."""

    bid: Micros  # beyond the reserve
    organic: Micros
    exposure: npt.NDArray[np.int64]  # of the slot, EXPOSURE_ONE is certain
    exposure_organic: npt.NDArray[np.int64]  # of the slot it has at bid 0; 0 none
    payment: Micros  # for the exposure gained, at the least bids that reach it, * EXPOSURE_ONE
    rival: Micros  # score of what has this slot at bid 0
    reserve: Micros | int = 0  # what an added seen impression costs at least

    @property
    def moved(self) -> npt.NDArray[np.bool_]:
        """Where the bid gave a better slot than the item has anyway."""
        return self.exposure > self.exposure_organic


Pricing = Callable[[Facts], Micros]
"""Prices per seen impression, floor micros, 0 <= price <= bid + reserve; charged where `moved`."""

pricing: Registry[Pricing] = Registry("pricing")


def price(name: str, facts: Facts) -> Micros:
    """Prices by the strategy of that name; what was not moved costs nothing."""
    charged: Micros = np.where(facts.moved, pricing.get(name)(facts), 0)
    return charged


@pricing.register("uplift")
def uplift(facts: Facts) -> Micros:
    """The externality of the bid, W(0, b_-i) - (W(b) - th_i b_i), per seen impression.

    The VCG payment (Vickrey 1961, Clarke 1971, Groves 1973) with the platform's organic worth as
    one more party: at most (th_i(b) - th_i(0)) * b_i, and bidding one's value is best. On a page
    that is full of bids it holds what the last bid that counts would have paid more (see `rank`).
    The reserve is paid for what was added, (th_i(b) - th_i(0)) * reserve.
    """
    prices: Micros = per_sight(facts.payment, facts.exposure, facts.exposure_organic, facts.reserve)
    return prices


@vectorize(["int64(int64, int64, int64, int64)"], cache=True)  # type: ignore[no-untyped-call]
def per_sight(payment: int, exposure: int, exposure_organic: int, reserve: int) -> int:
    """The price by `uplift`, for arrays and for kernels."""
    return (payment + reserve * (exposure - exposure_organic)) // max(exposure, 1)


@pricing.register("gsp")
def gsp(facts: Facts) -> Micros:
    """The least bid that keeps the slot (Edelman, Ostrovsky, Schwarz 2007), reserve and all."""
    least: Micros = np.minimum(np.maximum(facts.rival - facts.organic, 0), facts.bid)
    return least + facts.reserve


@pricing.register("first_price")
def first_price(facts: Facts) -> Micros:
    """The bid itself."""
    return facts.bid + facts.reserve
