"""What the return guarantee costs by chance alone: the floor of its credits. Pure, seeded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from adunion.kernel.clock import generator

from .guarantee import ORDERS_LEAST

COVER = 0.9  # of the target, that the guarantee promises
DRAWS = 100_000
ORDERS = (21, 40, 60, 100, 200, 400)
ATTAINMENTS = (1.0, 1.05)


@dataclass(frozen=True)
class Floor:
    """Credits over all spend of days alike, with perfect delivery in expectation."""

    orders: int  # a day, expected
    attainment: float  # expected sales over what the target asks
    alike: float  # where all orders are worth the same
    spread: float  # where they differ as much as they are worth on average


def credit_floor(orders: int, attainment: float, variation: float) -> float:
    """E[max(0, 1 - A / 0.9)] of days with more than 20 orders, over the spend of all days.

    Orders come by Poisson, and each is worth a gamma of that coefficient of variation; 0: alike.
    """
    draw = generator(orders, round(attainment * 1_000), round(variation * 1_000))
    came = draw.poisson(orders, DRAWS)
    sold = came.astype(np.float64)
    if variation:
        sold = draw.gamma(np.maximum(came, 1) / variation**2, variation**2)
    short = np.maximum(0.0, 1 - attainment * sold / orders / COVER)
    return float(np.where(came > ORDERS_LEAST, short, 0.0).mean())


def floors() -> list[Floor]:
    """The table of docs/delivery.md."""
    return [
        Floor(
            orders, attainment, credit_floor(orders, attainment, 0.0),
            credit_floor(orders, attainment, 1.0),
        )
        for attainment in ATTAINMENTS
        for orders in ORDERS
    ]  # fmt: skip
