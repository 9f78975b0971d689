"""Types of retrieval: ranked lists, and which of them each request takes from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from adunion.kernel.registry import Registry

if TYPE_CHECKING:
    from .answers import Answers
    from .state import RetrievalState

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


NO_LISTS = Lists(np.zeros(1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float32))


class By(IntEnum):
    """Which lists of a retrieval a request takes from, and how its places are divided."""

    QUERY = 0  # the one of its query
    CATEGORY = 1  # one for each category it is about; weight and places by how surely it is
    SHELF = 2  # the same, of each category the shelf that its shopper likes best
    ITEM = 3  # one for each of the last items at hand, with an equal share of the places


Found = Callable[["RetrievalState", "Answers", Sequence[str]], Lists]
"""One list for each query, given what the index answers to them."""


class Routes(NamedTuple):
    """Where every request takes items from: said once, and read by the kernel that merges.

    An item's relevance is the list's weight times its score. Of the places of a list, the share
    `explore` is filled from a place that turns with the request instead of from the top, so that
    every item is tried now and then.
    """

    lists: Lists | Found  # `Found`: by query
    by: By
    places: int  # to fill in the first round
    reserve: int  # places kept for this retrieval
    explore: float = 0.0
    fills: bool = True  # it may take more than its reserve, where places are left
    weight: float = 1.0  # of by item and by query
    places_search: int | None = None  # where the request is a search; None: the same
    list_of: Ints | None = None  # (items,) the list of an item, -1 none; None: its own row


Retrieval = Callable[["RetrievalState", int], "Routes | tuple[Routes, ...]"]
"""Given what retrieval knows and the number of candidates wanted, says where to find them.

Several routes of one retrieval, from different lists, share its `reserve`.
"""

RETRIEVALS: Registry[Retrieval] = Registry("retrieval")
