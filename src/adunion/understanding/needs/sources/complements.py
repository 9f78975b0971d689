"""What goes with the products that a text names: as written, else as the same situations need."""

from __future__ import annotations

from ..types import Hit
from .types import SOURCES, Asked, rank_weight, strongest

_MOST = 6
_LESS_SURE = 0.6  # where only the same situations call for both


@SOURCES.register("complements")
def complements(asked: Asked) -> list[Hit]:
    """The complements of each product named; surer the more of the text the name is."""
    if asked.kind == "review":
        return []  # a review names what was bought, not what is wanted
    library, hits = asked.library, []
    products = library.knowledge.products
    for mention in asked.mentions:
        named = products[mention.product]
        row = f"{named.file.rpartition('/')[2]}:{named.line} “{mention.name}”"
        others, sure = named.goes_with, 1.0
        if not others:
            others, sure = tuple(library.needed_with.get(mention.product, ())[:_MOST]), _LESS_SURE
        hits += [
            Hit(
                other, sure * min(mention.share * 1.1, 1.0) * rank_weight(place), row,
                f"和{named.zh}一起用", f"goes with {named.en}",
            )
            for place, other in enumerate(others)
        ]  # fmt: skip
    return strongest(hits)


@SOURCES.register("named")
def named(asked: Asked) -> list[Hit]:
    """The products named in a text that says more than the name: it may be about one of them."""
    if asked.bare_item or asked.kind == "review":
        return []
    return strongest(
        [
            Hit(
                mention.product, min(0.3 + mention.share, 1.0), f"“{mention.name}”",
                "文中提到", "the text names it",
            )
            for mention in asked.mentions
        ]
    )  # fmt: skip
