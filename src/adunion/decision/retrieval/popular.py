"""Retrieval by category: the best items of the categories that a request is about."""

from .state import RetrievalState
from .types import RETRIEVALS, By, Routes


@RETRIEVALS.register("popular")
def popular(state: RetrievalState, top: int) -> Routes:
    """Items of each of the request's categories, in proportion to how sure the category is."""
    return Routes(state.popular, By.CATEGORY, places=top, reserve=top // 4, explore=0.3)
