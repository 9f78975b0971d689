"""Retrieval by company: what others bought together with what is in the cart or being viewed."""

from .state import RetrievalState
from .types import RETRIEVALS, By, Routes


@RETRIEVALS.register("co_purchase")
def co_purchase(state: RetrievalState, top: int) -> Routes:
    """The complements of each context item."""
    return Routes(state.complements.items, By.ITEM, places=top // 2, reserve=top // 2)
