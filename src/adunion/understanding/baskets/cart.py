"""Cart recommendation (购物车推荐): what completes a cart, with the reason of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .kinds import Kinds
from .model import DEFAULT, BasketModel
from .types import Question

_POOL = 200


@dataclass(frozen=True)
class Suggestion:
    """An item for a cart: `score` is the blend's, 1 where every part has it first."""

    item: str
    score: float
    because: str  # item of the cart that speaks for it most; "" where it is only popular
    together: int  # baskets that hold both
    of: int  # baskets that hold that item of the cart


def complete(
    model: BasketModel, cart: Sequence[str], kinds: Kinds | None = None, most: int = 10
) -> tuple[list[Suggestion], list[str]]:
    """What goes with a cart, best first, and the cart's items that no basket knows.

    With `kinds`, nothing of one kind with an item of the cart is given.
    """
    row_of = {name: row for row, name in enumerate(model.bought.items)}
    known = [row_of[each] for each in dict.fromkeys(cart) if each in row_of]
    unknown = [each for each in cart if each not in row_of]
    asked = _asked(model, known)
    weights = model.weights.get("cart") or DEFAULT["cart"]
    scores = model.blend(asked, "cart", weights)[0] / np.float32(sum(weights.values()))
    order = np.argsort(-scores, kind="stable")[:_POOL]
    out: list[Suggestion] = []
    held = model.part("baskets")
    for row in order.tolist():
        if len(out) == most or not np.isfinite(scores[row]):
            break
        if kinds is not None and kinds.alike(row, known):
            continue
        both = [int(held[:, row].multiply(held[:, other]).sum()) for other in known]
        size = [int(held[:, other].sum()) for other in known]
        why = int(np.argmax([b / max(s, 1) for b, s in zip(both, size, strict=True)] or [0]))
        told = bool(both) and both[why] > 0
        out.append(
            Suggestion(
                model.bought.items[row], float(scores[row]),
                model.bought.items[known[why]] if told else "",
                both[why] if told else 0, size[why] if told else 0,
            )
        )  # fmt: skip
    return out, unknown


def _asked(model: BasketModel, known: list[int]) -> Question:
    none = np.zeros(0, np.int64)
    return Question(
        1, np.array([model.bought.day.max()]),
        (np.zeros(len(known), np.int64), np.array(known, np.int64)),
        (none, none), np.zeros(0), none,
    )  # fmt: skip
