"""Where consenting people stand with each merchant, now and a week ago: from the events kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from sqlalchemy import text

from adunion.audience import words_of
from adunion.audience.moves import BOUGHT, LOOKED, SEEN, WEEK_US, steps_at
from adunion.catalog.snapshot import raw_ids
from adunion.kernel.clock import micros
from adunion.tracking import FLAG_CONSENT, EventType

from .live import LiveMarket

WINDOW = timedelta(days=28)
"""How long a look makes somebody aware or interested; orders count for ever."""
_KINDS = {EventType.IMPRESSION: SEEN, EventType.CLICK: LOOKED}
_ORDERS = text(
    "select shopper, merchant_id, placed_at from orders where starts_with(shopper, 'shp_')"
)
_Words = npt.NDArray[np.uint64]


class Journeys(NamedTuple):
    """Pairs of a person and a merchant: the merchant's word, the stage a week ago, and now."""

    merchant: _Words
    before: npt.NDArray[np.int8]
    after: npt.NDArray[np.int8]

    def of(self, merchant_ids: Sequence[str]) -> npt.NDArray[np.bool_]:
        """The pairs of some merchants."""
        return np.isin(self.merchant, words_of(raw_ids(merchant_ids)))


def journeys(market: LiveMarket, now: datetime) -> Journeys:
    """Of every pair that touched one another; people without a profile are left out."""
    touched = [_seen(market, now), _ordered(market)]
    shopper, merchant, kind, at_us = (np.concatenate(each) for each in zip(*touched, strict=True))
    with market.lock:
        known = market.brain.profiles.rows(shopper) >= 0
    both = np.stack([words_of(shopper[known]), merchant[known]], 1)
    distinct, pair = np.unique(both, axis=0, return_inverse=True)
    pair, kind, at_us = pair.reshape(-1), kind[known], at_us[known]
    now_us = micros(now)
    before, after = (
        steps_at(pair, kind, at_us, until, len(distinct)) for until in (now_us - WEEK_US, now_us)
    )
    return Journeys(distinct[:, 1], before, after)


_Touched = tuple[npt.NDArray[np.void], _Words, npt.NDArray[np.int64], npt.NDArray[np.int64]]


def _seen(market: LiveMarket, now: datetime) -> _Touched:
    """What consenting people saw and clicked within WINDOW."""
    shoppers, merchants, kinds, times = [np.zeros(0, "V16")], [np.zeros(0, np.uint64)], [], []
    start = market.tracker.position_of(micros(now - WINDOW))
    for _, batch in market.tracker.read(start):
        wanted = np.isin(batch.type, list(_KINDS)) & (batch.flags & FLAG_CONSENT > 0)
        part = batch.take(np.flatnonzero(wanted))
        with market.lock:
            merchant, there = market.brain.customers.of_items(part.item)
        shoppers.append(part.shopper[there])
        merchants.append(merchant[there])
        kinds.append(np.where(part.type[there] == EventType.CLICK, LOOKED, SEEN))
        times.append(part.at_us[there])
    none = np.zeros(0, np.int64)
    return (
        np.concatenate(shoppers), np.concatenate(merchants),
        np.concatenate([none, *kinds]), np.concatenate([none, *times]),
    )  # fmt: skip


def _ordered(market: LiveMarket) -> _Touched:
    """All orders by pseudonym."""
    with market.engine.connect() as conn:
        rows = conn.execute(_ORDERS).all()
    if not rows:
        none = np.zeros(0, np.int64)
        return np.zeros(0, "V16"), np.zeros(0, np.uint64), none, none
    shopper, merchant, placed = zip(*rows, strict=True)
    return (
        raw_ids(shopper), words_of(raw_ids(merchant)), np.full(len(rows), BOUGHT, np.int64),
        np.array([micros(at) for at in placed], np.int64),
    )  # fmt: skip
