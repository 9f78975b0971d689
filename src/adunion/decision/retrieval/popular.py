"""Retrieval by category: the best items of the categories that a request is about."""

from .intent import Intent
from .types import RETRIEVALS, Routes


@RETRIEVALS.register("popular")
def popular(intent: Intent, top: int) -> Routes:
    """Items of each of the request's categories, in proportion to how sure the category is."""
    return Routes(
        intent.state.popular, intent.category, intent.weight, intent.portions(top),
        reserve=top // 4, explore=0.3,
    )  # fmt: skip
