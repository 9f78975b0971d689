"""Retrieval by words: what the query or the page's text finds in the index."""

import numpy as np

from adunion.prediction import KINDS

from .intent import Intent
from .types import RETRIEVALS, Lists, Routes

_SEARCH = KINDS.index("search")


@RETRIEVALS.register("lexical")
def lexical(intent: Intent, top: int) -> Routes:
    """The items of each request's query, by relevance and merit."""
    lists = Lists.of([answer.found for answer in intent.answers])
    rows = intent.requests.query.reshape(-1, 1)
    quota = np.full(rows.shape, top // 2, np.int32)
    quota[intent.kind == _SEARCH] = top
    weight = np.ones(rows.shape, np.float32)
    return Routes(lists, rows, weight, quota, reserve=top // 2, explore=0.2)
