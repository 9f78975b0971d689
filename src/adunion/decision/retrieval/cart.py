"""Retrieval by basket model: what completes the cart or goes with what is being viewed."""

from .state import RetrievalState
from .types import RETRIEVALS, By, Routes

_KNOWN = 0.7  # of what was bought: nobody has tried it here


@RETRIEVALS.register("cart")
def cart(state: RetrievalState, top: int) -> tuple[Routes, ...]:
    """What goes with each context item: by the basket model of the last training, and as known."""
    understood, places = state.understood, top // 3
    out = []
    if understood.carts is not None:
        out.append(Routes(understood.carts, By.ITEM, places, reserve=places))
    if understood.companions is not None and understood.product is not None:
        out.append(
            Routes(
                understood.companions, By.ITEM, places, reserve=places, explore=0.2, weight=_KNOWN,
                list_of=understood.product,
            )
        )  # fmt: skip
    return tuple(out)
