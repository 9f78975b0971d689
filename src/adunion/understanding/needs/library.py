"""Opening the library: knowledge of a home, its embedder, orders, reviews and language model."""

from __future__ import annotations

from collections.abc import Sequence

from adunion.kernel.config import Settings
from adunion.understanding.embed import embedder
from adunion.understanding.orderfile import OrderColumns

from .knowledge import Knowledge
from .links import OrderLinks
from .opinions import Opinions
from .sources import Library


def open_library(
    settings: Settings,
    orders: OrderColumns | None = None,
    reviews: Sequence[str] | None = None,
) -> Library:
    """All that a home has; nothing is loaded before it is used."""
    library = Library(Knowledge.load(settings.home), embedder(settings=settings))
    finder = library.name_finder
    if orders is not None:
        day = orders.day.astype(int)
        library.links = OrderLinks.learn(finder, orders.order, orders.shopper, day, orders.title)
    if reviews:
        library.opinions = Opinions(reviews, finder)
    return library
