"""Retrieval by need: items that answer what a query or a page lets one expect to be needed."""

from collections.abc import Sequence

import numpy as np

from .answers import Answers
from .state import RetrievalState
from .types import NO_LISTS, RETRIEVALS, By, Lists, Routes


@RETRIEVALS.register("needs")
def needs(_state: RetrievalState, top: int) -> Routes:
    """The items of each query's needs; it takes its own places and no more."""
    reserve = top // 6
    return Routes(_needed, By.QUERY, places=2 * reserve, reserve=reserve, fills=False)


def _needed(state: RetrievalState, _answers: Answers, queries: Sequence[str]) -> Lists:
    return _joined([state.needed(query, len(queries) > 1) for query in queries])


def _joined(parts: Sequence[Lists]) -> Lists:
    if len(parts) <= 1:
        return parts[0] if parts else NO_LISTS
    sizes = [len(part.item) for part in parts]
    items = np.concatenate([part.item for part in parts])
    scores = np.concatenate([part.score for part in parts])
    return Lists(np.concatenate(([0], np.cumsum(sizes))).astype(np.int64), items, scores)
