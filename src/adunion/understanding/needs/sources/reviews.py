"""What reviews say: products that are named where people write of the same thing."""

from __future__ import annotations

from ..types import Hit
from .types import SOURCES, Asked


@SOURCES.register("reviews")
def reviews(asked: Asked) -> list[Hit]:
    """Products that the reviews nearest to the text name more often than reviews do at large."""
    opinions = asked.library.opinions
    if opinions is None:
        return []
    own = {mention.product for mention in asked.mentions}
    return [
        Hit(
            found.product, found.strength,
            f"{found.reviews} of {found.of} reviews, “{found.quote}”",
            "相关评价里常提到", "named in reviews of the same thing",
        )
        for found in opinions.about(asked.text)
        if found.product not in own
    ]  # fmt: skip
