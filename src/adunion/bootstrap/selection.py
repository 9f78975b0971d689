"""Selection of products for a publisher, by all that the market knows."""

from __future__ import annotations

from datetime import timedelta
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt

from adunion.advice import (
    CLICKS_PRIOR,
    VIEWS_PRIOR,
    Channel,
    Goods,
    Needs,
    Pick,
    Selection,
    Wish,
    emptied_by,
    price_level,
    select,
    shrunk,
)
from adunion.catalog.repository import out_of_stock
from adunion.kernel.clock import monotonic_s
from adunion.kernel.money import Money
from adunion.publishers import Publisher
from adunion.understanding.trends import Board, TrendStore

from .market import Market
from .trends import Source, needs_of, row_of

KNOWN_S = 60.0
"""How long what is known of the goods is used before it is asked for again."""
INTEREST_PRIOR = 0.02
"""Share of interest added everywhere, so that an undeclared category is not worth nothing."""
OWN_DAYS, OWN_CLICKS = 90, 200
"""What was declared of an audience, and what its clicks say: so many weigh the same."""
CATEGORIES_SAID = 30
Floats = npt.NDArray[np.float64]


class Selections:
    """Answers for every publisher of one market; safe to call from several threads."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self._store = TrendStore(market.home)
        self._lock = Lock()
        self._known: tuple[float, Any, Goods] | None = None

    def board(self) -> Board | None:
        """The trends as they were made last."""
        return self._store.board()

    def of(self, publisher_id: str, wish: Wish) -> dict[str, Any]:
        """Plain values: what to promote, why, what was left out. 404 for an unknown publisher."""
        publisher = self._market.publishers.get(publisher_id)
        catalog, goods = self._goods()
        board = self._store.board()
        needs, sources = needs_of(board, catalog)
        channel = self._channel(publisher, catalog, goods)
        found = select(goods, channel, needs, wish)
        nothing = None if found.picks else self._nothing(goods, channel, needs, wish)
        plain = self._plain(found, catalog, goods, sources, board, publisher_id)
        return plain | {"nothing": nothing}

    def _nothing(self, goods: Goods, channel: Channel, needs: Needs, wish: Wish) -> str:
        """Why nothing is chosen, and what there is."""
        if not len(goods):
            return "The market has no items yet."
        most, unit = int(goods.rate_bps.max()) / 100, self._market.currency
        low, high = (Money(int(end), unit) for end in (goods.price_minor.min(),
                                                       goods.price_minor.max()))  # fmt: skip
        tops = sorted({_top(goods.categories[row]) for row in np.unique(goods.category).tolist()})
        rate = wish.rate_min_bps / 100
        return {
            "category": f"No item is in the category {wish.category!r}. There are: "
            f"{', '.join(tops[:CATEGORIES_SAID])}.",
            "rate": f"No item pays {rate:g} % commission; the most is {most:g} %.",
            "price": f"No item has such a price; they go from {low} to {high}.",
            "rising": "No topic and no season lifts an item now.",
            "new": "It has a link to every item already.",
            "refused": "What meets the conditions is out of stock, without commission, or"
            " disappoints its buyers.",
            "together": "Some item meets each condition, and none meets all of them: ask for less.",
        }[emptied_by(goods, channel, needs, wish)]

    def _goods(self) -> tuple[Any, Goods]:
        market = self._market
        with self._lock:
            catalog = market.catalog
            fresh = self._known and monotonic_s() - self._known[0] < KNOWN_S
            if self._known is None or not fresh or self._known[1] is not catalog:
                self._known = (monotonic_s(), catalog, goods_of(market))
            return self._known[1], self._known[2]

    def _channel(self, publisher: Publisher, catalog: Any, goods: Goods) -> Channel:
        market = self._market
        until = market.clock.now().date() + timedelta(days=1)
        clicks = {
            one.key: one.clicks
            for one in market.insight.publisher_links(
                publisher.id, until - timedelta(days=OWN_DAYS), until
            )
        }
        links = _links(market, publisher.id)
        places = row_of(catalog)
        linked = np.zeros(len(goods), bool)
        own: dict[str, float] = {}
        for link_id, item_id in links:
            row = places.get(item_id)
            if row is not None:
                linked[row] = True
                top = _top(catalog.categories[catalog.category[row]])
                own[top] = own.get(top, 0.0) + clicks.get(link_id, 0)
        return Channel(
            interest_of(publisher.audience, own, _market_audience(market), goods), linked
        )

    def _plain(
        self, found: Selection, catalog: Any, goods: Goods, sources: list[Source],
        board: Board | None, publisher_id: str,
    ) -> dict[str, Any]:  # fmt: skip
        links = {item: link for link, item in _links(self._market, publisher_id)}

        def item(row: int) -> dict[str, Any]:
            return {
                "item_id": catalog.ids[row], "title": catalog.titles[row],
                "title_en": catalog.titles_en[row],
                "category": catalog.categories[catalog.category[row]],
                "merchant_id": catalog.merchant_ids[catalog.merchant[row]],
                "price_minor": int(catalog.price_minor[row]), "rate_bps": int(goods.rate_bps[row]),
                "rating": round(float(catalog.rating[row]), 2),
                "link_id": links.get(catalog.ids[row]),
            }  # fmt: skip

        def pick(one: Pick) -> dict[str, Any]:
            source = sources[one.source] if one.source >= 0 else None
            return item(one.row) | {
                "earns_minor": round(one.earns_minor), "factors": one.factors,
                "reasons": list(one.reasons), "need": source and vars(source),
            }  # fmt: skip

        return {
            "publisher_id": publisher_id, "currency": self._market.currency,
            "looked": found.looked, "trends_at": board.at if board else None,
            "picks": [pick(one) for one in found.picks],
            "left": [item(one.row) | {"why": one.why} for one in found.left],
        }  # fmt: skip


def goods_of(market: Market) -> Goods:
    """What the market knows of every item; clicks are held against those of the same placements."""
    catalog = market.catalog
    with market.lock:
        stats, after = market.brain.stats, market.brain.after_sales
        seen, clicks, orders = stats.seen.copy(), stats.clicks.sum(axis=1), stats.orders.sum(axis=1)
        of_kind = stats.clicks.sum(axis=0) / np.maximum(seen.sum(axis=0), 1.0)
        pieces = np.asarray(stats.expected_pieces(), np.float64)
        returned, experience = after.expected_returns(), after.experience()
    usual = max(float(clicks.sum()), 1e-9) / max(float(seen.sum()), 1.0)
    category = catalog.category.astype(np.int64)
    level = price_level(catalog.price_minor, category)
    with market.engine.connect() as conn:
        rate_bps = market.commissions.rates(
            conn, catalog.merchant_ids, catalog.categories, catalog.merchant, catalog.category
        )
        gone = out_of_stock(conn)
    return Goods(
        category=category, categories=catalog.categories,
        merchant=catalog.merchant.astype(np.int64), group=catalog.item_group.astype(np.int64),
        price_minor=catalog.price_minor,
        clicks=shrunk(clicks, seen @ of_kind / usual, category, VIEWS_PRIOR, level),
        orders=shrunk(orders, clicks, category, CLICKS_PRIOR, level) * pieces,
        returned=np.asarray(returned, np.float64), rate_bps=rate_bps,
        experience=np.asarray(experience, np.float64),
        in_stock=np.array([each not in gone for each in catalog.ids], bool),
    )  # fmt: skip


def interest_of(
    declared: dict[str, float], own: dict[str, float], whole: dict[str, float], goods: Goods
) -> Floats:
    """(categories,) how much likelier this audience wants each category than the market's."""
    clicks = sum(own.values())
    share = clicks / (clicks + OWN_CLICKS) if declared else float(clicks > 0)
    base = sum(whole.values())
    found = np.ones(len(goods.categories))
    if (not declared and not clicks) or not base:
        return found
    for row, path in enumerate(goods.categories):
        top = _top(path)
        mine = (1 - share) * declared.get(top, 0.0) + share * own.get(top, 0.0) / max(clicks, 1.0)
        found[row] = (mine + INTEREST_PRIOR) / (whole.get(top, 0.0) / base + INTEREST_PRIOR)
    return found


def _market_audience(market: Market) -> dict[str, float]:
    """What all publishers' audiences together are interested in."""
    found: dict[str, float] = {}
    for audience in market.audiences().values():
        for top, share in audience.items():
            found[top] = found.get(top, 0.0) + share
    return found


def _links(market: Market, publisher_id: str) -> list[tuple[str, str]]:
    """(link, item) of the publisher's working links."""
    found, after = [], None
    while True:
        rows, more = market.publishers.list_links(publisher_id, None, 100, after, None)
        found += [(row.id, row.item_id) for row in rows if row.disabled_at is None]
        if not more or not rows:
            return found
        after = rows[-1].id


def _top(path: str) -> str:
    return path.split(" > ")[0]
