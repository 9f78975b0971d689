"""What orders say: bought together, or after, the products that a text names."""

from __future__ import annotations

from ..types import Hit
from .types import SOURCES, Asked, strongest


@SOURCES.register("orders")
def orders(asked: Asked) -> list[Hit]:
    """Products bought in one order with those named, or soon after, beyond chance."""
    library = asked.library
    if library.links is None or asked.kind == "review":
        return []
    products, hits = library.knowledge.products, []
    for mention in asked.mentions:
        mine = products[mention.product]
        for link in library.links.of(mention.product):
            zh, en = (
                ("同单常买", "often in one order")
                if link.together
                else ("之后常买", "often bought next")
            )
            row = f"{link.orders} of {link.of} orders with “{mine.zh}”"
            hits.append(
                Hit(
                    link.product, link.strength * min(mention.share * 1.1, 1.0), row,
                    f"与{mine.zh}{zh}", f"{en} with {mine.en}",
                )
            )  # fmt: skip
    return strongest(hits)
