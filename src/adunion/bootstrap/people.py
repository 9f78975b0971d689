"""A merchant's persona from profiles and orders: gathered, made, and kept for an hour."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b

import numpy as np
import numpy.typing as npt
from sqlalchemy import text

from adunion.audience import (
    PEOPLE_MIN,
    People,
    Persona,
    ProfileStore,
    Stage,
    noisy_count,
    persona,
    shares,
)  # fmt: skip
from adunion.catalog.types import CatalogSnapshot
from adunion.insight.types import raw_ids
from adunion.kernel.config import Settings

from .live import LiveMarket

KEPT_FOR = timedelta(hours=1)
MOVE_DAYS = 30
_BUYERS = text(
    "select shopper, count(*), min(placed_at) from orders"
    " where merchant_id = :merchant and starts_with(shopper, 'shp_') group by 1 order by 1"
)


@dataclass(frozen=True)
class MerchantPeople:
    """A persona, the paths of its category and parent rows, and first orders of MOVE_DAYS days.

    `persona` is None where there are fewer people than may be told of.
    """

    persona: Persona | None
    categories: tuple[str, ...]
    parents: tuple[str, ...]
    first_orders: int
    made_at: datetime


class MarketPeople:
    """Personas of the market's merchants."""

    def __init__(self, market: LiveMarket) -> None:
        self._market = market
        self._key = Settings(home=market.home).signing_key()
        self._lock = threading.Lock()
        self._kept: dict[str, MerchantPeople] = {}

    def of(self, merchant: str) -> MerchantPeople:
        """The persona of a merchant, at most an hour old."""
        now = self._market.clock.now()
        with self._lock:
            kept = self._kept.get(merchant)
            if kept is None or now - kept.made_at > KEPT_FOR:
                kept = self._kept[merchant] = self._made(merchant, now)
            return kept

    def _made(self, merchant: str, now: datetime) -> MerchantPeople:
        with self._market.engine.connect() as conn:
            rows = conn.execute(_BUYERS, {"merchant": merchant}).all()
        since = now - timedelta(days=MOVE_DAYS)
        new = sum(first >= since for _, _, first in rows)
        with self._market.lock:
            catalog, profiles = self._market.catalog, self._market.brain.profiles
            market, owner = _gathered(catalog, profiles, merchant)
            bought = profiles.rows(raw_ids([row[0] for row in rows])) if rows else _none()
        stage = np.where(owner, int(Stage.INTERESTED), -1).astype(np.int8)
        times = np.array([row[1] for row in rows], np.int64)
        known = bought >= 0
        stage[bought[known]] = np.where(times[known] > 1, int(Stage.LOYAL), int(Stage.BOUGHT))
        mine = stage >= 0
        theirs = People(market.tastes[mine], market.price_level[mine], stage[mine])
        lively = market.tastes.any(1)
        everyone = People(market.tastes[lively], market.price_level[lively], stage[lively])

        def noise(key: str) -> float:
            named = f"{merchant}:{now.date()}:{key}".encode()
            digest = blake2b(named, key=self._key[:64], digest_size=8).digest()
            return (int.from_bytes(digest, "big") + 0.5) / 2**64

        paths = tuple(catalog.categories)
        parents = sorted({path.partition(" > ")[0] for path in paths})
        parent_of = np.array([parents.index(path.partition(" > ")[0]) for path in paths], np.int64)
        found = persona(theirs, everyone, parent_of, noise)
        first_orders = noisy_count(new, "first orders", noise) if new >= PEOPLE_MIN else 0
        return MerchantPeople(found, paths, tuple(parents), first_orders, now)


def _gathered(
    catalog: CatalogSnapshot, profiles: ProfileStore, merchant: str
) -> tuple[People, npt.NDArray[np.bool_]]:
    """All profiles as people (stage unset), and which of them looked at the merchant's items."""
    tastes = shares(profiles.category, profiles.taste, len(catalog.categories))
    at = np.flatnonzero(np.array(catalog.merchant_ids) == merchant)
    mine = np.append(np.isin(catalog.merchant, at), False)  # -1, no item, is the last
    looked = np.asarray(mine[profiles.recent].any(1), np.bool_)
    stage = np.zeros(len(tastes), np.int8)
    return People(tastes, profiles.price_level.copy(), stage), looked


def _none() -> npt.NDArray[np.int32]:
    return np.zeros(0, np.int32)
