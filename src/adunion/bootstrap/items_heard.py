"""What a market takes in of its items besides events: reviews that are kept, and pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from adunion.catalog.snapshot import raw_ids
from adunion.kernel.config import Settings
from adunion.tracking import reviews

from . import books
from .picture_fetch import fetch_pictures

if TYPE_CHECKING:
    from .market import Market


def hear_reviews(market: Market) -> None:
    """What buyers think of items, by the reviews that are kept, is part of the experience."""
    with market.engine.connect() as conn:
        items, stars, count = reviews.rated(conn)
    with market.lock:
        market.brain.after_sales.hear(raw_ids(items), np.array(stars), np.array(count, float))


def fetch_item_pictures(market: Market) -> None:
    """Fetch pictures of items that have none kept, where the operator allows it."""
    if Settings(home=market.home).fetch_pictures:
        with market.engine.connect() as conn:
            pages = books.pages_of_items(conn)
        fetch_pictures(market.home, {id_: image for id_, (_, image) in pages.items()})
