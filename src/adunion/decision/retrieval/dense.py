"""Retrieval by meaning: what is nearest to the query, whatever words it says.

It has nothing to add until the items are embedded, which happens in the background and only where
`ADUNION_DENSE` is set.
"""

from collections.abc import Sequence

import numpy as np

from .answers import Answers
from .state import RetrievalState
from .types import NO_LISTS, RETRIEVALS, By, Lists, Routes


@RETRIEVALS.register("dense")
def dense(state: RetrievalState, top: int) -> tuple[Routes, ...]:
    """The items nearest to each request's query, a quarter of the candidates at most."""
    if state.nearest is None:
        return ()
    return (Routes(_nearest, By.QUERY, places=top // 4, reserve=top // 4, fills=False),)


def _nearest(state: RetrievalState, _answers: Answers, queries: Sequence[str]) -> Lists:
    nearest = state.nearest
    if nearest is None or not queries:
        return NO_LISTS
    found = [nearest.found(query) for query in queries]
    offsets = np.concatenate(([0], np.cumsum([len(rows) for rows, _ in found]))).astype(np.int64)
    return Lists(
        offsets,
        np.concatenate([rows for rows, _ in found]),
        np.concatenate([scores for _, scores in found]),
    )
