"""Types of the world: what the platform may see, what only the simulation knows, and what happens.

Every table is a frozen dataclass of columns; row i of every column of a table is the same thing.
A *leaf* is a sub-category such as `手机配件 > 手机壳`, a *top* its category.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

F32: TypeAlias = npt.NDArray[np.float32]
F64: TypeAlias = npt.NDArray[np.float64]
I8: TypeAlias = npt.NDArray[np.int8]
I16: TypeAlias = npt.NDArray[np.int16]
I32: TypeAlias = npt.NDArray[np.int32]
I64: TypeAlias = npt.NDArray[np.int64]
U64: TypeAlias = npt.NDArray[np.uint64]
Flags: TypeAlias = npt.NDArray[np.bool_]

KINDS = ("search", "feed", "cart", "page", "live", "link")
"""Kinds of request; `Traffic.kind` holds the row. A link visit is not decided, only answered."""
SEARCH, FEED, CART, PAGE, LIVE, LINK = range(6)
LOCALES = ("zh", "en")
REGIONS = ("north", "east", "south", "west", "centre")
"""Where the shoppers of a made world live, coarsely; `Shoppers.region` holds the row."""
_REGION_SHARES = (0.3, 0.25, 0.2, 0.15, 0.1)


@dataclass(frozen=True)
class Leaves:
    """The sub-categories."""

    path: list[str]  # "母婴 > 奶粉"
    path_en: list[str]  # "Mother & Baby > Infant formula"
    top: I32  # (L,) row in top_names
    top_names: list[str]
    top_names_en: list[str]


@dataclass(frozen=True)
class Merchants:
    """The merchants."""

    external_id: list[str]  # m0001
    name: list[str]
    name_en: list[str]


@dataclass(frozen=True)
class Items:
    """The catalog as the merchants publish it."""

    external_id: list[str]
    merchant: I32  # (n,) row in merchants
    leaf: I32  # (n,) row in leaves
    brand: I32  # (n,) row in brands, -1 none
    brands: list[str]
    brands_en: list[str]
    title: list[str]
    title_en: list[str]
    attributes: list[dict[str, str]]
    price_minor: I64
    rating: F32  # stars, 1..5
    rating_count: I32
    group: I32  # (n,) variants of one product share a number

    def __len__(self) -> int:
        return len(self.title)


@dataclass(frozen=True)
class Shoppers:
    """What a request tells about who asks."""

    pseudonym: list[str]
    consent: Flags
    locale: I8  # row in LOCALES

    def __len__(self) -> int:
        return len(self.pseudonym)

    @property
    def region(self) -> I32:
        """(n,) rows in REGIONS, the same for a shopper in every world and run."""
        mixed = np.arange(len(self), dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        drawn = (mixed >> np.uint64(11)) * 2.0**-53
        return np.searchsorted(np.cumsum(_REGION_SHARES[:-1]), drawn, "right").astype(np.int32)


@dataclass(frozen=True)
class Queries:
    """Distinct texts: search queries, and the texts of pages and live rooms."""

    text: list[str]
    kind: I8  # SEARCH, PAGE or LIVE
    locale: I8

    def __len__(self) -> int:
        return len(self.text)


@dataclass(frozen=True)
class Publishers:
    """The publishers and the audience they declare."""

    external_id: list[str]  # p001
    name: list[str]
    name_en: list[str]
    kind: list[str]  # site, app, live, group, creator
    audience: F32  # (p, tops), rows sum to 1

    def __len__(self) -> int:
        return len(self.name)


@dataclass(frozen=True)
class Placements:
    """Where items are shown: three on-site, then one for each publisher."""

    code: list[str]  # search, feed, cart, page:p001, live:p002
    kind: list[str]  # search, feed, cart, page, live
    publisher: I32  # (q,) row in publishers, -1 on-site
    slots: I16
    exposures: F32  # (q, K) P(slot k is seen), falling, 0 beyond `slots`


@dataclass(frozen=True)
class PlatformView:
    """Everything the platform may see before any traffic: no tastes, no qualities."""

    currency: str
    leaves: Leaves
    merchants: Merchants
    items: Items
    shoppers: Shoppers
    queries: Queries
    publishers: Publishers
    placements: Placements


@dataclass(frozen=True)
class Truth:
    """The planted ground truth; only the simulation reads it. Rates are of seen slots."""

    utc_offset_hours: int  # the shoppers' clock
    hour_weight: F32  # (24,) mean 1
    weekday_weight: F32  # (7,) Monday first, mean 1
    leaf_popularity: F32  # (L,) sums to 1
    leaf_month: F32  # (L, 12) season, mean 1
    leaf_scene: F32  # (L, 5) by part of the week, about 1
    leaf_cycle_days: F32  # (L,) days until it is needed again
    leaf_ctr: F32  # (L,) logit shift
    leaf_cvr: F32  # (L,) logit shift
    leaf_quantity: F32  # (L,) mean quantity of an order line, >= 1
    leaf_complement: F32  # (L, L) 0..1: how well column goes with row in one cart
    item_appeal: F32  # (n,) logit shift of a click
    item_conversion: F32  # (n,) logit shift of an order after a click
    item_popularity: F32  # (n,) share within its leaf
    item_taste: F32  # (n, D)
    item_words: I32  # (n, A) attribute ids, -1 padded
    item_price_level: F32  # (n,) log price against its leaf, standard deviations
    item_return_rate: F32
    item_delivery_days: F32
    item_experience: F32  # (n,) 0..1 of reviews, returns and delivery
    pair_offsets: I64  # (n + 1,) item-level co-purchase, CSR
    pair_item: I32  # sorted within a row
    pair_weight: F32  # 0..1
    shopper_activity: F32  # (U,) relative number of requests
    shopper_peak_hour: F32  # (U,) local hour
    shopper_taste: F32  # (U, D)
    shopper_affinity: F32  # (U, tops) rows sum to 1
    shopper_income: F32  # (U,) standard normal
    shopper_price_sensitivity: F32  # (U,) mean 1
    need_leaf: I16  # (U, N) leaves bought again and again, -1 padded
    need_phase_days: F32  # (U, N) days since the last purchase at the epoch
    aipl_offsets: I64  # (U + 1,) brands a shopper knows, CSR
    aipl_brand: I32  # sorted within a row
    aipl_stage: I8  # 1 aware, 2 interested, 3 purchased, 4 loyal
    query_leaf: I32  # (Q,) -1 any
    query_brand: I32  # (Q,) -1 any
    query_word: I32  # (Q,) attribute id, -1 any
    query_weight: F32  # (Q,) popularity within its leaf
    publisher_reach: F32  # (p,) share of off-site traffic


@dataclass(frozen=True)
class World:
    """A market's people and goods. Save and load with `adunion.simulation.world.store`."""

    seed: int
    source: str  # "generated", or the name of the order file it is grounded in
    view: PlatformView
    truth: Truth

    def platform_view(self) -> PlatformView:
        """The part the platform may see."""
        return self.view


@dataclass(frozen=True)
class Links:
    """Publishers' links that shoppers follow; a row is a link."""

    publisher: I32  # (l,) row in publishers
    item: I32  # (l,) row in items
    weight: F32  # (l,) relative number of visits


@dataclass(frozen=True)
class Traffic:
    """n requests in time order."""

    key: U64  # (n,) what every draw about the request hangs on; distinct
    at_us: I64  # (n,) sorted
    shopper: I32
    kind: I8  # row in KINDS
    placement: I16  # row in placements, -1 for a link visit
    publisher: I32  # row in publishers, -1 on-site
    link: I32  # row in the links given, -1 none
    query: I32  # row in queries (a page's or room's text too), -1 none
    context_offsets: I64  # (n + 1,)
    context_items: I32  # item rows: the cart, the item being viewed, or the item linked
    locale: I8
    consent: Flags

    def __len__(self) -> int:
        return len(self.key)


@dataclass(frozen=True)
class Orders:
    """Order lines that follow from clicks, by (request, slot); times are absolute micros."""

    row: I64  # (m,) row in the traffic
    slot: I16
    item: I32
    shopper: I32
    quantity: I32
    unit_price_minor: I64
    at_us: I64
    paid_us: I64
    received_us: I64
    refund_us: I64  # 0 where nothing is refunded
    refund_minor: I64  # 0 where nothing is refunded, at most quantity * unit_price_minor

    def __len__(self) -> int:
        return len(self.row)


@dataclass(frozen=True)
class Response:
    """What shoppers did with the items shown; arrays are (n, K) like the items given.

    Rates and expected values are given that the slot is seen, and 0 where it is empty.
    """

    seen: Flags
    clicked: Flags
    carted: Flags
    pctr: F32  # true click rate
    pcvr: F32  # true order rate of a click
    expected_gmv: F64  # pctr * pcvr * quantity * price, minor units
    expected_net: F64  # the same net of expected refunds
    orders: Orders
