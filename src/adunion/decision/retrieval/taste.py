"""Retrieval by taste: of each category, the items of the look, brand and words a shopper likes."""

import numpy as np
import numpy.typing as npt
from numba import njit

from adunion.audience import SHELVES

from .intent import Intent
from .types import RETRIEVALS, Floats, Ints, Routes, alike


@RETRIEVALS.register("taste")
def taste(intent: Intent, top: int) -> Routes:
    """From each of the request's categories the shelf of like items that its shopper likes best."""
    state, requests = intent.state, intent.requests
    known = np.where(requests.consent, requests.profile, np.int32(-1))
    rows = alike(*intent.category.shape, -1)
    if (known >= 0).any():
        rows = rows.copy()
        facets = state.profiles.facets
        _best_shelves(known, intent.category, state.profiles.sketch, facets.centres, SHELVES,
                      state.shelved.offsets, rows)  # fmt: skip
    quota = intent.portions(top // 4)
    return Routes(state.shelved, rows, intent.weight, quota, top // 6, explore=0.3, fills=False)


@njit(cache=True, nogil=True)
def _best_shelves(
    known: Ints, category: Ints, sketch: Floats, centres: Floats, shelves: int,
    offsets: npt.NDArray[np.int64], rows: Ints,
) -> None:  # fmt: skip
    """The shelf of each category that a shopper's sketch is nearest to, if it is near any."""
    for i in range(len(known)):
        if known[i] < 0:
            continue
        mine = sketch[known[i]]
        for c in range(category.shape[1]):
            if category[i, c] < 0:
                continue
            best = np.float32(0)
            for shelf in range(category[i, c] * shelves, (category[i, c] + 1) * shelves):
                if offsets[shelf + 1] == offsets[shelf]:
                    continue
                near = np.float32(0)
                for d in range(len(mine)):
                    near += mine[d] * centres[shelf, d]
                if near > best:
                    best = near
                    rows[i, c] = shelf
