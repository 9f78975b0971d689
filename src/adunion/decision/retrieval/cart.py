"""Retrieval by basket model: what completes the cart or goes with what is being viewed."""

from functools import lru_cache

import numpy as np

from .co_purchase import CONTEXT_MAX, last_items
from .intent import Intent
from .types import RETRIEVALS, Lists, Routes, alike, even

_KNOWN = np.float32(0.7)  # of what was bought: nobody has tried it here
_NONE = Lists(np.zeros(1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float32))


@RETRIEVALS.register("cart")
def cart(intent: Intent, top: int) -> tuple[Routes, Routes]:
    """What goes with each context item: by the basket model of the last training, and as known."""
    understood, requests = intent.state.understood, intent.requests
    if not len(requests.context_items):
        return _nowhere(len(requests), top // 3)
    shape = (len(requests), CONTEXT_MAX)
    rows, quota = np.full(shape, -1, np.int32), np.zeros(shape, np.int32)
    last_items(requests.context_offsets, requests.context_items, top // 3, rows, quota)
    bought, known = understood.carts, understood.companions
    product = np.full(shape, -1, np.int32)
    if known is not None and understood.product is not None:
        product = np.where(rows >= 0, understood.product[rows], np.int32(-1))
    if bought is None:
        rows = np.full(shape, -1, np.int32)
    weight = even(*shape)
    return (
        Routes(bought or _NONE, rows, weight, quota, reserve=top // 3),
        Routes(known or _NONE, product, weight * _KNOWN, quota, reserve=top // 3, explore=0.2),
    )


@lru_cache(4)
def _nowhere(requests: int, reserve: int) -> tuple[Routes, Routes]:
    """Routes of requests without context; do not write to them."""
    shape = (requests, CONTEXT_MAX)
    routes = Routes(_NONE, alike(*shape, -1), even(*shape), alike(*shape, 0), reserve)
    return routes, routes._replace(explore=0.2)
