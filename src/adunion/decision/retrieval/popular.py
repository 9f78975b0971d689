"""Retrieval by category: the best items of the categories that a request is about."""

import numpy as np

from .intent import Intent
from .types import RETRIEVALS, Routes


@RETRIEVALS.register("popular")
def popular(intent: Intent, top: int) -> Routes:
    """Items of each of the request's categories, in proportion to how sure the category is."""
    quota = np.ceil(intent.share * top).astype(np.int32)
    lists = intent.state.popular
    return Routes(lists, intent.category, intent.weight, quota, reserve=top // 4, explore=0.3)
