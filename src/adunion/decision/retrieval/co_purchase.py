"""Retrieval by company: what others bought together with what is in the cart or being viewed."""

import numpy as np
import numpy.typing as npt
from numba import njit

from .intent import Intent
from .types import RETRIEVALS, Ints, Routes, alike, even

CONTEXT_MAX = 8
"""Items of a cart that are looked at: the last ones put in."""


@RETRIEVALS.register("co_purchase")
def co_purchase(intent: Intent, top: int) -> Routes:
    """The complements of each context item."""
    requests = intent.requests
    shape = (len(requests), CONTEXT_MAX)
    if len(requests.context_items):
        rows, quota = np.full(shape, -1, np.int32), np.zeros(shape, np.int32)
        last_items(requests.context_offsets, requests.context_items, top // 2, rows, quota)
    else:
        rows, quota = alike(*shape, -1), alike(*shape, 0)
    return Routes(intent.state.complements.items, rows, even(*shape), quota, reserve=top // 2)


@njit(cache=True, nogil=True)
def last_items(
    offsets: npt.NDArray[np.int64], items: Ints, places: int, rows: Ints, quota: Ints
) -> None:
    """The last items of each request, newest first, and an equal share of the places for each."""
    for i in range(len(rows)):
        count = min(offsets[i + 1] - offsets[i], CONTEXT_MAX)
        for k in range(count):
            rows[i, k] = items[offsets[i + 1] - 1 - k]
            quota[i, k] = places // count
