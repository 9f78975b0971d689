"""Decided requests in columns, and the kernels that decide them there.

A batch has columns of its own. Single requests are decided as the next rows of one batch that
grows, the desk: so those who watch are handed many at once with nothing to join, and the kernels
take all columns in one box (`kernel.boxed`) instead of array by array.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from adunion.kernel.borrowing import borrowing
from adunion.kernel.boxed import Box, boxed

from .auction.batch import (
    Book,
    Candidates,
    Goods,
    Requests,
    Rules,
    Scores,
    Slots,
    new_scores,
    new_slots,
    run,
)
from .auction.load import paid_most
from .auction.pricing import per_sight
from .auction.rank import Scratch, scratch
from .log import is_kept
from .page import (
    Moved,
    Pages,
    answers,
    find_moved,
    new_pages,
    pay,
    room_for_moved,
    write_page,
)
from .types import CandidateBatch, DecisionBatch, RequestBatch

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
Prices = Callable[[Moved], Ints]

REQUESTS_MAX = 256
"""Single requests that are decided before those who watch see them."""
_CANDIDATES_EACH = 160


class Columns(NamedTuple):
    """A batch of requests, its candidates, and what is made of them."""

    words: npt.NDArray[np.uint64]  # (2n,) the requests' ids
    profile: npt.NDArray[np.int32]  # (n,) as in `RequestBatch`
    requests: Requests
    candidates: Candidates
    relevance: Floats
    scores: Scores
    slots: Slots
    price_micros: Ints  # (n, K)


class Terms(NamedTuple):
    """What holds for every request until it is set anew."""

    goods: Goods
    rules: Rules
    page_bps: Ints  # (placements,) of a page's slots beyond the first, what bids may move
    day_share: float  # of a day's slots, what bids may move
    explore_share: float


class Work(NamedTuple):
    """Working memory."""

    ranking: Scratch
    where: Ints  # (3, most slots) see `page.Moved`
    facts: Ints  # (6, most slots)
    prices: Ints  # (most slots,)


class Sheet:
    """A batch in columns of its own, ranked some rows at a time and answered as a whole."""

    def __init__(self, columns: Columns, rows_at_once: int, longest: int) -> None:
        """`longest`: most candidates of a request; `rows_at_once`: most that are ranked at once."""
        self.columns = columns
        self.slots_max = columns.slots.candidate.shape[1]
        where, facts = room_for_moved(rows_at_once * self.slots_max)
        self._work = Work(scratch(longest), where, facts, np.empty_like(facts[0]))
        self._boxes = boxed(columns), boxed(self._work)

    def rank(self, first: int, last: int, terms: Box, book: Box) -> Moved:
        """Rank requests first to last - 1 in order, taking bids out of the book's balances."""
        return self._moved(_rank(*self._boxes, first, last, terms, book))

    def pay(self, prices: Ints, terms: Box, book: Box) -> None:
        """Write the prices of what was just ranked and moved, and give back what bids held."""
        _pay(*self._boxes, prices, terms, book)

    def answer(self, terms: Box) -> tuple[Ints, DecisionBatch]:
        """Candidate rows that are shown, (n, K), and the answer."""
        count = len(self.columns.requests.at_us)
        pages = new_pages(count, self.slots_max)
        _answer(*self._boxes, terms, boxed(pages))
        return pages.shown, answers(pages, 0, count)

    def _moved(self, count: int) -> Moved:
        return Moved(self._work.where[:, :count], self._work.facts[:, :count])


class Desk(Sheet):
    """Takes single requests, up to `REQUESTS_MAX`, until another is made.

    Whoever reads its columns must be done with them before the next request.
    """

    def __init__(self, slots_max: int, weighed: bool, candidates: int) -> None:
        self._room = max(REQUESTS_MAX * _CANDIDATES_EACH, candidates)
        self._weighed = weighed
        super().__init__(_room(self._room, slots_max, weighed), 1, self._room)
        self.clear()

    def __len__(self) -> int:
        return self._count

    def clear(self) -> None:
        """Begin anew; what was answered stays as it is."""
        self._count = self._used = 0
        self.kept: list[int] = []  # the requests on it that the log of decisions wants
        self._pages = new_pages(REQUESTS_MAX, self.slots_max)
        self._page_box = boxed(self._pages)

    def fits(self, slots_max: int, weighed: bool, candidates: int) -> bool:
        """Whether one more request fits on it, of such pages and with weights or without them."""
        alike = self.slots_max == slots_max and self._weighed == weighed
        return alike and self._count < REQUESTS_MAX and self._used + candidates <= self._room

    @property
    def all(self) -> Columns:
        """What lies on it."""
        return _part(self.columns, 0, self._count, 0, self._used)

    @property
    def answered(self) -> tuple[Ints, DecisionBatch]:
        """Candidate rows that were shown, (n, K), and the answers."""
        return self._pages.shown[: self._count], answers(self._pages, 0, self._count)

    def decide_next(
        self, requests: RequestBatch, candidates: CandidateBatch, pctr: Floats, pcvr: Floats,
        weights: tuple[Floats, Floats], region: int, terms: Box, book: Box, one_in: int,
        prices: Prices | None,
    ) -> tuple[DecisionBatch, bool]:  # fmt: skip
        """Put one request on the desk and answer it as `answer` does; `prices` None: by uplift.

        Also whether the request is one of the `one_in` that are kept; 0: none is.
        """
        at, harmful = self._count, requests.harmful is not None and bool(requests.harmful[0])
        given = (
            *self._boxes, terms, book, at, requests.request.view(np.uint64), requests.at_us,
            requests.placement, requests.slots, requests.profile, region, harmful,
            candidates.item, candidates.relevance, pctr, pcvr, *weights,
        )  # fmt: skip
        if prices is None:
            kept = _decide_next(*given, one_in, self._page_box)
        else:
            priced = prices(self._moved(_rank_next(*given)))
            kept = _answer_next(*given[:5], priced, one_in, self._page_box)
        self._used += len(candidates.item)
        self._count += 1
        return answers(self._pages, at, at + 1), kept


def _room(candidates: int, slots_max: int, weighed: bool) -> Columns:
    def whole(count: int, dtype: str) -> npt.NDArray[Any]:
        return np.zeros(count, dtype)

    count, weights = REQUESTS_MAX, candidates if weighed else 0
    return Columns(
        whole(2 * count, "u8"),
        whole(count, "i4"),
        Requests(
            whole(count, "i8"), whole(count, "i2"), whole(count, "i2"), whole(count, "i2"),
            whole(count, "i2"), whole(count + 1, "i8"),
        ),
        Candidates(
            whole(candidates, "i4"), whole(candidates, "f4"), whole(candidates, "f4"),
            whole(weights, "f4"), whole(weights, "f4"),
        ),
        whole(candidates, "f4"),
        new_scores(candidates),
        new_slots(count, slots_max),
        np.zeros((count, slots_max), np.int64),
    )  # fmt: skip


def _part(whole: Columns, first: int, last: int, begin: int, end: int) -> Columns:
    """Views of requests first to last - 1 and their candidate rows begin to end - 1."""

    def cut(columns: Iterable[npt.NDArray[Any]], low: int, high: int) -> list[npt.NDArray[Any]]:
        return [column[low:high] for column in columns]

    offsets = whole.requests.offsets[first : last + 1]
    requests = Requests._make([*cut(whole.requests[:-1], first, last), offsets])
    return Columns(
        whole.words[2 * first : 2 * last],
        whole.profile[first:last],
        requests,
        Candidates._make(cut(whole.candidates, begin, end)),
        whole.relevance[begin:end],
        Scores._make(cut(whole.scores, begin, end)),
        Slots._make(cut(whole.slots, first, last)),
        whole.price_micros[first:last],
    )


# Kernels that Python calls open the boxes; those that they hand all to borrow it.


@njit(cache=True, nogil=True)
def _rank(sheet: Box, work: Box, first: int, last: int, terms: Box, book: Box) -> int:
    return _rank_rows(sheet.value, work.value, first, last, terms.value, book.value)


@njit(cache=True, nogil=True)
def _pay(sheet: Box, work: Box, prices: Ints, terms: Box, book: Box) -> None:
    _pay_rows(sheet.value, work.value, prices, terms.value, book.value)


@njit(cache=True, nogil=True)
def _answer(sheet: Box, work: Box, terms: Box, pages: Box) -> None:
    its = sheet.value
    _write_pages(its, work.value, 0, len(its.requests.at_us), terms.value, pages.value)


@njit(cache=True, nogil=True)
def _rank_next(  # type: ignore[no-untyped-def]  # the columns of a request and its candidates
    sheet, work, terms, book, at, words, at_us, placement, slots, profile, region, harmful, item,
    relevance, pctr, pcvr, weight, counts,
) -> int:  # fmt: skip
    return _put_and_rank(
        sheet.value, work.value, terms.value, book.value, at, words, at_us, placement, slots,
        profile, region, harmful, item, relevance, pctr, pcvr, weight, counts,
    )  # fmt: skip


@njit(cache=True, nogil=True)
def _answer_next(
    sheet: Box, work: Box, terms: Box, book: Box, at: int, prices: Ints, one_in: int, pages: Box
) -> bool:
    return _pay_and_write(
        sheet.value, work.value, terms.value, book.value, at, prices, one_in, pages.value
    )


@njit(cache=True, nogil=True)
def _decide_next(  # type: ignore[no-untyped-def]  # the columns of a request and its candidates
    sheet, work, terms, book, at, words, at_us, placement, slots, profile, region, harmful, item,
    relevance, pctr, pcvr, weight, counts, one_in, pages,
) -> bool:  # fmt: skip
    """Both of them, priced by uplift."""
    its, memory, given, plans = sheet.value, work.value, terms.value, book.value
    count = _put_and_rank(
        its, memory, given, plans, at, words, at_us, placement, slots, profile, region, harmful,
        item, relevance, pctr, pcvr, weight, counts,
    )  # fmt: skip
    facts, prices = memory.facts, memory.prices[:count]
    for m in range(count):
        prices[m] = per_sight(facts[4, m], facts[2, m], facts[3, m], given.rules.reserve_micros)
    return _pay_and_write(its, memory, given, plans, at, prices, one_in, pages.value)


@borrowing()
def _put_and_rank(  # type: ignore[no-untyped-def]  # as of `_rank_next`
    its, memory, given, book, at, words, at_us, placement, slots, profile, region, harmful, item,
    relevance, pctr, pcvr, weight, counts,
) -> int:  # fmt: skip
    requests, candidates, begin = its.requests, its.candidates, its.requests.offsets[at]
    its.words[2 * at], its.words[2 * at + 1] = words[0], words[1]
    requests.at_us[at], requests.placement[at] = at_us[0], placement[0]
    requests.slots[at], requests.region[at], its.profile[at] = slots[0], region, profile[0]
    requests.offsets[at + 1] = begin + len(item)
    requests.paid[at] = (
        0
        if harmful
        else paid_most(words[0] ^ words[1], slots[0], given.page_bps[placement[0]], given.day_share)
    )
    for k in range(len(item)):
        candidates.item[begin + k], its.relevance[begin + k] = item[k], relevance[k]
        candidates.pctr[begin + k], candidates.pcvr[begin + k] = pctr[k], pcvr[k]
    for k in range(len(weight)):
        candidates.weight[begin + k], candidates.counts[begin + k] = weight[k], counts[k]
    empty = its.slots
    for k in range(its.price_micros.shape[1]):
        empty.candidate[at, k], empty.plan[at, k], empty.bid[at, k] = -1, -1, 0
        empty.exposure[at, k], empty.exposure_organic[at, k] = 0, 0
        empty.payment[at, k], empty.rival[at, k], its.price_micros[at, k] = 0, 0, 0
    return _rank_rows(its, memory, at, at + 1, given, book)


@borrowing()
def _pay_and_write(
    its: Columns, memory: Work, given: Terms, book: Book, at: int, prices: Ints, one_in: int,
    pages: Pages,
) -> bool:  # fmt: skip
    _pay_rows(its, memory, prices, given, book)
    _write_pages(its, memory, at, at + 1, given, pages)
    return is_kept(its.words[2 * at] ^ its.words[2 * at + 1], one_in)


@borrowing(inline="always")
def _rank_rows(its: Columns, memory: Work, first: int, last: int, given: Terms, book: Book) -> int:
    run(
        first, last, its.requests, its.candidates, given.goods, book, given.rules, memory.ranking,
        its.scores, its.slots,
    )  # fmt: skip
    return find_moved(its.slots, its.scores, first, last, memory.where, memory.facts)


@borrowing(inline="always")
def _pay_rows(its: Columns, memory: Work, prices: Ints, given: Terms, book: Book) -> None:
    pay(memory.where, memory.facts[0], prices, given.rules.reserve_micros, its.price_micros, book)


@borrowing(inline="always")
def _write_pages(
    its: Columns, memory: Work, first: int, last: int, given: Terms, pages: Pages
) -> None:
    for i in range(first, last):
        write_page(
            i, its.words[2 * i] ^ its.words[2 * i + 1], its.requests, its.candidates, its.relevance,
            its.scores, its.slots, its.price_micros, given.goods, given.rules, memory.ranking,
            given.explore_share, pages,
        )  # fmt: skip
