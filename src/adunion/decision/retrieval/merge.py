"""Merging retrievals: each request's candidates, without duplicates, in one pass of a kernel."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from adunion.decision.types import CandidateBatch, RequestBatch
from adunion.prediction import KINDS

from .intent import draws, read
from .state import RetrievalState
from .types import RETRIEVALS, Floats, Ints, Retrieval

_CART, _SEARCH = KINDS.index("cart"), KINDS.index("search")
SEARCH_FLOOR = 0.55  # of the best match of a search
_DEEPER = 4  # times the quota, where places are left after the first round


def retrieve(
    requests: RequestBatch,
    state: RetrievalState,
    top: int = 120,
    retrievals: dict[str, Retrieval] | None = None,
) -> CandidateBatch:
    """Up to `top` candidates for each request, from every registered retrieval or those given.

    Each retrieval first fills the places reserved for it, then what is left goes round in order
    of name; `source` is the place of a name in that order. An item found twice keeps the
    greater relevance. A cart never gets what is in it, nor anything of the same category. A search
    drops what matches far worse than its best match, so that no bid can bring a phone to someone
    who asked for a phone case.
    """
    chosen = dict(RETRIEVALS) if retrievals is None else retrievals
    intent = read(requests, state)
    routes = [retrieval(intent, top) for _, retrieval in sorted(chosen.items())]
    count = len(requests)
    out = _Out(count, top, len(state.snapshot))
    complement_only = intent.kind == _CART
    turn = draws(requests)
    for deeper in (1, _DEEPER):
        for source, route in enumerate(routes):
            if deeper > 1 and not route.fills:
                continue
            limit = route.reserve if deeper == 1 else top
            _take(
                out.item, out.relevance, out.source, out.filled, out.place, source, limit,
                route.lists.offsets, route.lists.item, route.lists.score, route.list_row,
                route.weight, route.quota * deeper, route.explore, turn, requests.context_offsets,
                requests.context_items, state.snapshot.category, complement_only,
            )  # fmt: skip
    asked = (intent.kind == _SEARCH) & (requests.query >= 0)
    return out.batch(np.where(asked, SEARCH_FLOOR, 0).astype(np.float32))


class _Out:
    """Candidates being gathered: (n, top) buffers, and where an item of the request at hand is."""

    def __init__(self, count: int, top: int, items: int) -> None:
        self.item = np.empty((count, top), np.int32)
        self.relevance = np.empty((count, top), np.float32)
        self.source = np.empty((count, top), np.uint8)
        self.filled = np.zeros(count, np.int64)
        self.place = np.full(items, -1, np.int32)

    def batch(self, floor: Floats) -> CandidateBatch:
        """What was gathered and is at least `floor` (n,) times as relevant as the best."""
        real = np.arange(self.item.shape[1]) < self.filled[:, None]
        best = np.max(self.relevance, axis=1, where=real, initial=0)
        real &= self.relevance >= (floor * best)[:, None]
        offsets = np.concatenate(([0], np.cumsum(real.sum(1)))).astype(np.int64)
        return CandidateBatch(offsets, self.item[real], self.relevance[real], self.source[real])


@njit(cache=True, nogil=True)
def _take(
    out_item: Ints, out_relevance: Floats, out_source: npt.NDArray[np.uint8],
    filled: npt.NDArray[np.int64], place: Ints, source: int, limit: int,
    offsets: npt.NDArray[np.int64], item: Ints, score: Floats,
    list_row: Ints, weight: Floats, quota: Ints, explore: float, turn: npt.NDArray[np.uint64],
    context_offsets: npt.NDArray[np.int64], context_items: Ints, category: Ints,
    complement_only: npt.NDArray[np.bool_],
) -> None:  # fmt: skip
    """Add one retrieval's items to every request, at most `limit` each."""
    for i in range(len(filled)):
        end = min(filled[i] + limit, out_item.shape[1])
        if filled[i] >= end:
            continue
        for c in range(filled[i]):
            place[out_item[i, c]] = c
        cart = context_items[context_offsets[i] : context_offsets[i + 1]]
        for r in range(list_row.shape[1]):
            if list_row[i, r] < 0:
                continue
            first = offsets[list_row[i, r]]
            size = offsets[list_row[i, r] + 1] - first
            wanted = min(quota[i, r], size)
            steady = wanted - int(wanted * explore) if size > wanted else wanted
            begin = np.int64(turn[i] >> np.uint64(33)) % (size - steady) if size > steady else 0
            for k in range(wanted):
                at = k if k < steady else steady + (begin + k - steady) % (size - steady)
                found = item[first + at]
                value = min(weight[i, r] * score[first + at], np.float32(1))
                known = place[found]
                if known >= 0:
                    out_relevance[i, known] = max(out_relevance[i, known], value)
                elif filled[i] < end and _fits(found, cart, category, complement_only[i]):
                    place[found] = filled[i]
                    out_item[i, filled[i]] = found
                    out_relevance[i, filled[i]] = value
                    out_source[i, filled[i]] = source
                    filled[i] += 1
        for c in range(filled[i]):
            place[out_item[i, c]] = -1


@njit(cache=True, nogil=True)
def _fits(found: int, cart: Ints, category: Ints, complement_only: bool) -> bool:
    for c in range(len(cart)):
        if cart[c] == found or (complement_only and category[cart[c]] == category[found]):
            return False
    return True
