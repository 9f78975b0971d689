"""Opening the library: knowledge of a home, its embedder, orders, reviews and language model."""

from __future__ import annotations

from collections.abc import Sequence

from adunion.kernel.config import Settings
from adunion.understanding.embed import embedder
from adunion.understanding.llm import language_model
from adunion.understanding.orderfile import OrderColumns

from .advisor import ModelAdvisor
from .knowledge import Knowledge
from .links import OrderLinks
from .match import ItemMatcher
from .opinions import Opinions
from .rules import Rules
from .sources import Library


def open_library(
    settings: Settings,
    orders: OrderColumns | None = None,
    reviews: Sequence[str] | None = None,
    matcher: ItemMatcher | None = None,
) -> Library:
    """All that a home has; nothing is loaded before it is used.

    Where a matcher is given, what a language model adds must be in its catalog.
    """
    library = Library(Knowledge.load(settings.home), embedder(settings=settings))
    finder = library.name_finder
    if orders is not None:
        day = orders.day.astype(int)
        library.links = OrderLinks.learn(finder, orders.order, orders.shopper, day, orders.title)
    if reviews:
        library.opinions = Opinions(reviews, finder)
    model = language_model(settings)
    if model is not None:
        sold = None if matcher is None else lambda *names: bool(matcher.items(*names))
        library.advisor = ModelAdvisor(model, Rules.load(settings.home), sold)
    return library
