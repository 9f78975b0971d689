"""A person who asks to be forgotten."""

from __future__ import annotations

from adunion.audience import forget
from adunion.kernel.clock import micros
from adunion.kernel.ids import encode
from adunion.tracking import reviews
from adunion.trust.pseudonym import shopper_key

from .live import LiveMarket


def forget_person(market: LiveMarket, pseudonym: str) -> int:
    """Erase a shopper's taste, for good, and make their reviews nobody's; how many those were.

    Other processes of the market forget the taste when they next open. Raises 422 for what is no
    pseudonym.
    """
    key, now_us = shopper_key(pseudonym), micros(market.clock.now())
    with market.engine.begin() as conn:
        forget(conn, key, now_us)
        unlinked = reviews.unlink(conn, f"shp_{encode(key)}")
    with market.lock:
        market.brain.profiles.forget(key, now_us)
    return unlinked
