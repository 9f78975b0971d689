"""Merging retrievals: each request's candidates, without duplicates, in one pass of a kernel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from adunion.decision.types import CandidateBatch, RequestBatch
from adunion.kernel.borrowing import borrowing
from adunion.kernel.boxed import Box, boxed

from .intent import CART, MIX, SEARCH, Asked, Intent, Market, drawn, liked_shelf, read
from .state import RetrievalState
from .types import NO_LISTS, RETRIEVALS, By, Floats, Found, Ints, Lists, Retrieval, Routes

FLOOR = 0.55  # of the best match
_ENOUGH_FIT = 24  # beside a page: with fewer, all compete, so that there is a choice
CONTEXT_MAX = 8
"""Items of a cart that are looked at: the last ones put in."""
_DEEPER = 4  # times the quota, where places are left after the first round
_QUERY, _CATEGORY, _SHELF, _ITEM = (int(by) for by in By)
_NO_ROWS = np.zeros(0, np.int32)


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
    names = None if retrievals is None else tuple(sorted(retrievals))
    plan = state.plans.get((names, top))
    if plan is None:
        chosen = list(RETRIEVALS) if retrievals is None else sorted(retrievals.items())
        plan = state.plans[names, top] = _plan(state, top, [each for _, each in chosen])
    count, queries = len(requests), requests.queries
    offsets = np.zeros(count + 1, np.int64)
    item, relevance = np.empty(count * top, np.int32), np.empty(count * top, np.float32)
    source_of = np.empty(count * top, np.uint8)
    if plan.box is not None:
        answers, profiles = state.answer(queries), state.profiles
        _gather(
            plan.box, tuple([_columns(each(state, answers, queries)) for each in plan.found]), top,
            requests.request.view(np.uint64), requests.placement, requests.slots, requests.query,
            requests.profile, requests.consent, requests.context_offsets, requests.context_items,
            answers.sizes, answers.category, answers.share,
            profiles.category, profiles.taste, profiles.sketch,
            offsets, item, relevance, source_of,
        )  # fmt: skip
    total = int(offsets[count])
    return CandidateBatch(offsets, item[:total], relevance[:total], source_of[:total])


class Plan(NamedTuple):
    """What retrievals say, ready for the kernel."""

    box: Box | None  # of `Standing`; None: no retrieval
    found: list[Found]  # what is asked for each batch of queries


class _Standing(NamedTuple):
    """What holds for every request until statistics or plans change."""

    market: Market
    paths: tuple[tuple[Any, ...], ...]


def _plan(state: RetrievalState, top: int, retrievals: Sequence[Retrieval]) -> Plan:
    paths: list[tuple[Any, ...]] = []
    found: list[Found] = []
    for source, retrieval in enumerate(retrievals):
        said = retrieval(state, top)
        for routes in (said,) if isinstance(said, Routes) else said:
            lists = routes.lists
            if not isinstance(lists, Lists):
                found.append(lists)
                lists = NO_LISTS
            search = routes.places if routes.places_search is None else routes.places_search
            list_of = _NO_ROWS if routes.list_of is None else routes.list_of
            paths.append(
                (*_columns(lists), list_of, int(routes.by), len(found) - 1, routes.places, search,
                 source, routes.reserve, float(routes.explore), float(routes.weight), routes.fills)
            )  # fmt: skip
    if not paths:
        return Plan(None, [])
    market = Market(
        state.kinds, state.snapshot.category, state.audience, state.audience_share,
        state.complements.category, state.complements.strength, state.demand,
        state.shelved.offsets, state.profiles.facets.centres,
    )  # fmt: skip
    return Plan(boxed(_Standing(market, tuple(paths))), found or [lambda *_: NO_LISTS])


def _columns(lists: Lists) -> tuple[npt.NDArray[np.int64], Ints, Floats]:
    return lists.offsets, lists.item, lists.score


class _Path(NamedTuple):
    """A `Routes` as the kernel reads it."""

    offsets: npt.NDArray[np.int64]
    item: Ints
    score: Floats
    list_of: Ints  # (0,): an item's own row
    by: int
    found: int  # of the lists that were asked for, by query
    places: int
    places_search: int
    source: int
    reserve: int
    explore: float
    weight: float
    fills: bool


class _Out(NamedTuple):
    """The candidates of one request, and a hash table of where each item is among them."""

    item: Ints  # (top,)
    relevance: Floats
    source: npt.NDArray[np.uint8]
    place: npt.NDArray[np.int16]  # (power of 2,) -1 empty


@njit(cache=True, nogil=True)
def _gather(  # type: ignore[no-untyped-def]  # the columns of Asked and of CandidateBatch
    standing, found, top, words, placement, slots, query, profile, consent, context_offsets,
    context_items, sizes, query_category, query_share, taste_category, taste, sketch,
    offsets, item, relevance, source,
) -> None:  # fmt: skip
    """Write every request's candidates, those of request i at `offsets[i]` to `offsets[i + 1]`.

    What it calls for each path and list is inlined: handing over the columns takes longer.
    """
    asked = Asked(
        words, placement, slots, query, profile, consent, context_offsets, context_items, sizes,
        query_category, query_share, taste_category, taste, sketch,
    )  # fmt: skip
    size = 2
    while size < 4 * top:
        size *= 2
    routes = _Taken(np.empty(MIX, np.int32), np.empty(MIX, np.float32), np.empty(MIX, np.int64))
    about = Intent(np.empty(MIX, np.int32), np.empty(MIX, np.float32), np.empty(MIX, np.float32))
    out = _Out(item, relevance, source, np.empty(size, np.int16))
    its = standing.value
    _gather_all(its.paths, its.market, found, top, asked, routes, about, offsets, out)


@borrowing()
def _gather_all(
    paths: tuple[tuple[Any, ...], ...], market: Market, found: tuple[tuple[Any, ...], ...],
    top: int, asked: Asked, routes: _Taken, about: Intent, offsets: npt.NDArray[np.int64],
    whole: _Out,
) -> None:  # fmt: skip
    for i in range(len(asked.placement)):
        first = offsets[i]
        last = first + top
        draw = drawn(asked.words[2 * i], asked.words[2 * i + 1])
        read(i, draw, asked, market, about)
        whole.place[:] = -1
        out = _Out(
            whole.item[first:last], whole.relevance[first:last], whole.source[first:last],
            whole.place,
        )  # fmt: skip
        filled = 0
        for deeper in (1, _DEEPER):
            filled = _round(
                paths, found, routes, out, filled, i, deeper, draw, asked, market, about
            )
        cart = asked.context_offsets[i + 1] > asked.context_offsets[i]
        if asked.query[i] >= 0 or (cart and market.kinds[asked.placement[i]] == CART):
            kind = market.kinds[asked.placement[i]]
            strict = kind in (SEARCH, CART)
            enough = int(asked.slots[i]) if strict else _ENOUGH_FIT
            filled = _drop_weak(out, filled, enough, enough if strict else top)
        offsets[i + 1] = first + filled


class _Taken(NamedTuple):
    """The lists that one request takes from by one path, (14,) each."""

    row: Ints
    weight: Floats
    quota: npt.NDArray[np.int64]


@borrowing(inline="always")
def _lists(path: _Path, i: int, asked: Asked, market: Market, about: Intent, out: _Taken) -> int:
    """Write the lists that request i takes from by a path; how many."""
    if path.by == _QUERY:
        search = market.kinds[asked.placement[i]] == SEARCH
        out.row[0], out.weight[0] = asked.query[i], np.float32(path.weight)
        out.quota[0] = path.places_search if search else path.places
        return 1
    if path.by == _ITEM:
        last = asked.context_offsets[i + 1]
        count = int(min(last - asked.context_offsets[i], CONTEXT_MAX))
        for k in range(count):
            row = asked.context_items[last - 1 - k]
            out.row[k] = path.list_of[row] if row >= 0 and len(path.list_of) else row
            out.weight[k], out.quota[k] = np.float32(path.weight), path.places // count
        return count
    known = asked.profile[i] if asked.consent[i] else -1
    for s in range(MIX):
        row = about.category[s]
        if path.by == _SHELF and row >= 0:
            row = liked_shelf(row, asked.sketch[known], market) if known >= 0 else -1
        out.row[s], out.weight[s] = row, about.weight[s]
        out.quota[s] = np.ceil(about.share[s] * np.float32(path.places))
    return MIX


@borrowing(inline="always")
def _round(
    paths: tuple[tuple[Any, ...], ...], found: tuple[tuple[Any, ...], ...], routes: _Taken,
    out: _Out, filled: int, i: int, deeper: int, turn: np.uint64, asked: Asked, market: Market,
    about: Intent,
) -> int:  # fmt: skip
    """Let every retrieval add items, its own share or, when going deeper, what is left."""
    cart = asked.context_items[asked.context_offsets[i] : asked.context_offsets[i + 1]]
    complement_only = market.kinds[asked.placement[i]] == CART
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
        if filled >= end:
            continue
        count = _lists(path, i, asked, market, about, routes)
        offsets, item, score = path.offsets, path.item, path.score
        if path.by == _QUERY:
            offsets, item, score = found[path.found]
        for r in range(count):
            if routes.row[r] >= 0:
                filled = _take(
                    offsets, item, score, routes.row[r], routes.weight[r],
                    routes.quota[r] * deeper, path.explore, path.source, out, filled, end, turn,
                    cart, market.item_category, complement_only,
                )  # fmt: skip
    return filled


@borrowing(inline="always")
def _take(
    offsets: npt.NDArray[np.int64], item: Ints, score: Floats, row: int, weight: np.float32,
    quota: int, explore: float, source: int, out: _Out, filled: int, end: int, turn: np.uint64,
    cart: Ints, category: Ints, complement_only: bool,
) -> int:  # fmt: skip
    """Add one list's items to a request, up to `end` of them in all."""
    mask = len(out.place) - 1
    first = offsets[row]
    size = offsets[row + 1] - first
    wanted = min(quota, size)
    steady = wanted - int(wanted * explore) if size > wanted else wanted
    begin = np.int64(turn >> np.uint64(33)) % (size - steady) if size > steady else 0
    for k in range(wanted):
        at = k if k < steady else steady + (begin + k - steady) % (size - steady)
        found = item[first + at]
        value = min(weight * score[first + at], np.float32(1))
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
            out.source[filled] = source
            filled += 1
    return filled


@borrowing()
def _drop_weak(out: _Out, filled: int, enough: int, least: int) -> int:
    """Keep what is at least `FLOOR` times as relevant as the best; how many are left.

    Where those are not `enough`, the first of the others make them up to `least`.
    """
    best = np.float32(0)
    for c in range(filled):
        best = max(best, out.relevance[c])
    floor, strong = np.float32(FLOOR) * best, 0
    for c in range(filled):
        strong += out.relevance[c] >= floor
    fillers = least - strong if strong < enough else 0
    kept = 0
    for c in range(filled):
        weak = out.relevance[c] < floor
        fillers -= weak
        if not weak or fillers >= 0:
            out.item[kept] = out.item[c]
            out.relevance[kept] = out.relevance[c]
            out.source[kept] = out.source[c]
            kept += 1
    return kept


@borrowing(inline="always")
def _fits(found: int, cart: Ints, category: Ints, complement_only: bool) -> bool:
    for c in range(len(cart)):
        if cart[c] == found or (complement_only and category[cart[c]] == category[found]):
            return False
    return True
