"""Retrieval by meaning: what is nearest to the query, whatever words it says.

It has nothing to add until the items are embedded, which happens in the background and only where
`ADUNION_DENSE` is set.
"""

import numpy as np

from .intent import Intent
from .types import RETRIEVALS, Lists, Routes, alike, even


@RETRIEVALS.register("dense")
def dense(intent: Intent, top: int) -> tuple[Routes, ...]:
    """The items nearest to each request's query, a quarter of the candidates at most."""
    nearest, queries = intent.state.nearest, intent.requests.queries
    if nearest is None or not queries:
        return ()
    found = [nearest.found(query) for query in queries]
    offsets = np.concatenate(([0], np.cumsum([len(rows) for rows, _ in found]))).astype(np.int64)
    lists = Lists(
        offsets,
        np.concatenate([rows for rows, _ in found]),
        np.concatenate([scores for _, scores in found]),
    )
    rows = intent.requests.query.reshape(-1, 1)
    quota = alike(len(rows), 1, top // 4)
    return (Routes(lists, rows, even(len(rows), 1), quota, reserve=top // 4, fills=False),)
