"""Retrieval by company: what others bought together with what is in the cart or being viewed."""

import numpy as np

from .intent import Intent
from .types import RETRIEVALS, Routes

CONTEXT_MAX = 8
"""Items of a cart that are looked at: the last ones put in."""


@RETRIEVALS.register("co_purchase")
def co_purchase(intent: Intent, top: int) -> Routes:
    """The complements of each context item."""
    requests = intent.requests
    ends = requests.context_offsets[1:, None]
    place = ends - 1 - np.arange(CONTEXT_MAX)
    inside = place >= requests.context_offsets[:-1, None]
    context = np.append(requests.context_items, np.int32(-1))
    rows = np.where(inside, context[np.where(inside, place, -1)], -1).astype(np.int32)
    each = top // 2 // np.maximum(inside.sum(1, keepdims=True), 1)
    quota = np.broadcast_to(each, rows.shape).astype(np.int32)
    weight = np.ones(rows.shape, np.float32)
    return Routes(intent.state.complements.items, rows, weight, quota, reserve=top // 2)
