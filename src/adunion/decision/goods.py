"""The catalog and the placements as the auction kernel reads them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from adunion.catalog.types import CatalogSnapshot
from adunion.kernel.errors import invalid
from adunion.kernel.money import micros_per_minor

from .auction.batch import Goods
from .auction.pricing import EXPOSURE_ONE
from .auction.rank import SLOTS_MAX
from .book import PlanBook
from .types import Placement


def goods(
    catalog: CatalogSnapshot,
    placements: Sequence[Placement],
    experience_bps: int,
    pieces: npt.NDArray[np.float64] | None = None,
    experience: npt.NDArray[np.float64] | None = None,
) -> Goods:
    """Columns for the kernel.

    `pieces` (items,) are those expected of an order of each item; absent: one. `experience`
    (items,) is what an item is to the shopper, 0..1; absent: from its stars, 1 nothing, 5 all.
    """
    price_micros = catalog.price_minor * micros_per_minor(catalog.currency)
    value_micros = price_micros if pieces is None else np.rint(price_micros * pieces)
    median = int(np.median(price_micros)) if len(catalog) else 0
    if experience is None:
        experience = np.clip((catalog.rating.astype(np.float64) - 1) / 4, 0, 1)
    worth = (experience * (median * experience_bps // 10_000)).astype(np.int64)
    return Goods(
        catalog.merchant,
        catalog.item_group,
        value_micros.astype(np.int64),
        value_micros.astype(np.int64),
        worth,
        exposures(placements),
    )


def promised(table: Goods, plans: PlanBook, returned: npt.NDArray[np.float64] | None) -> Goods:
    """The goods with what a sale counts for by the goal of the plan that holds each item.

    `returned` (items,) is the share of GMV expected back; absent: none.
    """
    held = np.flatnonzero(plans.item_plan >= 0)
    plan = plans.item_plan[held]
    counted = table.value_micros.copy()
    if returned is not None:
        net = plans.net[plan]
        counted[held[net]] = np.rint(counted[held[net]] * (1 - returned[held[net]]))
    order = plans.order_micros[plan]
    counted[held[order > 0]] = order[order > 0]
    return table._replace(promised_micros=counted)


def weights(
    newness: npt.NDArray[np.float32],
    item: npt.NDArray[np.int32],
    plans: PlanBook,
    promised_micros: npt.NDArray[np.int64],
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """(m,) what each candidate's plan bids for its sale, and counts it for, over `promised_micros`.

    A plan for new customers counts a first order's worth besides, by how likely the shopper is new.
    One that is to have a least share of them bids less for whoever bought before.
    """
    row = plans.item_plan[item]
    besides, handicap = np.append(plans.new_micros, 0)[row], np.append(plans.handicap, 0.0)[row]
    counts = 1 + newness * besides / np.maximum(promised_micros[item], 1)
    bids = counts * (1 - handicap * (1 - newness))
    return np.asarray(bids, np.float32), np.asarray(counts, np.float32)


def exposures(placements: Sequence[Placement]) -> npt.NDArray[np.int64]:
    """(p, K) ten-thousandths, 0 past a placement's last slot; raises 422 unless they fall."""
    return _exposures(tuple(placements))


@lru_cache(maxsize=16)
def _exposures(placements: tuple[Placement, ...]) -> npt.NDArray[np.int64]:
    """The same; placements hardly ever change, and it is asked for at every tick."""
    slots_max = max((len(placement.exposures) for placement in placements), default=1)
    table = np.zeros((len(placements), max(slots_max, 1)), np.int64)
    for row, placement in enumerate(placements):
        given = np.round(np.array(placement.exposures) * EXPOSURE_ONE).astype(np.int64)
        falling = len(given) <= SLOTS_MAX and np.all(np.diff(given) <= 0)
        if not falling or given.min(initial=0) < 0 or given.max(initial=0) > EXPOSURE_ONE:
            raise invalid(
                "exposures",
                f"Placement {placement.code!r} has exposures {placement.exposures}.",
                f"Give at most {SLOTS_MAX} falling numbers from 1 to 0.",
            )
        table[row, : len(given)] = given
    return table
