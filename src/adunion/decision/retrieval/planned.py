"""Retrieval of promoted items that match: they reach the auction, and get no other edge."""

import numpy as np

from adunion.prediction import KINDS

from .intent import Intent
from .types import RETRIEVALS, Lists, Routes

_SEARCH = KINDS.index("search")


@RETRIEVALS.register("planned")
def planned(intent: Intent, top: int) -> Routes:
    """Items of live plans: those the query finds, and those of the request's categories."""
    state = intent.state
    reserve = top // 4
    by_query = Lists.of([answer.planned for answer in intent.answers])
    query = intent.requests.query[:, None]
    rows = np.where(query >= 0, query + len(state.planned), -1)
    shares = np.ceil(intent.shares() * reserve)
    return Routes(
        state.planned.and_then(by_query),
        np.hstack([rows, intent.category]).astype(np.int32),
        np.hstack([np.ones(rows.shape), intent.weight]).astype(np.float32),
        np.hstack([np.full(rows.shape, reserve), shares]).astype(np.int32),
        reserve=reserve,
        explore=0.5,
        fills=False,
    )
