"""Merging retrievals: each request's candidates, without duplicates, in one pass of a kernel."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from adunion.decision.types import CandidateBatch, RequestBatch
from adunion.prediction import KINDS

from .intent import read
from .state import RetrievalState
from .types import RETRIEVALS, Floats, Ints, Retrieval, Routes

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
    chosen = RETRIEVALS if retrievals is None else sorted(retrievals.items())
    intent = read(requests, state)
    routes = []
    for source, (_, retrieval) in enumerate(chosen):
        made = retrieval(intent, top)
        routes += [_path(source, each) for each in ((made,) if isinstance(made, Routes) else made)]
    count = len(requests)
    offsets = np.zeros(count + 1, np.int64)
    item, relevance = np.empty(count * top, np.int32), np.empty(count * top, np.float32)
    source_of = np.empty(count * top, np.uint8)
    if routes:
        _gather(
            tuple(routes), top, intent.draw, intent.kind, requests.query, requests.context_offsets,
            requests.context_items, state.snapshot.category, offsets, item, relevance, source_of,
        )  # fmt: skip
    total = int(offsets[count])
    return CandidateBatch(offsets, item[:total], relevance[:total], source_of[:total])


class _Path(NamedTuple):
    """A `Routes` as the kernel reads it."""

    offsets: npt.NDArray[np.int64]
    item: Ints
    score: Floats
    list_row: Ints
    weight: Floats
    quota: Ints
    source: int
    reserve: int
    explore: float
    fills: bool


def _path(source: int, routes: Routes) -> tuple[Any, ...]:
    """The fields of a `_Path`: numba takes longer to recognise a named tuple."""
    lists, row, weight, quota, reserve, explore, fills = routes
    return (
        lists.offsets, lists.item, lists.score, row, weight, quota, source, reserve,
        float(explore), fills,
    )  # fmt: skip


class _Out(NamedTuple):
    """The candidates of one request, and a hash table of where each item is among them."""

    item: Ints  # (top,)
    relevance: Floats
    source: npt.NDArray[np.uint8]
    place: npt.NDArray[np.int16]  # (power of 2,) -1 empty


@njit(cache=True, nogil=True)
def _gather(
    paths: tuple[tuple[Any, ...], ...], top: int, turn: npt.NDArray[np.uint64],
    kind: npt.NDArray[np.uint8], query: Ints, context_offsets: npt.NDArray[np.int64],
    context_items: Ints, category: Ints, offsets: npt.NDArray[np.int64], item: Ints,
    relevance: Floats, source: npt.NDArray[np.uint8],
) -> None:  # fmt: skip
    """Write every request's candidates, those of request i at `offsets[i]` to `offsets[i + 1]`."""
    count, size = len(kind), 2
    while size < 4 * top:
        size *= 2
    place = np.empty(size, np.int16)
    for i in range(count):
        first = offsets[i]
        last = first + top
        place[:] = -1
        out = _Out(item[first:last], relevance[first:last], source[first:last], place)
        cart = context_items[context_offsets[i] : context_offsets[i + 1]]
        filled = _round(paths, out, 0, i, 1, turn[i], cart, category, kind[i] == _CART)
        filled = _round(paths, out, filled, i, _DEEPER, turn[i], cart, category, kind[i] == _CART)
        if kind[i] == _SEARCH and query[i] >= 0:
            filled = _drop_weak(out, filled)
        offsets[i + 1] = first + filled


@njit(cache=True, nogil=True)
def _round(
    paths: tuple[tuple[Any, ...], ...], out: _Out, filled: int, i: int, deeper: int,
    turn: np.uint64, cart: Ints, category: Ints, complement_only: bool,
) -> int:  # fmt: skip
    """Let every retrieval add items, its own share or, when going deeper, what is left."""
    source, begun = -1, filled
    for p in range(len(paths)):
        path = _Path(*paths[p])
        if path.source != source:
            source, begun = path.source, filled
        if deeper > 1 and not path.fills:
            continue
        end = len(out.item)
        if deeper == 1:
            end = min(begun + path.reserve, end)
        if filled < end:
            filled = _take(path, out, filled, end, i, deeper, turn, cart, category, complement_only)
    return filled


@njit(cache=True, nogil=True)
def _take(
    path: _Path, out: _Out, filled: int, end: int, i: int, deeper: int, turn: np.uint64,
    cart: Ints, category: Ints, complement_only: bool,
) -> int:  # fmt: skip
    """Add one retrieval's items to request i, up to `end` of them in all."""
    mask = len(out.place) - 1
    for r in range(path.list_row.shape[1]):
        row = path.list_row[i, r]
        if row < 0:
            continue
        first = path.offsets[row]
        size = path.offsets[row + 1] - first
        wanted = min(path.quota[i, r] * deeper, size)
        steady = wanted - int(wanted * path.explore) if size > wanted else wanted
        begin = np.int64(turn >> np.uint64(33)) % (size - steady) if size > steady else 0
        for k in range(wanted):
            at = k if k < steady else steady + (begin + k - steady) % (size - steady)
            found = path.item[first + at]
            value = min(path.weight[i, r] * path.score[first + at], np.float32(1))
            slot = (found * 40_503 >> 3) & mask
            while out.place[slot] >= 0 and out.item[out.place[slot]] != found:
                slot = (slot + 1) & mask
            known = out.place[slot]
            if known >= 0:
                out.relevance[known] = max(out.relevance[known], value)
            elif filled < end and _fits(found, cart, category, complement_only):
                out.place[slot] = filled
                out.item[filled] = found
                out.relevance[filled] = value
                out.source[filled] = path.source
                filled += 1
    return filled


@njit(cache=True, nogil=True)
def _drop_weak(out: _Out, filled: int) -> int:
    """Keep what is at least `SEARCH_FLOOR` times as relevant as the best; how many are left."""
    best = np.float32(0)
    for c in range(filled):
        best = max(best, out.relevance[c])
    kept = 0
    for c in range(filled):
        if out.relevance[c] >= np.float32(SEARCH_FLOOR) * best:
            out.item[kept] = out.item[c]
            out.relevance[kept] = out.relevance[c]
            out.source[kept] = out.source[c]
            kept += 1
    return kept


@njit(cache=True, nogil=True)
def _fits(found: int, cart: Ints, category: Ints, complement_only: bool) -> bool:
    for c in range(len(cart)):
        if cart[c] == found or (complement_only and category[cart[c]] == category[found]):
            return False
    return True
