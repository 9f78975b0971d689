"""What retrieval knows: the index, the lists made from statistics and plans, answered queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from numba import njit

from adunion.audience import ProfileStore
from adunion.catalog.types import CatalogSnapshot
from adunion.decision.types import Placement
from adunion.prediction import ItemColumns, kind_codes
from adunion.understanding import POOL_MAX, LexicalIndex

from .complements import Complements
from .types import Floats, Ints, Lists

T = TypeVar("T")

_LIST_MAX = 300
_QUERY_CATEGORIES = 4
_AUDIENCE_CATEGORIES = 6
_MERIT_SHARE = 0.35  # how far merit moves an item among those of like relevance
_CATEGORY_SHARE = 0.5  # of relevance: being of the category that the best matches are of
_ANSWERED_MAX = 5_000
_ANSWERED_CHARS_MAX = 500  # a page is rarely asked twice and would fill the memory


@dataclass(frozen=True)
class Answer:
    """What a query finds: items, the planned ones among them, and its categories."""

    found: Lists  # one list
    planned: Lists  # one list
    category: Ints  # (4,) strongest first, -1 none
    share: Floats  # (4,) of the strongest


@dataclass(frozen=True)
class Match:
    """What a query finds before merit and plans have their say; as lasting as the index."""

    rows: Ints
    scores: Floats
    category: Ints  # (4,) strongest first, -1 none
    share: Floats  # (4,)


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
    answers: dict[str, Answer] = field(default_factory=dict)
    matches: dict[str, Match] = field(default_factory=dict)

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
    ) -> RetrievalState:
        """Make the lists. `planned`: rows of items in live plans; `audiences`: by publisher id."""
        merit = _merit(columns)
        everything = np.ones(len(snapshot), bool)
        is_planned = np.zeros(len(snapshot), bool)
        is_planned[planned] = True
        return cls(
            snapshot, index, placements, kind_codes(placements),
            *_audience(placements, snapshot.categories, audiences or {}), profiles, complements,
            merit, _demand(snapshot, merit), _by_category(snapshot, merit, everything), is_planned,
            _by_category(snapshot, merit, is_planned),
        )  # fmt: skip

    def with_planned(self, planned: Ints) -> RetrievalState:
        """The same with other items in live plans."""
        is_planned = np.zeros(len(self.snapshot), bool)
        is_planned[planned] = True
        if np.array_equal(is_planned, self.is_planned):
            return self
        lists = _by_category(self.snapshot, self.merit, is_planned)
        return replace(self, is_planned=is_planned, planned=lists, answers={})

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
            answers={},
        )

    def answer(self, query: str) -> Answer:
        """What a query finds; a short one is worked out once and remembered."""
        known = self.answers.get(query)
        if known is None:
            match = self._match(query)
            found, planned = _rank(match.rows, match.scores, self.merit, self.is_planned)
            known = Answer(_one_list(*found), _one_list(*planned), match.category, match.share)
            _remember(self.answers, query, known)
        return known

    def _match(self, query: str) -> Match:
        known = self.matches.get(query)
        if known is not None:
            return known
        rows, scores = self.index.search(query, POOL_MAX)
        held = np.bincount(
            self.snapshot.category[rows[:50]], scores[:50] ** 2, len(self.snapshot.categories)
        )
        fit = held[self.snapshot.category[rows]] / held.max(initial=1e-9)
        scores = (scores * (1 - _CATEGORY_SHARE + _CATEGORY_SHARE * np.sqrt(fit))).astype(
            np.float32
        )
        category = np.argsort(-held, kind="stable")[:_QUERY_CATEGORIES]
        category = category[held[category] > 0]
        share = held[category] / held.max(initial=1e-9) * scores.max(initial=0)
        match = Match(
            rows, scores, np.full(_QUERY_CATEGORIES, -1, np.int32),
            np.zeros(_QUERY_CATEGORIES, np.float32),
        )  # fmt: skip
        match.category[: len(category)], match.share[: len(share)] = category, share
        _remember(self.matches, query, match)
        return match


def _one_list(items: Ints, scores: Floats) -> Lists:
    return Lists(np.array([0, len(items)], np.int64), items, scores)


def _remember(known: dict[str, T], query: str, answer: T) -> None:
    """Keep what a short query gave; the oldest goes when there are too many."""
    while len(known) >= _ANSWERED_MAX:
        del known[next(iter(known))]
    if len(query) < _ANSWERED_CHARS_MAX:
        known[query] = answer


@njit(cache=True, nogil=True)
def _rank(
    rows: Ints, scores: Floats, merit: Floats, is_planned: npt.NDArray[np.bool_]
) -> tuple[tuple[Ints, Floats], tuple[Ints, Floats]]:
    """The best of a match with merit counted, and the best planned ones among them."""
    value = scores + np.float32(_MERIT_SHARE) * scores * merit[rows]
    order = np.argsort(-value, kind="mergesort")
    rows, scores = rows[order], scores[order]
    paid = np.flatnonzero(is_planned[rows])[:_LIST_MAX]
    return (rows[:_LIST_MAX].copy(), scores[:_LIST_MAX].copy()), (rows[paid], scores[paid])


def _merit(columns: ItemColumns) -> Floats:
    lifts = columns.numbers[:, 0] + columns.numbers[:, 2] + 0.15 * columns.numbers[:, 5]
    return np.asarray(np.clip(lifts, -2, 2), np.float32)


def _demand(snapshot: CatalogSnapshot, merit: Floats) -> npt.NDArray[np.float64]:
    size = np.bincount(snapshot.category, np.exp(merit), len(snapshot.categories))
    total = np.cumsum(np.sqrt(size))
    return total / max(float(total[-1]), 1e-9) if len(total) else total


def _by_category(snapshot: CatalogSnapshot, merit: Floats, chosen: npt.NDArray[np.bool_]) -> Lists:
    rows = np.flatnonzero(chosen)
    category = snapshot.category[rows]
    rows = rows[np.lexsort((rows, -merit[rows], category))].astype(np.int32)
    sizes = np.bincount(category, minlength=len(snapshot.categories))
    offsets = np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)
    return Lists(offsets, np.asarray(rows, np.int32), np.ones(len(rows), np.float32))


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
