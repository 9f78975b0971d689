"""Retrieval by taste: of each category, the items of the look, brand and words a shopper likes."""

from .state import RetrievalState
from .types import RETRIEVALS, By, Routes


@RETRIEVALS.register("taste")
def taste(state: RetrievalState, top: int) -> Routes:
    """From each of the request's categories the shelf of like items that its shopper likes best."""
    return Routes(
        state.shelved, By.SHELF, places=top // 4, reserve=top // 6, explore=0.3, fills=False
    )
