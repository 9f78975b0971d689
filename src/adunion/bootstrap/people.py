"""A merchant's persona from profiles and orders: gathered, made, and kept for an hour."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2b

import numpy as np
import numpy.typing as npt
from sqlalchemy import text

from adunion.audience import (
    PEERS_MIN,
    Facets,
    Move,
    People,
    Persona,
    ProfileStore,
    Segment,
    Stage,
    moves,
    persona,
    shares,
    taken_looks,
    told,
)
from adunion.catalog.types import CatalogSnapshot
from adunion.insight.types import raw_ids
from adunion.kernel.config import Settings
from adunion.prediction import FACET_SHARE, price_levels

from .journeys import Journeys, journeys
from .live import LiveMarket

KEPT_FOR = timedelta(hours=1)
MOVE_DAYS = 30
ITEMS_SHOWN = 4
WAIT_S = 2.0
"""A page waits this long for the moves of the week; they are counted on behind it."""
_LIKING_PRIOR = 6.0  # as ranking has it (prediction/features.py)
_BUYERS = text(
    "select shopper, count(*), min(placed_at) from orders"
    " where merchant_id = :merchant and starts_with(shopper, 'shp_') group by 1 order by 1"
)


@dataclass(frozen=True)
class MerchantPeople:
    """A persona, the paths of its category and parent rows, and first orders of MOVE_DAYS days.

    `persona` is None where there are fewer people than may be told of. `items` are the merchant's
    own that fit each segment's taste best, by id; `moves` how people moved in a week, None while
    that is being counted. `category` is the parent that most of its items are in; `first_orders`
    is None where withheld.
    """

    persona: Persona | None
    categories: tuple[str, ...]
    parents: tuple[str, ...]
    first_orders: int | None
    made_at: datetime
    items: tuple[tuple[str, ...], ...] = ()
    moves: tuple[Move, ...] | None = ()
    category: str = ""


class MarketPeople:
    """Personas of the market's merchants."""

    def __init__(self, market: LiveMarket) -> None:
        self._market = market
        self._key = Settings(home=market.home).signing_key()
        self._lock = threading.Lock()
        self._kept: dict[str, MerchantPeople] = {}
        self._journeys: tuple[datetime, Journeys] | None = None
        self._counter: threading.Thread | None = None

    def of(self, merchant: str) -> MerchantPeople:
        """The persona of a merchant, at most an hour old."""
        now = self._market.clock.now()
        with self._lock:
            kept = self._kept.get(merchant)
            counted = kept is not None and (kept.moves is not None or self._counting())
            if kept is None or not counted or now - kept.made_at > KEPT_FOR:
                kept = self._kept[merchant] = self._made(merchant, now)
            return kept

    def _made(self, merchant: str, now: datetime) -> MerchantPeople:
        with self._market.engine.connect() as conn:
            rows = conn.execute(_BUYERS, {"merchant": merchant}).all()
        since = now - timedelta(days=MOVE_DAYS)
        new = sum(first >= since for _, _, first in rows)
        with self._market.lock:
            catalog, profiles = self._market.catalog, self._market.brain.profiles
            facets = profiles.facets
            market, owner = _gathered(catalog, profiles, merchant)
            bought = profiles.rows(raw_ids([row[0] for row in rows])) if rows else _none()
        stage = np.where(owner, int(Stage.INTERESTED), -1).astype(np.int8)
        times = np.array([row[1] for row in rows], np.int64)
        known = bought >= 0
        stage[bought[known]] = np.where(times[known] > 1, int(Stage.LOYAL), int(Stage.BOUGHT))
        mine = stage >= 0
        whole = replace(market, stage=stage)
        lively = np.asarray(market.tastes.any(1), np.bool_)
        theirs, everyone = whole.take(mine), whole.take(lively)

        def noise(key: str) -> float:
            named = f"{merchant}:{now.date()}:{key}".encode()
            digest = blake2b(named, key=self._key[:64], digest_size=8).digest()
            return (int.from_bytes(digest, "big") + 0.5) / 2**64

        paths = tuple(catalog.categories)
        parents = sorted({path.partition(" > ")[0] for path in paths})
        parent_of = np.array([parents.index(path.partition(" > ")[0]) for path in paths], np.int64)
        found = persona(theirs, everyone, parent_of, noise)
        first_orders = told(new, "first orders", noise) or None
        if found is None:
            return MerchantPeople(None, paths, tuple(parents), first_orders, now)
        items = tuple(
            _fitting(catalog, facets, merchant, segment, parent_of) for segment in found.segments
        )
        week, (main, peers) = self._moved(now), _peers(catalog, merchant, parent_of)
        moved = None if week is None else moves(
            week.before, week.after, week.of([merchant]), week.of(peers), noise
        )  # fmt: skip
        category = parents[main] if main >= 0 else ""
        return MerchantPeople(
            found, paths, tuple(parents), first_orders, now, items, moved, category
        )

    def _moved(self, now: datetime) -> Journeys | None:
        """Of the whole market, at most an hour old; None while it is being counted."""
        stale = self._journeys is None or now - self._journeys[0] > KEPT_FOR
        if stale and not self._counting():
            self._counter = threading.Thread(target=self._count, args=(now,), daemon=True)
            self._counter.start()
            self._counter.join(WAIT_S)
        return None if self._journeys is None else self._journeys[1]

    def _counting(self) -> bool:
        return self._counter is not None and self._counter.is_alive()

    def _count(self, now: datetime) -> None:
        self._journeys = now, journeys(self._market, now)


def _gathered(
    catalog: CatalogSnapshot, profiles: ProfileStore, merchant: str
) -> tuple[People, npt.NDArray[np.bool_]]:
    """All profiles as people (stage unset), and which of them looked at the merchant's items."""
    tastes = shares(profiles.category, profiles.taste, len(catalog.categories))
    at = np.flatnonzero(np.array(catalog.merchant_ids) == merchant)
    mine = np.append(np.isin(catalog.merchant, at), False)  # -1, no item, is the last
    looked = np.asarray(mine[profiles.recent].any(1), np.bool_)
    stage = np.zeros(len(tastes), np.int8)
    evidence = FACET_SHARE * profiles.evidence + _LIKING_PRIOR
    people = People(
        tastes, profiles.price_level.copy(), stage,
        taken_looks(profiles.recent, profiles.facets.looks), profiles.sketch / evidence[:, None],
    )  # fmt: skip
    return replace(
        people, paid=_usual_logs(catalog)[people.favourite()] + people.price_level
    ), looked


def _usual_logs(catalog: CatalogSnapshot) -> npt.NDArray[np.float64]:
    """The log price, minor units, from which a category's price levels count [categories + 1].

    NaN without items, and the last, of no category.
    """
    found = np.full(len(catalog.categories) + 1, np.nan)
    found[catalog.category] = np.log(np.maximum(catalog.price_minor, 1)) - price_levels(catalog)
    return found


def _peers(
    catalog: CatalogSnapshot, merchant: str, parent_of: npt.NDArray[np.int64]
) -> tuple[int, list[str]]:
    """The parent that most of a merchant's items are in, and the other merchants of which so.

    -1 of a merchant without items; no merchants where they are fewer than PEERS_MIN.
    """
    if merchant not in catalog.merchant_ids:
        return -1, []
    counts = np.zeros((len(catalog.merchant_ids), int(parent_of.max()) + 1), np.int64)
    np.add.at(counts, (catalog.merchant, parent_of[catalog.category]), 1)
    main = counts.argmax(1)
    own = catalog.merchant_ids.index(merchant)
    others = [
        catalog.merchant_ids[at] for at in np.flatnonzero(main == main[own]).tolist() if at != own
    ]
    return int(main[own]), others if len(others) >= PEERS_MIN else []


def _fitting(
    catalog: CatalogSnapshot, facets: Facets, merchant: str, segment: Segment,
    parent_of: npt.NDArray[np.int64],
) -> tuple[str, ...]:  # fmt: skip
    """The merchant's items of a segment's category that are most to its mean taste."""
    if segment.liking is None or segment.category < 0:
        return ()
    own = catalog.merchant == catalog.merchant_ids.index(merchant)
    of = parent_of[catalog.category] if segment.parent else catalog.category
    rows = np.flatnonzero(own & (of == segment.category))
    best = rows[np.argsort(-(facets.vectors[rows] @ segment.liking), kind="stable")]
    _, first = np.unique(catalog.item_group[best], return_index=True)  # one of like variants
    return tuple(catalog.ids[row] for row in best[np.sort(first)][:ITEMS_SHOWN])


def _none() -> npt.NDArray[np.int32]:
    return np.zeros(0, np.int32)
