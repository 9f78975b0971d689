"""Builds the world of an order file."""

from __future__ import annotations

import numpy as np

from adunion.kernel.clock import generator
from adunion.kernel.errors import invalid
from adunion.simulation.world import outlets
from adunion.simulation.world.types import (
    I32,
    I64,
    Items,
    Leaves,
    Merchants,
    PlatformView,
    Truth,
    World,
)

from .baskets import leaf_together
from .orders import OrderColumns
from .people import people
from .sales import Sold, prices, sales, titles_of
from .texts import queries
from .titles import Titles, group, understand
from .truth import item_truth, leaf_truth, rhythm

_TOPS = 14
_PAIRS = 10
_QUANTITY_MEAN_MAX = 24.0  # wholesale orders of thousands say nothing about a shopper


def from_orders(
    lines: OrderColumns, seed: int, shoppers: int, merchants: int = 20, publishers: int = 60
) -> World:
    """A world whose goods, baskets, repeats, returns and rhythm are those of the file.

    Args:
        lines: the file's order lines.
        seed: of everything the file does not say (docs/world.md lists it).
        shoppers: how many people, drawn from the file's customers with replacement.
        merchants: where the file has one merchant, its categories are dealt to this many.
        publishers: how many publishers.

    Raises:
        AdUnionError: no shopper or merchant asked for.
    """
    if shoppers < 1 or merchants < 1:
        raise invalid("shoppers", "A world needs at least one shopper and one merchant.")
    sold = sales(lines)
    titles = titles_of(lines, sold)
    facts = understand(titles, max(4, len(titles) // 400))
    leaves = len(facts.leaf_names)
    line_leaf = facts.leaf[sold.item].astype(np.int64)
    together = leaf_together(sold.order, line_leaf, leaves)
    size = np.bincount(line_leaf, minlength=leaves)
    top = group(together, size, _TOPS, seed)
    table = _leaves(facts, top, size)
    price = prices(lines, sold)
    shops, merchant = _merchants(lines, sold, facts.leaf, merchants, seed)
    items = _items(sold, titles, facts, price, merchant)
    outlet, reach = outlets.publishers(
        seed, publishers, list(zip(table.top_names, table.top_names_en, strict=True))
    )
    popularity = np.bincount(sold.item, minlength=len(items)).astype(np.float64)
    locale = int(np.mean([title.isascii() for title in titles[:500]]) > 0.5)
    texts, meaning = queries(facts, popularity, locale)
    crowd, minds = people(sold, facts, table.top, seed, shoppers, locale)
    truth = Truth(
        **rhythm(sold),
        **leaf_truth(sold, line_leaf, together, leaves, seed),
        **item_truth(lines, sold, facts, price, popularity, seed),
        **minds,
        query_leaf=meaning.leaf,
        query_brand=meaning.brand,
        query_word=meaning.word,
        query_weight=meaning.weight,
        publisher_reach=reach,
    )
    view = PlatformView(
        currency=lines.currency,
        leaves=table,
        merchants=shops,
        items=items,
        shoppers=crowd,
        queries=texts,
        publishers=outlet,
        placements=outlets.placements(outlet),
    )
    return World(seed, lines.source, view, truth)


def _leaves(facts: Titles, top: I32, size: I64) -> Leaves:
    """Leaves named by their word, tops by their two largest leaves."""
    names = [name.capitalize() for name in facts.leaf_names]
    tops = []
    for row in range(int(top.max()) + 1):
        members = np.flatnonzero(top == row)
        largest = members[np.argsort(-size[members], kind="stable")[:2]]
        tops.append(" & ".join(names[leaf] for leaf in largest))
    path = [f"{tops[t]} > {name}" for t, name in zip(top.tolist(), names, strict=True)]
    return Leaves(path=path, path_en=path, top=top, top_names=tops, top_names_en=tops)


def _merchants(
    lines: OrderColumns, sold: Sold, leaf: I32, count: int, seed: int
) -> tuple[Merchants, I32]:
    """The file's merchants; a file of one merchant is dealt out by leaf, largest first."""
    named = sorted(set(lines.merchant))
    if len(named) > 1:
        rows = {name: row for row, name in enumerate(named)}
        of_code = dict(zip(lines.item, lines.merchant, strict=True))
        merchant = np.array([rows[of_code[code]] for code in sold.codes], np.int32)
        return Merchants([f"m{row + 1:04d}" for row in range(len(named))], named, named), merchant
    count = min(count, len(sold.codes))
    leaves = int(leaf.max()) + 1
    share = generator(seed, 62).permutation(len(leaf)) % count  # of leaves dealt to several
    owner = np.arange(leaves) % count
    spread = np.bincount(leaf, minlength=leaves) > 2 * len(leaf) / count
    merchant = np.where(spread[leaf], share, owner[leaf]).astype(np.int32)
    merchant[:count] = np.where(np.isin(np.arange(count), merchant), merchant[:count], range(count))
    names = [f"{named[0]} {row + 1}" for row in range(count)]
    return Merchants([f"m{row + 1:04d}" for row in range(count)], names, names), merchant


def _items(sold: Sold, titles: list[str], facts: Titles, price: I64, merchant: I32) -> Items:
    count = len(titles)
    return Items(
        external_id=sold.codes,
        merchant=merchant,
        leaf=facts.leaf,
        brand=np.full(count, -1, np.int32),
        brands=[],
        brands_en=[],
        title=titles,
        title_en=[title if title.isascii() else "" for title in titles],
        attributes=[{} for _ in titles],
        price_minor=price,
        rating=np.zeros(count, np.float32),
        rating_count=np.zeros(count, np.int32),
        group=np.arange(count, dtype=np.int32),
    )
