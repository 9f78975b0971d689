"""The catalog and the placements as the auction kernel reads them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from adunion.catalog.types import CatalogSnapshot
from adunion.kernel.errors import invalid
from adunion.kernel.money import micros_per_minor

from .auction.batch import Goods
from .auction.pricing import EXPOSURE_ONE
from .auction.rank import SLOTS_MAX
from .types import Placement


def goods(catalog: CatalogSnapshot, placements: Sequence[Placement], experience_bps: int) -> Goods:
    """Columns for the kernel; experience is from the item's stars, 1 worth nothing, 5 all."""
    price_micros = catalog.price_minor * micros_per_minor(catalog.currency)
    median = int(np.median(price_micros)) if len(catalog) else 0
    stars = np.clip((catalog.rating.astype(np.float64) - 1) / 4, 0, 1)
    worth = (stars * (median * experience_bps // 10_000)).astype(np.int64)
    return Goods(catalog.merchant, catalog.item_group, price_micros, worth, exposures(placements))


def exposures(placements: Sequence[Placement]) -> npt.NDArray[np.int64]:
    """(p, K) ten-thousandths, 0 past a placement's last slot; raises 422 unless they fall."""
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
