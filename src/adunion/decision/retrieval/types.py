"""Types of retrieval: ranked lists, and which of them each request takes from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from adunion.kernel.registry import Registry

if TYPE_CHECKING:
    from .intent import Intent

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Lists:
    """Ranked lists, best first: list l is rows `offsets[l]` to `offsets[l + 1]`."""

    offsets: npt.NDArray[np.int64]
    item: Ints  # catalog rows
    score: Floats  # match to what the list is about, 0..1

    def __len__(self) -> int:
        return len(self.offsets) - 1


class Routes(NamedTuple):
    """For n requests, up to R lists each to take items from; arrays are (n, R).

    An item's relevance is `weight * score`. Of the `quota` of a list, the share `explore` is taken
    from a place that turns with the request instead of from the top, so that every item is
    tried now and then. `reserve` is the number of places kept for this retrieval; unless `fills`,
    it takes no more than those.
    """

    lists: Lists
    list_row: Ints  # -1 none
    weight: Floats
    quota: Ints
    reserve: int
    explore: float = 0.0
    fills: bool = True


@lru_cache(4)
def even(requests: int, lists: int) -> Floats:
    """(n, R) weights that are all 1; do not write to them."""
    return np.ones((requests, lists), np.float32)


@lru_cache(64)
def alike(requests: int, lists: int, quota: int) -> Ints:
    """(n, R) quotas that are all the same; do not write to them."""
    return np.full((requests, lists), quota, np.int32)


Retrieval = Callable[["Intent", int], "Routes | tuple[Routes, ...]"]
"""Given what n requests are about and the number of candidates wanted, says where to find them.

Several routes of one retrieval, from different lists, share its `reserve`.
"""

RETRIEVALS: Registry[Retrieval] = Registry("retrieval")
