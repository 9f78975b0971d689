"""What retrieval knows: the index, the lists made from statistics and plans, answered queries."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import numpy.typing as npt
from numba import njit

from adunion.audience import SHELVES, ProfileStore
from adunion.catalog.types import CatalogSnapshot
from adunion.decision.types import Placement
from adunion.prediction import ItemColumns, kind_codes
from adunion.understanding import LexicalIndex
from adunion.understanding.lexical import remember

from .answers import CATEGORIES, Answers, Match, ranked
from .complements import Complements
from .intent import BESIDE
from .types import Floats, Ints, Lists
from .understood import Understood

if TYPE_CHECKING:
    from adunion.understanding.nearest import NearestItems

    from .merge import Plan

T = TypeVar("T")

_BEST = 50  # matches that say which categories a query is about
_AUDIENCE_CATEGORIES = 6
_CATEGORY_SHARE = 0.5  # of relevance: being of the category that the best matches are of
_ANSWERED_MAX = 5_000
_ANSWERED_CHARS_MAX = 500  # a page is rarely asked twice and would fill the memory


_NOTHING = Lists(np.zeros(2, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float32))


@dataclass(frozen=True)
class RetrievalState:
    """A frozen view of catalog, statistics and plans; made anew when any of them changes."""

    snapshot: CatalogSnapshot
    index: LexicalIndex
    placements: Sequence[Placement]
    kinds: npt.NDArray[np.uint8]  # (placements,)
    audience: Ints  # (placements, 6) categories of its people, strongest first, -1 none
    audience_share: Floats  # (placements, 6) of the strongest
    profiles: ProfileStore
    complements: Complements
    merit: Floats  # (items,) log of clicks and orders against expectation
    demand: npt.NDArray[np.float64]  # (categories,) cumulative share, for drawing one
    popular: Lists  # by category, all items by merit
    is_planned: npt.NDArray[np.bool_]  # (items,)
    planned: Lists  # by category, items of live plans by merit
    nearest: NearestItems | None = None  # items by meaning, where they are embedded
    understood: Understood = field(default_factory=Understood)
    needs: OrderedDict[str, Lists] = field(default_factory=OrderedDict)
    matches: OrderedDict[str, Match] = field(default_factory=OrderedDict)

    @classmethod
    def build(
        cls,
        snapshot: CatalogSnapshot,
        index: LexicalIndex,
        placements: Sequence[Placement],
        profiles: ProfileStore,
        columns: ItemColumns,
        complements: Complements,
        planned: Ints,
        audiences: Mapping[str, Mapping[str, float]] | None = None,
        nearest: NearestItems | None = None,
        understood: Understood | None = None,
        before: RetrievalState | None = None,
    ) -> RetrievalState:
        """Make the lists. `planned`: rows of items in live plans; `audiences`: by publisher id.

        What queries match is taken over from the state before where items are the same.
        """
        merit = _merit(columns)
        same = before is not None and before.index is index and before.snapshot is snapshot
        understood = understood or Understood()
        same = same and before is not None and before.understood.needs is understood.needs
        everything = np.ones(len(snapshot), bool)
        is_planned = np.zeros(len(snapshot), bool)
        is_planned[planned] = True
        return cls(
            snapshot, index, placements, kind_codes(placements),
            *_audience(placements, snapshot.categories, audiences or {}), profiles, complements,
            merit, _demand(snapshot, merit), _by_category(snapshot, merit, everything), is_planned,
            _by_category(snapshot, merit, is_planned), nearest, understood,
            matches=before.matches if before and same else OrderedDict(),
        )  # fmt: skip

    def with_planned(self, planned: Ints) -> RetrievalState:
        """The same with other items in live plans."""
        is_planned = np.zeros(len(self.snapshot), bool)
        is_planned[planned] = True
        if np.array_equal(is_planned, self.is_planned):
            return self
        lists = _by_category(self.snapshot, self.merit, is_planned)
        return replace(self, is_planned=is_planned, planned=lists)

    def with_columns(self, columns: ItemColumns, complements: Complements) -> RetrievalState:
        """The same with newer statistics of items and of what goes with what."""
        merit = _merit(columns)
        return replace(
            self,
            merit=merit,
            complements=complements,
            demand=_demand(self.snapshot, merit),
            popular=_by_category(self.snapshot, merit, np.ones(len(merit), bool)),
            planned=_by_category(self.snapshot, merit, self.is_planned),
            needs=OrderedDict(),
        )

    @cached_property
    def plans(self) -> dict[tuple[tuple[str, ...] | None, int], Plan]:
        """What retrievals said, by their names and the candidates wanted (see `merge`)."""
        return {}

    @cached_property
    def shelved(self) -> Lists:
        """All items by shelf of a category (`audience.Facets`), the best of each first."""
        shelf = self.profiles.facets.shelf[self.popular.item]
        size = len(self.snapshot.categories) * SHELVES
        offsets = np.concatenate(([0], np.cumsum(np.bincount(shelf, minlength=size))))
        items = self.popular.item[_grouped(shelf, size)]
        return Lists(offsets.astype(np.int64), items, self.popular.score)

    def answer(self, queries: list[str]) -> Answers:
        """What each query finds; what a short one matches is worked out once and remembered."""
        return ranked([self._match(each) for each in queries], self.merit, self.is_planned)

    def needed(self, query: str, wait: bool) -> Lists:
        """One list: the items of what a query lets one expect to be needed.

        Empty where the query was not read yet and a single shopper waits.
        """
        known = self.needs.get(query)
        if known is None:
            known = self.understood.needed(query, self.merit, wait)
            if known is None:
                return _NOTHING
            known = replace(known, score=known.score * self._match(query).beside)
            _remember(self.needs, query, known)
        return known

    def _match(self, query: str) -> Match:
        known = self.matches.get(query)
        if known is not None:
            return known
        rows, found, named = self.understood.named(query, *self.index.find(query), self.snapshot)
        scores = np.empty(len(rows), np.float32)
        category, share = np.empty(CATEGORIES, np.int32), np.empty(CATEGORIES, np.float32)
        held = np.zeros(len(self.snapshot.categories))
        _fit(rows, found, self.snapshot.category, held, scores, category, share)
        beside = np.float32(BESIDE * share[0] if named else 1)
        match = Match(rows, scores, category, share, beside)
        _remember(self.matches, query, match)
        return match


def _remember(known: OrderedDict[str, T], query: str, answer: T) -> None:
    """Keep what a short query gave."""
    if len(query) < _ANSWERED_CHARS_MAX:
        remember(known, query, answer, _ANSWERED_MAX)


@njit(cache=True, nogil=True)
def _fit(
    rows: Ints, found: Floats, category_of: Ints, held: npt.NDArray[np.float64],
    scores: Floats, category: Ints, share: Floats,
) -> None:  # fmt: skip
    """The categories of the best matches, and every match's score by how far it is of them."""
    category[:], share[:] = -1, 0
    for k in range(min(len(rows), _BEST)):
        held[category_of[rows[k]]] += found[k] * found[k]
    most, best = 1e-9, np.float32(0)
    for c in range(len(held)):
        most = max(most, held[c])
    for k in range(len(rows)):
        fit = np.sqrt(held[category_of[rows[k]]] / most)
        scores[k] = found[k] * (1 - _CATEGORY_SHARE + _CATEGORY_SHARE * fit)
        best = max(best, scores[k])
    for place in range(min(len(category), len(held))):
        strongest = np.argmax(held)
        if held[strongest] <= 0:
            break
        category[place], share[place] = strongest, held[strongest] / most * best
        held[strongest] = 0


def _merit(columns: ItemColumns) -> Floats:
    lifts = columns.numbers[:, 0] + columns.numbers[:, 2] + 0.15 * columns.numbers[:, 5]
    return np.asarray(np.clip(lifts, -2, 2), np.float32)


def _demand(snapshot: CatalogSnapshot, merit: Floats) -> npt.NDArray[np.float64]:
    size = np.bincount(snapshot.category, np.exp(merit), len(snapshot.categories))
    total = np.cumsum(np.sqrt(size))
    return total / max(float(total[-1]), 1e-9) if len(total) else total


def _by_category(snapshot: CatalogSnapshot, merit: Floats, chosen: npt.NDArray[np.bool_]) -> Lists:
    rows = np.flatnonzero(chosen)
    rows = rows[_best_first(merit[rows])]
    category, size = snapshot.category[rows], len(snapshot.categories)
    rows = rows[_grouped(category, size)]
    sizes = np.bincount(category, minlength=size)
    offsets = np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)
    return Lists(offsets, np.asarray(rows, np.int32), np.ones(len(rows), np.float32))


def _best_first(merit: Floats) -> npt.NDArray[np.int64]:
    """The rows by merit, equal ones in their order: one sort of words, the merit before the row."""
    bits = (np.float32(0) - merit).view(np.int32)  # as integers, floats below 0 sort backwards
    high = np.where(bits < 0, ~bits, bits ^ np.int32(-(1 << 31))).view(np.uint32)
    words = high.astype(np.uint64) << np.uint64(32) | np.arange(len(merit), dtype=np.uint64)
    return (np.sort(words) & np.uint64(0xFFFFFFFF)).astype(np.int64)


def _grouped(codes: npt.NDArray[np.integer], size: int) -> npt.NDArray[np.int64]:
    """The rows by code, of one code in their order; of 16 bits numpy sorts them by radix."""
    short = codes.astype(np.uint16) if size <= 1 << 16 else codes
    return np.argsort(short, kind="stable")


def _audience(
    placements: Sequence[Placement],
    categories: list[str],
    audiences: Mapping[str, Mapping[str, float]],
) -> tuple[Ints, Floats]:
    """The main categories of each placement; an audience may name a whole branch of them."""
    out = np.zeros((len(placements), len(categories)), np.float32)
    for row, placement in enumerate(placements):
        for name, share in audiences.get(placement.publisher_id or "", {}).items():
            for column, path in enumerate(categories):
                if path == name or path.startswith(f"{name} >"):
                    out[row, column] = max(out[row, column], share)
        out[row] /= max(float(out[row].max(initial=0)), 1e-9)
    top = np.argsort(-out, axis=1, kind="stable")[:, :_AUDIENCE_CATEGORIES]
    shares = np.take_along_axis(out, top, 1)
    return np.where(shares > 0, top, -1).astype(np.int32), shares
