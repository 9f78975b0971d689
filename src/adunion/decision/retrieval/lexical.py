"""Retrieval by words: what the query or the page's text finds in the index."""

import numpy as np

from adunion.prediction import KINDS

from .intent import Intent
from .types import RETRIEVALS, Routes, alike, even

_HALVES = np.array([2 if kind == "search" else 1 for kind in KINDS], np.int32)
"""Of the candidates."""


@RETRIEVALS.register("lexical")
def lexical(intent: Intent, top: int) -> Routes:
    """The items of each request's query, by relevance and merit."""
    lists = intent.answers.found
    rows = intent.requests.query.reshape(-1, 1)
    if len(rows) == 1:
        quota = alike(1, 1, _HALVES.item(intent.kind.item()) * top // 2)
    else:
        quota = _HALVES[intent.kind].reshape(-1, 1) * np.int32(top) // np.int32(2)
    return Routes(lists, rows, even(len(rows), 1), quota, reserve=top // 2, explore=0.2)
