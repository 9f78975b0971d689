"""Retrieval by need: items that answer what a query or a page lets one expect to be needed."""

from collections.abc import Sequence

import numpy as np

from .intent import Intent
from .types import RETRIEVALS, Lists, Routes, alike, even

_NONE = Lists(np.zeros(1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float32))


@RETRIEVALS.register("needs")
def needs(intent: Intent, top: int) -> Routes:
    """The items of each query's needs; it takes its own places and no more."""
    queries = intent.requests.queries
    lists = _joined([intent.state.needed(query, len(queries) > 1) for query in queries])
    rows = intent.requests.query.reshape(-1, 1)
    reserve = top // 6
    quota = alike(len(rows), 1, 2 * reserve)
    return Routes(lists, rows, even(len(rows), 1), quota, reserve=reserve, fills=False)


def _joined(parts: Sequence[Lists]) -> Lists:
    if len(parts) <= 1:
        return parts[0] if parts else _NONE
    sizes = [len(part.item) for part in parts]
    items = np.concatenate([part.item for part in parts])
    scores = np.concatenate([part.score for part in parts])
    return Lists(np.concatenate(([0], np.cumsum(sizes))).astype(np.int64), items, scores)
